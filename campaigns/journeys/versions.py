"""Stored versions of journeys as typed definitions, parsed once per process: a version never changes."""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Max

from campaigns.journeys.definition import Definition, DefinitionError, read_definition
from campaigns.journeys.engine import from_now
from campaigns.journeys.steps import Ladder, Wait, WaitDate, WaitEvent
from campaigns.models import Enrollment, Journey, JourneyVersion
from retention.kit.fields import Problem
from retention.kit.words import Phrase, gettext_noop
from retention.tenancy.context import require_store_id

log = logging.getLogger("boomerang.journeys")
WAITING = frozenset({Wait.kind, WaitDate.kind, WaitEvent.kind, Ladder.kind})
# A step somebody was too busy for is one of the old version: they go on after the step they stand at in the new one. What they keep in mind
# of the step they stood at goes along where it is the same step still, and `mind` takes its place where it is another.
_MOVE = """
    UPDATE campaigns_enrollment AS run SET version_id = %s, step = moved.after, memory = CASE
        WHEN moved.mind IS NULL THEN run.memory - 'ahead'
        ELSE (run.memory - '{ahead,rung,since,since_event}'::text[]) || moved.mind::jsonb
    END
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS moved(version_id, before, after, mind)
    WHERE run.store_id = %s AND run.journey_id = %s AND run.state = 'running'
        AND run.version_id = moved.version_id AND run.step = moved.before
"""
MOST_MOVED = 20_000  # runs that move with one press: it is one statement of a page, and whoever carries runs on waits for it
_MOST_KEPT = 1000
_known: dict[tuple[int, int], Definition] = {}


@dataclass(frozen=True)
class LiveJourney:
    """A journey people can enter now, by which version, and since when."""

    journey_id: int
    version_id: int
    launched_at: datetime
    definition: Definition


def definition_of(version_id: int, data: Any) -> Definition:
    """Return a version's definition; raises DefinitionError for data this release cannot read."""
    key = (require_store_id(), version_id)
    found = _known.get(key)
    if found is None:
        if len(_known) >= _MOST_KEPT:
            _known.clear()
        found = _known[key] = read_definition(data)
    return found


def live_journeys() -> list[LiveJourney]:
    """Return the store's live journeys; one whose version this release cannot read takes nobody in.

    Cells of the recovery plan are left out: nothing that happens starts one, `recovery/deciding.py` lets people in.
    """
    live = JourneyVersion.objects.filter(journey__state=Journey.State.LIVE, journey__for_quiet=False, number=F("journey__live_number"))
    rows = list(live.order_by("journey_id").values_list("journey_id", "pk", "journey__launched_at"))
    definitions = definitions_of(version_id for _, version_id, _ in rows)
    return [
        LiveJourney(journey_id, version_id, launched_at, definitions[version_id])
        for journey_id, version_id, launched_at in rows
        if version_id in definitions
    ]


def held_back_shares(journeys: Iterable[Journey]) -> dict[int, float]:
    """Return which part of those who enter gets nothing, 0 to 1, by the journey's id: of the version people enter by; cells included."""
    numbers = {one.pk: one.live_number for one in journeys if one.live_number is not None}
    rows = JourneyVersion.objects.filter(journey__in=numbers).values_list("journey_id", "number", "pk")
    live = {journey_id: pk for journey_id, number, pk in rows if numbers[journey_id] == number}
    found = definitions_of(live.values())
    return {journey_id: found[pk].held_back_share for journey_id, pk in live.items() if pk in found}


def definitions_of(version_ids: Iterable[int]) -> dict[int, Definition]:
    """Return the definitions of these versions by id; those this release cannot read are left out."""
    wanted = set(version_ids)
    store_id = require_store_id()
    found = {pk: _known[store_id, pk] for pk in wanted if (store_id, pk) in _known}
    missing = wanted - found.keys()
    if missing:
        for pk, data in JourneyVersion.objects.filter(pk__in=missing).values_list("pk", "definition"):
            definition = _readable(pk, data)
            if definition is not None:
                found[pk] = definition
    return found


