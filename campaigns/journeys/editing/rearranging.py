"""What can be done to the nodes of a tree: add, take out, copy, move up and down, in and out of a way, and carry to any place.

Every function returns a new tree and leaves the given one as it was; a place that is not there changes nothing. The last node of the root
stays where it is: there everybody leaves. A fresh step never takes a name that is in use, or was (`used`): people may stand at that one.
"""

from collections.abc import Collection
from copy import deepcopy
from typing import Any, NamedTuple

from campaigns.journeys.editing.tree import EXIT, FORKS, JUMP, ROOT, STEPS, WAYS, Json, free_id, is_index, node_at, places

MOST_WAYS = {"branch": 21, "split": 10}
FRESH: dict[str, Json] = {
    "send": {"channel": "email", "template": "", "expires_hours": 24},
    "wait": {"days": 1},
    "wait_date": {"date": "birthday", "at": "09:00"},
    "wait_event": {"event": "Order Completed", "days": 2, WAYS: [{STEPS: []}, {STEPS: []}]},
    "branch": {WAYS: [{"name": "", "people": [], STEPS: []}, {STEPS: []}]},
    "split": {WAYS: [{"name": "A", "weight": 50, STEPS: []}, {"name": "B", "weight": 50, STEPS: []}]},
    "ladder": {"rungs": [{"channel": "push", "template": "", "minutes": 0}, {"channel": "email", "template": "", "minutes": 240}]},
    "coupon": {"pool": "", "without": "go_on"},
    "update": {"set": {}},
    "webhook": {"endpoint": ""},
    "notify": {"roles": ["support"], "subject": ""},
    EXIT: {},
    JUMP: {"to": ""},
}


class Changed(NamedTuple):
    """A new tree, and the place that was added, moved or is next to what was taken out."""

    tree: Json
    place: str


def add(tree: Json, around: str, index: int, kind: str, *, used: Collection[str] = ()) -> Changed:
    """Return the tree with a fresh node of a kind before the one that stands at an index of a list."""
    made = deepcopy(tree)
    nodes = _nodes(made, around)
    if nodes is None or kind not in FRESH:
        return Changed(made, "")
    node: Json = {"kind": kind, **deepcopy(FRESH[kind])}
    if kind != JUMP:
        node = {"id": free_id(made, kind.replace("_", "-"), used=used), **node}
    at = _within(made, around, index)
    nodes.insert(at, node)
    return Changed(made, f"{around}.{STEPS}.{at}")


def remove(tree: Json, place: str) -> Changed:
    """Return the tree without a node and all that stands in its ways; its place is that of what follows."""
    made = deepcopy(tree)
    nodes, index = _at(made, place)
    if nodes is None or is_end(made, place):
        return Changed(made, "")
    del nodes[index]
    around = place.rpartition(f".{STEPS}.")[0]
    return Changed(made, place if index < len(nodes) else around if not nodes else f"{around}.{STEPS}.{index - 1}")


def duplicate(tree: Json, place: str, *, used: Collection[str] = ()) -> Changed:
    """Return the tree with a copy of a node behind it; the copies of steps have names of their own."""
    made = deepcopy(tree)
    nodes, index = _at(made, place)
    if nodes is None or is_end(made, place):
        return Changed(made, "")
    nodes.insert(index + 1, {"kind": JUMP})
    copied = deepcopy(nodes[index])
    nodes[index + 1] = copied
    _name_anew(made, copied, used)
    return Changed(made, _beside(place, index + 1))


def move(tree: Json, place: str, way: str) -> Changed:
    """Return the tree with a node moved: up or down past its neighbour, or at the edge of a way out of it, or out at once ("out")."""
    made = deepcopy(tree)
    nodes, index = _at(made, place)
    around = place.rpartition(f".{STEPS}.")[0]
    if nodes is None or is_end(made, place) or way not in {"up", "down", "out"}:
        return Changed(made, "")
    other = index + (1 if way == "down" else -1)
    is_edge = not 0 <= other < len(nodes) - (1 if around == ROOT else 0)
    if way == "out" or is_edge:
        if around == ROOT:
            return Changed(made, place)
        fork = around.rpartition(f".{WAYS}.")[0]
        outer, at = _at(made, fork)
        if outer is None:
            return Changed(made, "")
        at += 0 if way == "up" else 1
        outer.insert(at, nodes.pop(index))
        return Changed(made, _beside(fork, at))
    nodes.insert(other, nodes.pop(index))
    return Changed(made, _beside(place, other))


