"""What differs between two rules, condition by condition, in words."""

from dataclasses import dataclass

from retention.kit.words import Phrase
from segments.rules.terms import Terms
from segments.rules.tree import Group, Leaf, Node, Rule


@dataclass(frozen=True, slots=True)
class Difference:
    """One condition that is only in one of the rules. is_new: in the newer one. joins: of the groups around it, from outside in."""

    is_new: bool
    phrase: Phrase
    joins: tuple[str, ...]


def differences(older: Rule, newer: Rule, terms: Terms) -> list[Difference]:
    """Return the conditions that went and those that came; one that moved to another group went and came."""
    was, now = _spread(older.root, ()), _spread(newer.root, ())
    gone = [Difference(False, leaf.condition.phrase(terms), joins) for key, (leaf, joins) in was.items() if key not in now]
    come = [Difference(True, leaf.condition.phrase(terms), joins) for key, (leaf, joins) in now.items() if key not in was]
    return gone + come


def _spread(node: Node, joins: tuple[str, ...]) -> dict[object, tuple[Leaf, tuple[str, ...]]]:
    if isinstance(node, Leaf):
        return {(node.condition, joins): (node, joins)}
    return _together(node, (*joins, node.join))


def _together(group: Group, joins: tuple[str, ...]) -> dict[object, tuple[Leaf, tuple[str, ...]]]:
    found: dict[object, tuple[Leaf, tuple[str, ...]]] = {}
    for node in group.nodes:
        found |= _spread(node, joins)
    return found
