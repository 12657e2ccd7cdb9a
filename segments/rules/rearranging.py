"""The tree of a rule as somebody builds it: add, take out, copy and move nodes, each by its place ("root.rules.0").

The tree here is JSON and may be unfinished; `tree.read_rule` says whether it is a rule. Every function returns a new tree and leaves the
given one as it was; a place that is not there changes nothing.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from segments.rules.tree import JOINS, VERSION

Json = dict[str, Any]
ROOT = "root"
MOST_NODES, DEEPEST = 2_000, 20  # of a tree somebody sends us; a rule has tighter limits of its own
LARGEST, _DEEPEST_VALUE = 1e15, 3
WAYS = ("up", "down", "out", "wrap")


class TooLarge(ValueError):
    """A tree has more nodes, or stands deeper, than anybody builds by hand."""


class Changed(NamedTuple):
    """A new tree, and the place that was added or moved."""

    tree: Json
    place: str


def empty_tree() -> Json:
    """Return a tree without a condition."""
    return {"version": VERSION, ROOT: {"join": "all", "rules": []}}


def clean_tree(data: object) -> Json:
    """Return a tree of nodes from whatever was sent; what is no node, and values no database takes, are left out. Raises TooLarge."""
    root = data.get(ROOT) if isinstance(data, Mapping) else None
    if not isinstance(root, Mapping):
        return empty_tree()
    left = [MOST_NODES]
    tree = {"version": VERSION, ROOT: _clean_group(root, left, depth=0)}
    if left[0] < 0:
        raise TooLarge
    return tree


def _clean_group(node: Mapping[str, Any], left: list[int], *, depth: int) -> Json:
    if depth > DEEPEST:
        raise TooLarge
    rules: list[Json] = []
    told = node.get("rules")
    for child in told if isinstance(told, list) else []:
        left[0] -= 1
        if not isinstance(child, Mapping) or left[0] < 0:
            continue
        is_leaf = "rules" not in child and "join" not in child
        rules.append(_clean_leaf(child) if is_leaf else _clean_group(child, left, depth=depth + 1))
    return {"join": node.get("join") if node.get("join") in JOINS else "all", "rules": rules}


def _clean_leaf(node: Mapping[str, Any]) -> Json:
    made: Json = {_clean_text(str(name)): _clean_value(value, depth=0) for name, value in node.items()}
    return {name: value for name, value in made.items() if value is not None}


def _clean_value(value: Any, *, depth: int) -> Any:
    """Return a value of a condition as JSON a database takes; None for what is none. Words of choice may stand only where texts do."""
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, bool) or (isinstance(value, int | float) and -LARGEST <= value <= LARGEST):
        return value
    if depth > _DEEPEST_VALUE:
        return None
    if isinstance(value, list):
        found = [_clean_value(one, depth=depth + 1) for one in value]
        return [one for one in found if one is not None]
    if isinstance(value, Mapping):
        pairs = {_clean_text(str(name)): _clean_value(one, depth=depth + 1) for name, one in value.items()}
        return {name: one for name, one in pairs.items() if one is not None}
    return None


def _clean_text(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def is_group(node: Mapping[str, Any]) -> bool:
    """Say whether a node is a group."""
    return "rules" in node


def node_at(tree: Json, place: str) -> Json | None:
    """Return the node at a place, or None."""
    found: Any = tree
    for part in place.split("."):
        if isinstance(found, list):
            found = found[int(part)] if _is_index(part) and int(part) < len(found) else None
        else:
            found = found.get(part) if isinstance(found, dict) and part in {ROOT, "rules"} else None
    return found if isinstance(found, dict) else None


def put(tree: Json, place: str, node: Json) -> Json:
    """Return the tree with another node at a place that is there."""
    made = deepcopy(tree)
    around, index = _around(made, place)
    if around is not None:
        around[index] = node
    return made


def join(tree: Json, place: str, how: str) -> Json:
    """Return the tree with a group joined another way; people left out of the whole stay left out."""
    made = deepcopy(tree)
    group = node_at(made, place)
    if group is None or not is_group(group) or how not in JOINS or group["join"] == how:
        return made
    left_out = [node for node in group["rules"] if node.get("join") == "none"] if place == ROOT and group["join"] == "all" else []
    kept = [node for node in group["rules"] if node not in left_out]
    if left_out and kept:
        made[ROOT] = {"join": "all", "rules": [{"join": how, "rules": kept}, *left_out]}
    else:
        group["join"] = how
    return made


def under_all(tree: Json) -> Json:
    """Return the tree with a root of which all must hold: the one it has, or one around it."""
    made = deepcopy(tree)
    if made[ROOT]["join"] != "all":
        made[ROOT] = {"join": "all", "rules": [made[ROOT]] if made[ROOT]["rules"] else []}
    return made


def add(tree: Json, group_place: str, node: Json) -> Changed:
    """Return the tree with a node at the end of a group."""
    made = deepcopy(tree)
    group = node_at(made, group_place)
    if group is None or not is_group(group):
        return Changed(made, "")
    group["rules"].append(node)
    return Changed(made, f"{group_place}.rules.{len(group['rules']) - 1}")


def remove(tree: Json, place: str) -> Changed:
    """Return the tree without a node, and without the groups that are empty then; its place is that of the group it stood in."""
    made = deepcopy(tree)
    around, index = _around(made, place)
    if around is None:
        return Changed(made, "")
    del around[index]
    parent = place.rpartition(".rules.")[0]
    if not around and parent != ROOT:
        return remove(made, parent)
    return Changed(made, parent)


def duplicate(tree: Json, place: str) -> Changed:
    """Return the tree with a copy behind a node."""
    made = deepcopy(tree)
    around, index = _around(made, place)
    if around is None:
        return Changed(made, "")
    around.insert(index + 1, deepcopy(around[index]))
    return Changed(made, _place(place, index + 1))


def move(tree: Json, place: str, way: str) -> Changed:
    """Return the tree with a node moved: up or down past or into its neighbour, out of its group, or wrapped in one."""
    made = deepcopy(tree)
    around, index = _around(made, place)
    if around is None or way not in WAYS:
        return Changed(made, "")
    parent = place.rpartition(".rules.")[0]
    if way == "wrap":
        around[index] = {"join": "any", "rules": [around[index]]}
        return Changed(made, f"{place}.rules.0")
    if way == "out" or (way == "up" and index == 0) or (way == "down" and index == len(around) - 1):
        return Changed(made, place) if parent == ROOT else _out(made, place, behind=way != "up")
    node, other = around.pop(index), index + (1 if way == "down" else -1)
    neighbour = around[other if way == "up" else index]
    if is_group(neighbour) and not is_group(node):
        at = 0 if way == "down" else len(neighbour["rules"])
        neighbour["rules"].insert(at, node)
        return Changed(made, f"{_place(place, other if way == 'up' else index)}.rules.{at}")
    around.insert(other, node)
    return Changed(made, _place(place, other))


def carry(tree: Json, place: str, *, group_place: str, index: int) -> Changed:
    """Return the tree with a node taken before the one that stands at a place of a group, as a hand drags it; never into itself."""
    made = deepcopy(tree)
    node, target = node_at(made, place), node_at(made, group_place)
    around, was = _around(made, place)
    if node is None or around is None or target is None or not is_group(target) or f"{group_place}.".startswith(f"{place}."):
        return Changed(made, "")
    left: Json = {}
    around[was] = left
    target["rules"].insert(max(0, min(index, len(target["rules"]))), node)
    del around[next(at for at, one in enumerate(around) if one is left)]
    _drop_empty(made[ROOT])
    return Changed(made, next((found for found, one in places(made) if one is node), ""))


def _drop_empty(group: Json) -> None:
    for child in group["rules"]:
        if is_group(child):
            _drop_empty(child)
    group["rules"] = [child for child in group["rules"] if not is_group(child) or child["rules"]]


def places(tree: Json) -> list[tuple[str, Json]]:
    """Return every node below the root with its place, from top to bottom."""
    found: list[tuple[str, Json]] = []
    waiting = [(f"{ROOT}.rules.{index}", node) for index, node in enumerate(tree[ROOT]["rules"])]
    while waiting:
        place, node = waiting.pop(0)
        found.append((place, node))
        if is_group(node):
            waiting[:0] = [(f"{place}.rules.{index}", child) for index, child in enumerate(node["rules"])]
    return found


def _out(made: Json, place: str, *, behind: bool) -> Changed:
    """Take a node out of its group, to stand before or behind the group."""
    parent = place.rpartition(".rules.")[0]
    inner, index = _around(made, place)
    outer, at = _around(made, parent)
    if inner is None or outer is None:
        return Changed(made, "")
    node = inner.pop(index)
    if not inner:
        outer[at] = node
        return Changed(made, parent)
    at += 1 if behind else 0
    outer.insert(at, node)
    return Changed(made, _place(parent, at))


def _around(tree: Json, place: str) -> tuple[list[Any] | None, int]:
    """Return the list a node stands in, and where; None for the root and for places that are not there."""
    parent, _rules, last = place.rpartition(".rules.")
    group = node_at(tree, parent) if parent else None
    if group is None or not is_group(group) or not _is_index(last) or int(last) >= len(group["rules"]):
        return None, 0
    return group["rules"], int(last)


def _place(place: str, index: int) -> str:
    return f"{place.rpartition('.rules.')[0]}.rules.{index}"


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4