def carry(tree: Json, place: str, around: str, index: int) -> Changed:
    """Return the tree with a node taken before the one that stands at an index of a list, as a hand drags it; never into itself."""
    made = deepcopy(tree)
    nodes, was = _at(made, place)
    target = _nodes(made, around)
    if nodes is None or target is None or is_end(made, place) or f"{around}.".startswith(f"{place}."):
        return Changed(made, "")
    node: Any = nodes[was]
    gap: Json = {}
    nodes[was] = gap
    target.insert(_within(made, around, index), node)
    del nodes[next(at for at, one in enumerate(nodes) if one is gap)]
    return Changed(made, _place_of(made, node))


def add_way(tree: Json, place: str) -> Changed:
    """Return the tree with one more way of a branch (before that of all others) or of a split."""
    made = deepcopy(tree)
    node = node_at(made, place)
    if node is None or node.get("kind") not in MOST_WAYS or len(node[WAYS]) >= MOST_WAYS[node["kind"]]:
        return Changed(made, "")
    names = {way.get("name") for way in node[WAYS]}
    letter = next(one for one in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if one not in names)
    if node["kind"] == "branch":
        node[WAYS].insert(-1, {"name": "", "people": [], STEPS: []})
        return Changed(made, f"{place}.{WAYS}.{len(node[WAYS]) - 2}")
    node[WAYS].append({"name": letter, "weight": 50, STEPS: []})
    return Changed(made, f"{place}.{WAYS}.{len(node[WAYS]) - 1}")


def remove_way(tree: Json, place: str) -> Changed:
    """Return the tree without a way of a branch or a split and what stands in it, as long as it still parts people."""
    made = deepcopy(tree)
    fork, _ways, index = place.rpartition(f".{WAYS}.")
    node = node_at(made, fork) if fork else None
    fewest = {"branch": 2, "split": 2}
    if node is None or node.get("kind") not in fewest or not is_index(index) or len(node[WAYS]) <= fewest[node["kind"]]:
        return Changed(made, "")
    last = len(node[WAYS]) - (1 if node["kind"] == "branch" else 0)
    if int(index) < last:
        del node[WAYS][int(index)]
    return Changed(made, fork)


def put(tree: Json, place: str, values: Json) -> Json:
    """Return the tree with other words in a node or a way; what stands in its ways, and its name, stay unless they are told."""
    made = deepcopy(tree)
    node = node_at(made, place)
    if node is not None:
        kept = {name: node[name] for name in ("id", "kind", WAYS, STEPS) if name in node}
        node.clear()
        node.update(kept | values)
    return made


def is_end(tree: Json, place: str) -> bool:
    """Say whether a place is that of the last node of the root, where everybody leaves."""
    return place == f"{ROOT}.{STEPS}.{len(tree[ROOT][STEPS]) - 1}"


def into(tree: Json, place: str) -> list[tuple[str, int]]:
    """Return the ways next to a node into which it may go: (list, index), those above it at their end, those below at their beginning."""
    nodes, index = _at(tree, place)
    around = place.rpartition(f".{STEPS}.")[0]
    found: list[tuple[str, int]] = []
    for other in (index - 1, index + 1) if nodes is not None else ():
        if nodes is not None and 0 <= other < len(nodes) and nodes[other]["kind"] in FORKS:
            for number, way in enumerate(nodes[other][WAYS]):
                found.append((f"{around}.{STEPS}.{other}.{WAYS}.{number}", len(way[STEPS]) if other < index else 0))
    return found


def _name_anew(tree: Json, node: Json, used: Collection[str]) -> None:
    if node["kind"] != JUMP:
        wish = node["kind"].replace("_", "-")
        node["id"] = ""
        node["id"] = free_id(tree, wish, used=used)
    for way in node.get(WAYS, []):
        for child in way[STEPS]:
            _name_anew(tree, child, used)


def _nodes(tree: Json, around: str) -> list[Json] | None:
    """Return the nodes of the root or of a way."""
    found = node_at(tree, around)
    return found[STEPS] if found is not None and isinstance(found.get(STEPS), list) else None


def _at(tree: Json, place: str) -> tuple[list[Json] | None, int]:
    """Return the list a node stands in, and where."""
    around, _steps, last = place.rpartition(f".{STEPS}.")
    nodes = _nodes(tree, around) if around else None
    if nodes is None or not is_index(last) or int(last) >= len(nodes):
        return None, 0
    return nodes, int(last)


def _within(tree: Json, around: str, index: int) -> int:
    """Return an index at which a node may stand: before the end of the root."""
    nodes = _nodes(tree, around) or []
    return max(0, min(index, len(nodes) - (1 if around == ROOT else 0)))


def _place_of(tree: Json, node: Json) -> str:
    return next((place for place, one in places(tree) if one is node), "")


def _beside(place: str, index: int) -> str:
    return f"{place.rpartition(f'.{STEPS}.')[0]}.{STEPS}.{index}"