def publish(journey: Journey, data: Any, *, moving: Mapping[str, str] | None = None, now: datetime) -> tuple[JourneyVersion, int]:
    """Make a definition the next version of a journey, let people enter by it from now on, and return it with how many runs moved to it.

    moving: by a step of older versions, the step of the new one where runs that stand there go on; what is not named finishes on its own
    version. A live journey stays live, one that never was goes live. Raises DefinitionError, also for a step that is not there or where
    nobody waits, and where more would move than can at once; nothing is published then.
    """
    definition = read_definition(data)
    _check_moving(definition, moving or {})
    with transaction.atomic():
        locked: Journey = Journey.objects.select_for_update().get(pk=journey.pk)
        newest = JourneyVersion.objects.filter(journey=locked).aggregate(newest=Max("number"))["newest"] or 0
        version = JourneyVersion.objects.create(journey=locked, number=newest + 1, definition=data, created_at=now)
        if locked.launched_at is None or locked.state == Journey.State.DRAFT:
            locked.launch(number=version.number, now=now)
        else:
            Journey.objects.filter(pk=locked.pk).update(live_number=version.number)
        moved = _move(locked, version, definition, moving, now=now) if moving else 0
    journey.refresh_from_db()
    return version, moved


def _check_moving(definition: Definition, moving: Mapping[str, str]) -> None:
    problems = []
    for before, after in moving.items():
        step = definition.step(after)
        said = gettext_noop("leads to “%(step)s”, which is no step of this journey") if step is None else ""
        if step is not None and step.kind not in WAITING:
            said = gettext_noop("leads to “%(step)s”, where nobody waits")
        problems += [Problem(f"moving.{before}", Phrase(said, {"step": after}))] if said else []
    if problems:
        raise DefinitionError(problems)


def _move(journey: Journey, version: JourneyVersion, definition: Definition, moving: Mapping[str, str], *, now: datetime) -> int:
    """Let runs go on in a new version, when they were due anyway. Who holds one at this moment finishes its step first."""
    inside = Enrollment.objects.running().filter(journey=journey, step__in=list(moving)).exclude(version=version)
    stood = list(inside.values_list("version_id", "step").annotate(runs=Count("pk")).order_by("version_id", "step"))
    if not stood:
        return 0
    if sum(runs for _pk, _step, runs in stood) > MOST_MOVED:
        said = gettext_noop("at most %(most)s people can go on in the new version at once: let those at some steps finish as they began")
        raise DefinitionError([Problem("moving", Phrase(said, {"most": MOST_MOVED}))])
    older = definitions_of(pk for pk, _step, _runs in stood)
    rows = [(pk, step, moving[step], _mind(older.get(pk), step, definition, moving[step], now=now)) for pk, step, _runs in stood]
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [version.pk, *(list(column) for column in zip(*rows, strict=True)), journey.store_id, journey.pk])
        return int(cursor.rowcount)


def _mind(older: Definition | None, before: str, newer: Definition, after: str, *, now: datetime) -> str | None:
    """Return what runs that move keep in mind of the step they come to, as JSON; None where they stood at that step already.

    It is the same where it has its name, is of its kind and waits for the same: then what happened before the move, and is not read yet,
    counts as ever. At any other only what happens from now on does.
    """
    was, step = older.step(before) if older is not None else None, newer.step(after)
    if was is not None and step is not None and (was.id, was.kind, was.hears()) == (step.id, step.kind, step.hears()):
        return None
    return json.dumps(from_now(now) if step is not None and step.hears() is not None else {})


def _readable(version_id: int, data: Any) -> Definition | None:
    try:
        return definition_of(version_id, data)
    except DefinitionError as error:
        log.error("a version of a journey cannot be read", extra={"version": version_id, "fault": str(error)[:500]})
        return None
