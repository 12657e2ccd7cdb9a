"""Carry on runs whose step is due: claimed in bulk with SKIP LOCKED, answered by the engine, written back in one transaction.

A worker that dies in between leaves nothing half done: the transaction is undone and the runs are due again.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Min

from campaigns.journeys.engine import Due, advance
from campaigns.journeys.intake import READER
from campaigns.journeys.standings import carry_out, facts_of, standing_of
from campaigns.journeys.versions import definitions_of
from campaigns.models import Enrollment, Journey
from retention.customers.models import Pending

SLICE = 500


def run_due(*, now: datetime) -> int:
    """Carry on up to 500 due runs of the active store and return how many there were."""
    with transaction.atomic():
        runs = list(Enrollment.objects.due(now).select_for_update(skip_locked=True, of=("self",))[:SLICE])
        if not runs:
            return 0
        definitions = definitions_of(run.version_id for run in runs)
        facts = facts_of(runs)
        answers = {
            run.pk: advance(
                definitions[run.version_id], standing_of(run), signal=Due(), facts=facts[run.pk], occurrence=run.occurrence, now=now
            )
            for run in runs
            if run.version_id in definitions
        }
        carry_out(runs, answers, streams={pk: definition.stream for pk, definition in definitions.items()}, now=now)
    return len(runs)


def next_moment(*, now: datetime) -> datetime | None:
    """Return when the active store's journeys have work again, or None when nothing waits."""
    if Pending.objects.filter(reader=READER).exists():
        return now
    due: datetime | None = Enrollment.objects.running().filter(journey__state=Journey.State.LIVE).aggregate(first=Min("due_at"))["first"]
    return due
