"""A draft in shadow: people enter it and go through it as they would, and what it would send or do is written down instead.

A shadow is a journey of its own behind the one that is written (`Journey.shadow_of`): the same engine carries it on, and only here is what
it answers turned into notes. Nobody is held out of it, for nobody gets anything; a coupon step is taken to have found its code.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q

from campaigns.journeys.engine import Answer
from campaigns.journeys.facts import channels_of
from campaigns.journeys.steps import Call, Change, Draw, Effect, Notify, Plan, Withdraw
from campaigns.models import Enrollment, Journey, JourneyVersion, ShadowNote
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id

LATEST = 50
# The database takes their versions along; nobody else may delete one.
_FORGET = """
    DELETE FROM campaigns_journey AS shadow
    WHERE shadow.store_id = %s AND shadow.shadow_of_id IS NOT NULL AND shadow.state = 'ended'
        AND NOT EXISTS (SELECT FROM campaigns_enrollment AS run WHERE run.store_id = shadow.store_id AND run.journey_id = shadow.id)
"""
_WORDS: Mapping[type, str] = {Draw: "draw", Change: "change", Call: "call", Notify: "notify"}


@dataclass(frozen=True)
class ShadowFigures:
    """What a shadow would have done by now. messages: by channel, how many, and how many of those nobody may be written on."""

    since: datetime
    entered: int
    inside: int
    messages: Mapping[str, tuple[int, int]]
    deeds: Mapping[str, int]


def shadow_of(journey: Journey) -> Journey | None:
    """Return the shadow of a journey that runs now, or None."""
    found: Journey | None = Journey.objects.live().filter(shadow_of=journey).first()
    return found


def begin(journey: Journey, data: Mapping[str, Any], *, now: datetime) -> Journey:
    """Let a definition run in shadow from now on, in the place of the one that did; with fresh counts.

    data: as `drafting.read_tree` found it sound. What happened before counts no more than at a launch.
    """
    with transaction.atomic():
        Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
        stop(journey, now=now)
        shadow = Journey(name=journey.name, shadow_of=journey, created_at=now)
        shadow.save()
        JourneyVersion.objects.create(journey=shadow, number=1, definition={**data, "holdout_share": 0}, created_at=now)
        shadow.launch(number=1, now=now)
        StoreWork.ring("journeys", store_id=journey.store_id, due_at=now)
    return shadow


def stop(journey: Journey, *, now: datetime) -> bool:
    """End the shadow of a journey and say whether there was one; its runs and notes leave with what is kept no longer."""
    with transaction.atomic():
        shadow = Journey.objects.filter(shadow_of=journey, state=Journey.State.LIVE).select_for_update().first()
        if shadow is None:
            return False
        Journey.objects.filter(pk=shadow.pk).update(state=Journey.State.ENDED)
        running = Enrollment.objects.running().filter(journey=shadow)
        list(running.order_by("id").select_for_update().values_list("pk", flat=True))
        running.update(state=Enrollment.State.STOPPED, due_at=None, ended_at=now, reason="shadow_ended")
    return True


def forget_ended() -> int:
    """Delete the store's ended shadows whose last run has left, with their versions; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [require_store_id()])
        return int(cursor.rowcount)


def write_down(runs: Mapping[int, Enrollment], answers: Mapping[int, Answer], *, now: datetime) -> Mapping[int, Answer]:
    """Return the answers with nothing left to do for runs in shadow, and write down what they would have done."""
    telling = {pk for pk, (_standing, effects) in answers.items() if any(not isinstance(one, Withdraw) for one in effects)}
    shadows = _shadows({runs[pk].journey_id for pk in telling}) if telling else {}
    if not shadows:
        return answers
    mine = [pk for pk in telling if runs[pk].journey_id in shadows]
    people = {runs[pk].customer_id for pk in mine if any(isinstance(one, Plan) for one in answers[pk][1])}
    may = channels_of(people) if people else {}
    notes = [
        _note(runs[pk], one, of=shadows[runs[pk].journey_id], may=may, now=now)
        for pk in sorted(mine)
        for one in answers[pk][1]
        if not isinstance(one, Withdraw)
    ]
    ShadowNote.objects.bulk_create(notes, ignore_conflicts=True)
    return {**answers, **{pk: _undone(answers[pk]) for pk in mine}}


def _shadows(journey_ids: Collection[int]) -> dict[int, int]:
    return dict(Journey.objects.filter(pk__in=journey_ids, shadow_of__isnull=False).values_list("pk", "shadow_of_id"))


def _note(run: Enrollment, effect: Effect, *, of: int, may: Mapping[int, frozenset[str]], now: datetime) -> ShadowNote:
    is_message = isinstance(effect, Plan)
    what = effect.channel if isinstance(effect, Plan) else _WORDS[type(effect)]
    return ShadowNote(
        journey_id=of,
        enrollment_id=run.pk,
        customer_id=run.customer_id,
        step=getattr(effect, "step", ""),
        lap=getattr(effect, "lap", 0),
        what=what,
        words=effect.template if isinstance(effect, Plan) else "",
        may=not is_message or what in may.get(run.customer_id, frozenset()),
        at=now,
    )


def _undone(answer: Answer) -> Answer:
    standing, effects = answer
    got = any(isinstance(one, Draw) for one in effects) and standing.status == "running"
    return (replace(standing, memory={**standing.memory, "got": True}) if got else standing), ()


def figures_of(journey: Journey, shadow: Journey) -> ShadowFigures:
    """Return what a shadow would have done since it began."""
    since = shadow.launched_at or shadow.created_at
    rows = (
        ShadowNote.objects.filter(journey=journey, at__gte=since)
        .values_list("what")
        .annotate(count=Count("id"), barred=Count("id", filter=Q(may=False)))
    )
    counted = {what: (count, barred) for what, count, barred in rows}
    runs: Any = Enrollment.objects.filter(journey=shadow)
    return ShadowFigures(
        since=since,
        entered=runs.count(),
        inside=runs.running().count(),
        messages={what: found for what, found in counted.items() if what not in _WORDS.values()},
        deeds={what: found[0] for what, found in counted.items() if what in _WORDS.values()},
    )


def latest(journey: Journey, shadow: Journey) -> list[ShadowNote]:
    """Return the newest things a shadow would have done, fifty at most, with their people."""
    rows = ShadowNote.objects.filter(journey=journey, at__gte=shadow.launched_at or shadow.created_at)
    return list(rows.select_related("customer").order_by("-at", "-id")[:LATEST])
