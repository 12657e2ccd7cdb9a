"""The steps of a journey as somebody writes them: a list from top to bottom; a step that parts people holds a list for each of its ways.

A tree is JSON: a definition with "root" in the place of its "steps":

    {"trigger": {...}, "exits": [...], ..., "root": {"steps": [NODE, ...]}}

NODE is a step without `then`, `paths` and `otherwise`: what follows is what stands below it. A step that parts people has "ways":
[{"steps": [NODE, ...]}, ...]: of a branch each path with its `name`, `people` and `told`, and last the way of all others; of a split each
path with its `name` and `weight`; of a wait for an event first that it happened, then that it did not. Who comes to the end of a way goes
on below the step that parted them. {"kind": "jump", "to": "<id>"} is no step: whoever comes there goes on at that one.

The last node of the root is where everybody leaves who comes to the end. A node's place is "root.steps.2.ways.0.steps.1".
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from retention.kit.fields import Problem
from retention.kit.words import Phrase, gettext_noop

Json = dict[str, Any]
ROOT, STEPS, WAYS = "root", "steps", "ways"
JUMP, EXIT = "jump", "exit"
FORKS = ("branch", "split", "wait_event")
_NOWHERE = "?"
MOST_DEPTH = 10  # in how many ways, one in the other, a step may stand: no page shows more


class Flat(NamedTuple):
    """A definition as the engine reads it, and the place in the tree of each of its steps."""

    data: Json
    places: list[str]


def flatten(tree: Mapping[str, Any]) -> Flat:
    """Return the definition a tree stands for. Where everybody leaves at the end is left out if nobody comes there."""
    steps: list[Json] = []
    places: list[str] = []
    nodes = tree[ROOT][STEPS]
    _list(nodes, ROOT, "", steps, places)
    end = f"{ROOT}.{STEPS}.{len(nodes) - 1}"
    if len(steps) > 1 and places[-1] == end and steps[-1]["kind"] == EXIT and not _leads_to(steps, steps[-1]["id"]):
        del steps[-1], places[-1]
    _leave_out_what_follows(steps)
    return Flat({**{name: value for name, value in tree.items() if name != ROOT}, STEPS: steps}, places)


def _list(nodes: Sequence[Json], around: str, follow: str, steps: list[Json], places: list[str]) -> None:
    for index, node in enumerate(nodes):
        if node["kind"] == JUMP:
            continue
        then = _first(nodes[index + 1 :], follow)
        place = f"{around}.{STEPS}.{index}"
        steps.append(_step(node, then))
        places.append(place)
        for number, way in enumerate(node.get(WAYS, [])):
            _list(way[STEPS], f"{place}.{WAYS}.{number}", then, steps, places)


def _first(nodes: Sequence[Json], follow: str) -> str:
    """Return the step at which a list begins; an empty one is what follows it."""
    if not nodes:
        return follow
    return str(nodes[0].get("to") or _NOWHERE) if nodes[0]["kind"] == JUMP else str(nodes[0]["id"])


def _step(node: Json, then: str) -> Json:
    """Return a node as a step that leads on."""
    data = {name: value for name, value in node.items() if name != WAYS}
    goes = [_first(way[STEPS], then) for way in node.get(WAYS, [])]
    said = [
        {name: value for name, value in way.items() if name != STEPS} | {"go": go} for way, go in zip(node.get(WAYS, []), goes, strict=True)
    ]
    match node["kind"]:
        case "branch":
            return data | {"paths": said[:-1], "then": goes[-1] if goes else then}
        case "split":
            return data | {"paths": said}
        case "wait_event":
            return data | dict(zip(("then", "otherwise"), goes, strict=True))
        case "exit":
            return data
    return data | {"then": then}


def _leads_to(steps: Sequence[Json], step_id: str) -> bool:
    return any(step_id in {step.get("then"), step.get("otherwise"), *(path["go"] for path in step.get("paths", []))} for step in steps)


def _leave_out_what_follows(steps: Sequence[Json]) -> None:
    """Leave out of each step what it need not say: that the next of the list follows."""
    for place, step in enumerate(steps):
        following = steps[place + 1]["id"] if place + 1 < len(steps) else ""
        for name in ("then", "otherwise"):
            if step.get(name) in {"", following}:
                step.pop(name, None)


def ensure_end(tree: Json) -> Json:
    """Let the root end with the step where everybody leaves; changes the tree and returns it."""
    nodes = tree[ROOT][STEPS]
    if not nodes or nodes[-1]["kind"] != EXIT:
        nodes.append({"id": free_id(tree, "end"), "kind": EXIT})
    return tree


def places(tree: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """Return every node with its place, from top to bottom."""
    yield from _places(tree[ROOT][STEPS], ROOT)


def _places(nodes: Sequence[Json], around: str) -> Iterator[tuple[str, Json]]:
    for index, node in enumerate(nodes):
        place = f"{around}.{STEPS}.{index}"
        yield place, node
        for number, way in enumerate(node.get(WAYS, [])):
            yield from _places(way[STEPS], f"{place}.{WAYS}.{number}")


def depth(tree: Mapping[str, Any]) -> int:
    """Return in how many ways, one in the other, the deepest node stands; 0 where all stand in the root."""
    return max((place.count(f".{WAYS}.") for place, _node in places(tree)), default=0)


def node_at(tree: Mapping[str, Any], place: str) -> Json | None:
    """Return the node, the way or the root at a place, or None."""
    found: Any = tree
    for part in place.split("."):
        if isinstance(found, list):
            found = found[int(part)] if is_index(part) and int(part) < len(found) else None
        else:
            found = found.get(part) if isinstance(found, dict) and part in {ROOT, STEPS, WAYS} else None
    return found if isinstance(found, dict) else None


def is_index(text: str) -> bool:
    """Say whether a text is the index of a list."""
    return text.isascii() and text.isdecimal() and len(text) <= 3


def free_id(tree: Mapping[str, Any], wish: str, *, used: Collection[str] = ()) -> str:
    """Return a name no step has or had: the wish itself, or with a number behind it. used: names of steps that were there before."""
    known = {node.get("id") for _place, node in places(tree)} if tree.get(ROOT) else set()
    known.update(used)
    number = 1
    name = wish
    while name in known:
        number += 1
        name = f"{wish}-{number}"
    return name


def jump_problems(tree: Mapping[str, Any]) -> list[Problem]:
    """Return, by place, which jumps lead nowhere, and what stands below one and is never reached."""
    ids = {node.get("id") for _place, node in places(tree) if node["kind"] != JUMP}
    found = [
        Problem(place, Phrase(gettext_noop("Choose the step at which they go on.")))
        for place, node in places(tree)
        if node["kind"] == JUMP and node.get("to") not in ids
    ]
    below = Phrase(gettext_noop("Nobody comes here: everybody goes elsewhere before it."))
    for place, _node in places(tree):
        around, _dot, index = place.rpartition(f".{STEPS}.")
        before = node_at(tree, f"{around}.{STEPS}.{int(index) - 1}") if int(index) else None
        if before is not None and before["kind"] == JUMP and not _is_end(tree, place):
            found.append(Problem(place, below))
    return found


def _is_end(tree: Mapping[str, Any], place: str) -> bool:
    return place == f"{ROOT}.{STEPS}.{len(tree[ROOT][STEPS]) - 1}"
