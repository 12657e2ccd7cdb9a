"""The draft of a journey: begun from what it says now, changed step by step, undone, and published as the next version.

Nobody is written to by a draft. Who publishes says what happens to the people inside: they finish on their own version, or go on in the
new one where a mapping says (`versions.publish`).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Func, TextField

from campaigns.journeys import shadowing
from campaigns.journeys.checking import faults_of_definition
from campaigns.journeys.definition import Definition, DefinitionError, read_definition
from campaigns.journeys.editing.growing import grow
from campaigns.journeys.editing.tree import EXIT, MOST_DEPTH, ROOT, STEPS, WAYS, Json, depth, flatten, jump_problems, places
from campaigns.journeys.versions import WAITING, publish
from campaigns.measurement.lots import LEAST_SHARE_OF_FEW
from campaigns.models import Enrollment, Journey, JourneyDraft, JourneyVersion, SendRule
from retention.kit.fields import Problem
from retention.kit.words import Phrase, gettext_noop
from retention.stores.models import StoreWork
from segments.rules.asks import copied

MOST_UNDONE = 10
MOST_BYTES = 256 * 1024  # of a tree as JSON
MOST_GROWN = 2 * MOST_DEPTH  # jumps may let a version stand deeper than it was written; its pages must still be drawn


class Overtaken(Exception):
    """Somebody else, or another window, changed the draft meanwhile; `draft` is how it stands now."""

    def __init__(self, draft: JourneyDraft) -> None:
        super().__init__("the draft was changed meanwhile")
        self.draft = draft


class TooLong(Exception):
    """A change would make the draft longer than MOST_BYTES; nothing was saved."""


class NotReady(Exception):
    """A draft cannot be published yet. problems: of its tree, by place; faults: of what it needs of the store, in words."""

    def __init__(self, problems: list[Problem], faults: list[Phrase]) -> None:
        super().__init__(f"{len(problems)} problems, {len(faults)} faults")
        self.problems, self.faults = problems, faults


@dataclass(frozen=True)
class Standing:
    """People inside who stand at a step of an older version. goes_on: whether they may go on at the same step of the draft."""

    step: str
    people: int
    goes_on: bool


def empty_tree() -> Json:
    """Return the tree of a journey that does nothing yet."""
    return {
        "trigger": {"kind": "event", "event": "Order Completed", "key": "order_id"},
        "again": {"rule": "never"},
        "exits": [],
        "guards": [],
        "people": [],
        "calm_minutes": 0,
        "holdout_share": LEAST_SHARE_OF_FEW,
        "stream": "marketing",
        ROOT: {STEPS: [{"id": "end", "kind": EXIT}]},
    }


def make(name: str, *, user_id: int | None, now: datetime) -> Journey:
    """Save a journey that is only a draft yet."""
    with transaction.atomic():
        journey = Journey(name=name, created_at=now)
        journey.save()
        JourneyDraft.objects.create(journey=journey, tree=empty_tree(), changed_by_id=user_id, changed_at=now)
    return journey


def draft_of(journey: Journey) -> JourneyDraft | None:
    """Return what is being written, or None where nobody writes. What stands deeper in it than any form's answer is left out."""
    found: JourneyDraft | None = JourneyDraft.objects.filter(journey=journey).select_related("changed_by").first()
    if found is not None:
        found.tree = copied(found.tree)
    return found


def unsaved(journey: Journey, *, now: datetime) -> JourneyDraft:
    """Return the draft of a journey, or how it would begin, not saved: what the newest version says; raises DefinitionError."""
    found = draft_of(journey)
    if found is not None:
        return found
    version = JourneyVersion.objects.filter(journey=journey).order_by("-number").first()
    if version is None:
        return JourneyDraft(journey=journey, tree=empty_tree(), revision=0, changed_at=now)
    return JourneyDraft(journey=journey, tree=grow(version.definition), revision=0, based_on=version.number, changed_at=now)


def change(journey: Journey, doing: Callable[[JourneyDraft], bool], *, stamp: str, user_id: int | None, now: datetime) -> JourneyDraft:
    """Let something be done to a draft and save it. doing: changes the draft, and says whether it undoes; stamp: of the draft looked at.

    Raises Overtaken where it is another draft or stands otherwise by now, and TooLong for what is too much to keep; nothing changes then.
    """
    with transaction.atomic():
        Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
        draft = unsaved(journey, now=now)
        if draft.stamp != stamp:
            raise Overtaken(draft)
        tree = draft.tree
        is_undo = doing(draft)
        if draft.tree == tree:
            return draft
        if not is_undo:
            if _bytes(draft.tree) > max(MOST_BYTES, _bytes(tree)):
                raise TooLong
            draft.before = [*draft.before, tree][-MOST_UNDONE:]
        draft.revision += 1
        draft.changed_by_id, draft.changed_at = user_id, now
        draft.save()
    return draft


