"""The tree of a rule: groups of conditions and groups, read from JSON with every fault named by its node ("root.rules.2.values").

A rule is {"version": 1, "root": {"join": "all", "rules": [...]}}; a node with "join" is a group, one with "is" a condition.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from retention.kit.fields import Fields, Problem
from retention.kit.register import Register
from retention.kit.words import Phrase, gettext_noop
from segments.rules.base import Condition
from segments.rules.terms import Terms

VERSION = 1
DEEPEST = 8
MOST_CONDITIONS = 200
JOINS = ("all", "any", "none")
Kinds = Register[type[Condition]]


class RuleError(ValueError):
    """The data is no rule; `problems` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.phrase.render(str)}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition and its place in the tree."""

    path: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Group:
    """Nodes of which all, any or none must hold."""

    path: str
    join: str
    nodes: "tuple[Node, ...]"


Node = Leaf | Group


@dataclass(frozen=True, slots=True)
class Rule:
    """A whole rule, valid in one store."""

    root: Group

    def leaves(self) -> Iterator[Leaf]:
        """Yield every condition, from top to bottom."""
        yield from _leaves(self.root)

    def reads(self) -> frozenset[str]:
        """Return what its answer depends on."""
        return frozenset().union(*(leaf.condition.reads() for leaf in self.leaves()))


@dataclass
class _Reading:
    kinds: Kinds
    terms: Terms
    problems: list[Problem] = field(default_factory=list)
    conditions: int = 0


def read_rule(data: object, *, kinds: Kinds, terms: Terms) -> Rule:
    """Read a rule from JSON; raises RuleError with every problem found. kinds: the conditions there are."""
    reading = _Reading(kinds, terms)
    fields = Fields(data if isinstance(data, Mapping) else {}, "rule", reading.problems)
    if not isinstance(data, Mapping):
        fields.fault("root", Phrase(gettext_noop("must be an object")))
        raise RuleError(reading.problems)
    version = fields.whole("version", low=1, high=10_000, default=VERSION)
    if version > VERSION:
        fields.fault("version", Phrase(gettext_noop("was written by a newer release (%(version)s)"), {"version": version}))
    root = fields.part("root")
    fields.close()
    node = None if reading.problems else _group(Fields(root.data, "root", reading.problems), reading, depth=1)
    if reading.conditions > MOST_CONDITIONS:
        fields.fault(
            "root",
            Phrase(
                gettext_noop("holds %(count)s conditions; %(most)s are the most"), {"count": reading.conditions, "most": MOST_CONDITIONS}
            ),
        )
    if reading.problems or node is None:
        raise RuleError(reading.problems)
    return Rule(node)


def read_leaf(data: Mapping[str, object], *, place: str, kinds: Kinds, terms: Terms) -> tuple[Condition | None, list[Problem]]:
    """Read one condition by itself, with what is wrong with it; None where its kind is not known."""
    reading = _Reading(kinds, terms)
    node = _node(Fields(data, place, reading.problems), reading, depth=1)
    return (node.condition if isinstance(node, Leaf) else None), reading.problems


def _group(fields: Fields, reading: _Reading, *, depth: int) -> Group:
    join = fields.choice("join", JOINS)
    nodes: list[Node] = []
    if depth > DEEPEST:
        fields.fault("rules", Phrase(gettext_noop("is nested deeper than %(deepest)s groups"), {"deepest": DEEPEST}))
        fields.read.add("rules")
    else:
        parts = fields.parts("rules", most=MOST_CONDITIONS)
        if not parts and not any(problem.path.startswith(f"{fields.path}.rules") for problem in reading.problems):
            fields.fault("rules", Phrase(gettext_noop("is empty; a group needs at least one condition")))
        nodes = [node for part in parts if (node := _node(part, reading, depth=depth)) is not None]
    fields.close()
    return Group(fields.path, join, tuple(nodes))


def _node(fields: Fields, reading: _Reading, *, depth: int) -> Node | None:
    if "join" in fields.data:
        return _group(fields, reading, depth=depth + 1)
    reading.conditions += 1
    kind = fields.text("is", longest=40)
    found = reading.kinds.get(kind)
    if found is None:
        if kind:
            fields.fault("is", Phrase(gettext_noop("is no condition we know")))
        return None
    condition = found.read(fields, reading.terms)
    fields.close()
    return Leaf(fields.path, condition)


def _leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
        return
    for child in node.nodes:
        yield from _leaves(child)
