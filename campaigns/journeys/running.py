"""Carry on runs whose step is due: claimed in bulk with SKIP LOCKED, answered by the engine, written back in one transaction.

A worker that dies in between leaves nothing half done: the transaction is undone and the runs are due again. One that is frozen holds its
rows until its connection ends, and the others go round it. Of one customer, runs are carried on in the order they were due, and never
before the news of them was read, so that an order is known before the next message is planned.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Min

from campaigns.journeys.definition import Definition
from campaigns.journeys.engine import Answer, Due, advance, end
from campaigns.journeys.facts import NOTHING, asked_of, facts_of
from campaigns.journeys.intake import READER
from campaigns.journeys.standings import carry_out, run_of, standing_of
from campaigns.journeys.versions import definitions_of
from campaigns.journeys.waves import next_wave
from campaigns.models import Enrollment, Journey
from retention.catalog.models import ProductNews
from retention.customers.models import Pending
from retention.kit.arrays import array_of
from retention.kit.stored_json import read_json
from retention.tenancy.context import require_store_id

SLICE = 1000
# The join with journeys is written as a list: a store has few, and the index of due moments then gives the rows in their order.
# What carrying a run on asks for; the rest of a row is read when something asks for it.
_NAMES = (
    "id", "store_id", "journey_id", "version_id", "customer_id", "cart_id", "occurrence", "about", "state", "step", "due_at", "held_out",
    "reason", "memory",
)  # fmt: skip
_CLAIM = f"""
    SELECT {", ".join(f"run.{name}" for name in _NAMES)} FROM campaigns_enrollment AS run
    WHERE run.store_id = %(store)s AND run.state = 'running' AND run.due_at <= %(now)s AND run.journey_id = ANY(%(journeys)s)
        AND NOT EXISTS (
            SELECT 1 FROM customers_pending AS news
            WHERE news.store_id = %(store)s AND news.reader = %(reader)s AND news.customer_id = run.customer_id
        )
    ORDER BY run.due_at, run.id LIMIT %(limit)s FOR UPDATE OF run SKIP LOCKED
"""  # noqa: S608 - columns of our own model
# Rows of the same people that are due earlier and held by somebody else: those people's turn has not come.
_EARLIER = """
    SELECT DISTINCT mine.id FROM campaigns_enrollment AS mine
    JOIN campaigns_enrollment AS other ON other.store_id = mine.store_id AND other.customer_id = mine.customer_id
    WHERE mine.store_id = %(store)s AND mine.id = ANY(%(ids)s::bigint[]) AND other.state = 'running' AND other.id <> ALL(%(ids)s::bigint[])
        AND other.journey_id = ANY(%(journeys)s) AND (other.due_at, other.id) < (mine.due_at, mine.id)
"""


def run_due(*, now: datetime, limit: int = SLICE) -> int:
    """Carry on up to a thousand due runs of the active store and return how many there were."""
    with transaction.atomic():
        runs = _claim(now=now, limit=limit)
        if not runs:
            return 0
        definitions = definitions_of({run.version_id for run in runs})
        answers = _answers(runs, definitions, now=now)
        carry_out(runs, answers, streams={pk: definition.stream for pk, definition in definitions.items()}, now=now)
    return len(runs)


def _answers(runs: Sequence[Enrollment], definitions: Mapping[int, Definition], *, now: datetime) -> dict[int, Answer]:
    """Return where each run stands now, and what shall be done.

    The engine is pure: runs of one version that stand at one step with nothing in mind, and of which nothing needs to be known, have one
    answer.
    """
    known = [(run, definitions[run.version_id]) for run in runs if run.version_id in definitions]
    facts = facts_of([asked_of(run, one.needs(run.step)) for run, one in known if one.asks(run.step)], now=now)
    answers: dict[int, Answer] = {run.pk: end(standing_of(run), "unreadable") for run in runs if run.version_id not in definitions}
    shared: dict[tuple[int, str, bool], Answer] = {}
    for run, definition in known:
        alike = not run.memory and run.pk not in facts and definition.is_alike_for_all
        key = (run.version_id, run.step, run.held_out)
        answer = shared.get(key) if alike else None
        if answer is None:
            about = facts.get(run.pk, NOTHING)
            answer = advance(definition, standing_of(run), signal=Due(), facts=about, run=run_of(run), now=now)
            if alike:
                shared[key] = answer
        answers[run.pk] = answer
    return answers


def _claim(*, now: datetime, limit: int) -> Sequence[Enrollment]:
    """Lock due runs of live journeys, longest waiting first, and return those whose people have no earlier one in other hands."""
    live = list(Journey.objects.live().values_list("pk", flat=True))
    if not live:
        return []
    values: dict[str, Any] = {"store": require_store_id(), "now": now, "journeys": live, "reader": READER, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        runs = [Enrollment.from_db("default", _NAMES, row) for row in cursor.fetchall()]
        if not runs:
            return []
        cursor.execute(_EARLIER, values | {"ids": array_of([run.pk for run in runs])})
        later = {pk for (pk,) in cursor.fetchall()}
    for run in runs:
        run.memory = read_json(run.memory)
    return [run for run in runs if run.pk not in later]


def next_moment(*, now: datetime) -> datetime | None:
    """Return when the active store's journeys have work again, or None when nothing waits."""
    if Pending.objects.filter(reader=READER).exists() or ProductNews.objects.exists():
        return now
    due: datetime | None = Enrollment.objects.running().filter(journey__state=Journey.State.LIVE).aggregate(first=Min("due_at"))["first"]
    wave = next_wave(now=now)
    return min((moment for moment in (due, wave) if moment is not None), default=None)