def _bytes(tree: Json) -> int:
    return len(json.dumps(tree, ensure_ascii=False).encode())


def used_ids(journey: Journey) -> frozenset[str]:
    """Return the names of all steps any version of a journey had, and of those a rule is kept for.

    People may stand there still, and rules and codes are kept by them.
    """
    names = Func(F("definition"), template="jsonb_path_query(%(expressions)s, '$.steps[*].id') #>> '{}'", output_field=TextField())
    ruled = SendRule.objects.filter(journey=journey).values_list("step", flat=True)
    return frozenset(JourneyVersion.objects.filter(journey=journey).values_list(names, flat=True).distinct()).union(ruled)


def sent_at(draft: JourneyDraft, step: str) -> list[str]:
    """Return what a step of a draft sends, by the templates' keys; nothing where it sends none, or is not there."""
    node = next((node for _place, node in places(draft.tree) if node.get("id") == step), {})
    told = [node.get("template"), *(rung.get("template") for rung in node.get("rungs", []))]
    return [key for key in told if isinstance(key, str) and key]


def undo(draft: JourneyDraft) -> bool:
    """Let the draft be what it was before the last change; say so."""
    if draft.before:
        draft.tree, draft.before = draft.before[-1], draft.before[:-1]
    return True


def discard(journey: Journey) -> bool:
    """Throw the draft of a journey away that has a version; say whether there was one."""
    if not JourneyVersion.objects.filter(journey=journey).exists():
        return False
    return bool(JourneyDraft.objects.filter(journey=journey).delete()[0])


def read_tree(tree: Mapping[str, Any]) -> tuple[Definition | None, list[Problem]]:
    """Return the definition a tree stands for, or what keeps it from being one: problems by their place in the tree."""
    problems = jump_problems(tree)
    if problems:
        return None, problems
    flat = flatten(tree)
    try:
        definition = read_definition(flat.data)
    except DefinitionError as error:
        return None, [Problem(_place_in_tree(problem.path, flat.data, flat.places), problem.phrase) for problem in error.problems]
    if depth(grow(flat.data)) > MOST_GROWN:
        said = gettext_noop("Its ways lead too far into each other: drawn again, steps would stand in more than %(most)s of them.")
        return None, [Problem(ROOT, Phrase(said, {"most": MOST_GROWN}))]
    return definition, []


def _place_in_tree(path: str, data: Mapping[str, Any], places: list[str]) -> str:
    """Return where in the tree a problem of the definition is: "steps.2.paths.0.people" is "root.steps.1.ways.0.people"."""
    parts = path.split(".")
    if parts[0] != STEPS or len(parts) < 2 or not parts[1].isdecimal() or int(parts[1]) >= len(places):
        return path
    rest = parts[2:]
    if rest[:1] == ["paths"] and len(rest) > 1:
        rest = [WAYS, *rest[1:]]
    return ".".join([places[int(parts[1])], *rest])


def standings_of(journey: Journey, definition: Definition) -> list[Standing]:
    """Return where people inside stand, most people first, and whether they may go on there by this definition."""
    rows = Enrollment.objects.running().filter(journey=journey).values_list("step").annotate(people=Count("id")).order_by("-people", "step")
    waits = {step.id for step in definition.steps if step.kind in WAITING}
    return [Standing(name, people, name in waits) for name, people in rows]


def release(journey: Journey, *, stamp: str, moving: Mapping[str, str], now: datetime) -> tuple[JourneyVersion, int]:
    """Publish the draft as the next version and return it with how many runs moved to it; the draft is gone then.

    moving: by a step people stand at, the step of the new version where they go on; the others finish as they began. Raises NotReady,
    Overtaken where the draft is not the one that was looked at, and DefinitionError for a mapping that leads nowhere.
    """
    with transaction.atomic():
        Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
        draft = unsaved(journey, now=now)
        if draft.stamp != stamp:
            raise Overtaken(draft)
        definition, problems = read_tree(draft.tree)
        faults = faults_of_definition(definition, journey_id=journey.pk, now=now) if definition is not None else []
        if definition is None or faults:
            raise NotReady(problems, faults)
        released = publish(journey, flatten(draft.tree).data, moving=moving, now=now)
        JourneyDraft.objects.filter(journey=journey).delete()
        shadowing.stop(journey, now=now)
        for kind in ("journeys", "dispatch"):
            StoreWork.ring(kind, store_id=journey.store_id, due_at=now)
    return released
