"""How many people wait at each step of a journey, passed it, or left there: from one grouped statement over its runs.

It reads every run, so pages and the API ask `counts_lately`, which counts at most once a minute.

A run says where it stands and which paths it took, not every step it came by. Whoever stands behind a step surely came by it when no way
leads around it, by the paths they took; where two ways of a wait for an event met again nobody can say which they went, and the number is
what is sure ("at least").
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import redis
from django.core.cache import cache
from django.db.models import Count, F
from django.db.models.fields.json import KT

from campaigns.journeys.definition import Definition
from campaigns.journeys.reading import sent_by_step
from campaigns.journeys.soundness import place_after
from campaigns.journeys.steps import Branch, Split
from campaigns.models import Enrollment, Journey

MOST_WAYS = 500  # combinations of paths that are looked at; a journey with more shows what the largest of them say
KEPT_SECONDS = 60
_SHAPE = 1
"""Counted up when what is kept gets other fields, so that no release reads what another one kept."""


@dataclass
class StepCounts:
    """Runs at one step. waiting: stand there now; left: ended there; passed: went on from there; sure: whether passed is exact."""

    waiting: int = 0
    left: int = 0
    passed: int = 0
    sure: bool = True


@dataclass
class Group:
    """Runs that stand or ended at one step and took the same paths."""

    step: str
    paths: Mapping[str, str] = field(default_factory=dict)
    running: int = 0
    ended: int = 0


def counts_of(journey: Journey, definition: Definition) -> dict[str, StepCounts]:
    """Return the counts of every step of a definition, of all runs of the journey by the names of their steps."""
    return add_up(_groups(journey), definition)


def counts_lately(journey: Journey, definition: Definition) -> tuple[dict[str, StepCounts], Mapping[str, int]]:
    """Return the counts and how many messages of each step left, at most `KEPT_SECONDS` old; anew when another version is live.

    What is kept are the runs by where they stand, so any draft of the journey can be counted with it.
    """
    kept_as = f"journey_steps:{_SHAPE}:{journey.pk}:{journey.live_number}"
    kept: tuple[list[Group], Mapping[str, int]] | None = None
    with suppress(redis.RedisError):  # counted anew
        kept = cache.get(kept_as)
    if kept is None:
        kept = _groups(journey), sent_by_step(journey)
        with suppress(redis.RedisError):
            cache.set(kept_as, kept, KEPT_SECONDS)
    groups, sent = kept
    return add_up(groups, definition), sent


def _groups(journey: Journey) -> list[Group]:
    rows = (
        Enrollment.objects.filter(journey=journey)
        .values("step", "state", paths=KT("memory__paths"))
        .annotate(people=Count("id"))
        .order_by(F("people").desc(), "step")[:MOST_WAYS]
    )
    found: dict[tuple[str, str], Group] = {}
    for row in rows:
        told = row["paths"] or "{}"
        group = found.setdefault((row["step"], told), Group(row["step"], json.loads(told)))
        if row["state"] == Enrollment.State.RUNNING:
            group.running += row["people"]
        else:
            group.ended += row["people"]
    return list(found.values())


def add_up(groups: list[Group], definition: Definition) -> dict[str, StepCounts]:
    """Return the counts of every step. Thinks only."""
    counts = {step.id: StepCounts() for step in definition.steps}
    behind: dict[str, dict[str, tuple[frozenset[str], frozenset[str]]]] = {}
    for group in groups:
        if group.step not in counts:
            continue
        counts[group.step].waiting += group.running
        counts[group.step].left += group.ended
        key = json.dumps(dict(group.paths), sort_keys=True)
        if key not in behind:
            behind[key] = _behind(definition, group.paths)
        surely, perhaps = behind[key].get(group.step, (frozenset(), frozenset()))
        for step_id in surely - {group.step}:
            counts[step_id].passed += group.running + group.ended
        for step_id in perhaps - surely - {group.step}:
            counts[step_id].sure = False
    return counts


def _behind(definition: Definition, paths: Mapping[str, str]) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Return, for each step that can be reached by these paths, the steps surely and perhaps passed before it."""
    goes = {step_id: _goes(definition, step_id, paths) for step_id in definition.places}
    first = definition.steps[0].id
    reached = _reached(goes, first)
    comes: dict[str, set[str]] = defaultdict(set)
    for step_id in reached:
        for to in goes[step_id]:
            comes[to].add(step_id)
    surely = {step_id: frozenset(reached) for step_id in reached} | {first: frozenset({first})}
    perhaps = {step_id: frozenset({step_id}) for step_id in reached}
    changed = True
    while changed:
        changed = False
        for step_id in definition.places:
            if step_id not in reached:
                continue
            from_where = comes[step_id]
            if step_id != first and from_where:
                sure = frozenset.intersection(*(surely[one] for one in from_where)) | {step_id}
                changed, surely[step_id] = changed or sure != surely[step_id], sure
            maybe = frozenset().union(*(perhaps[one] for one in from_where), {step_id})
            changed, perhaps[step_id] = changed or maybe != perhaps[step_id], maybe
    return {step_id: (surely[step_id], perhaps[step_id]) for step_id in reached}


def _goes(definition: Definition, step_id: str, paths: Mapping[str, str]) -> list[str]:
    """Return where a step leads, only by the path taken where that is known."""
    step = definition.steps[definition.places[step_id]]
    ids = list(definition.places)
    ways = list(step.ways())
    taken = paths.get(step_id)
    if taken is not None and isinstance(step, Branch):
        named = {path.name or path.go: place for place, path in enumerate(step.paths)}
        ways = [ways[named.get(taken, -1)]]
    elif taken is not None and isinstance(step, Split):
        named = {share.name: place for place, share in enumerate(step.shares)}
        ways = [ways[named[taken]]] if taken in named else ways
    return [to for way in ways if (to := place_after(definition.steps, ids, step, way)) is not None]


def _reached(goes: Mapping[str, list[str]], first: str) -> set[str]:
    found, waiting = {first}, [first]
    while waiting:
        for to in goes[waiting.pop()]:
            if to not in found:
                found.add(to)
                waiting.append(to)
    return found
