"""A rule as a sentence, and as the list of its nodes with each one's answer for a person."""

from collections.abc import Iterator
from dataclasses import dataclass

from retention.kit.words import Phrase, gettext_noop
from segments.rules.facts import Person
from segments.rules.terms import At, Terms
from segments.rules.tree import Group, Leaf, Node, Rule

_BETWEEN = {
    "all": gettext_noop("%(first)s and %(rest)s"),
    "any": gettext_noop("%(first)s or %(rest)s"),
    "none": gettext_noop("%(first)s or %(rest)s"),
}
_AROUND = {"all": gettext_noop("(%(inside)s)"), "any": gettext_noop("(%(inside)s)"), "none": gettext_noop("not (%(inside)s)")}


@dataclass(frozen=True, slots=True)
class Reason:
    """One node and its answer for a person. depth: 0 for the root. join: of a group, else empty. found: what decides it, where we know.

    wanted: the answer that helps them in; matters: whether it decides, so not where a group around it holds anyway.
    """

    path: str
    depth: int
    holds: bool
    join: str
    phrase: Phrase | None
    found: Phrase | None
    wanted: bool = True
    matters: bool = True

    @property
    def fits(self) -> bool:
        """Say whether its answer is the wanted one."""
        return self.holds == self.wanted


def say_rule(rule: Rule, terms: Terms) -> Phrase:
    """Return the whole rule as one sentence: "People who ..."."""
    return Phrase(gettext_noop("People who %(rule)s."), {"rule": say_part(rule, terms)})


def say_part(rule: Rule, terms: Terms) -> Phrase:
    """Return the whole rule as a part of a sentence about "they"."""
    return _say(rule.root, terms, is_root=True)


def _say(node: Node, terms: Terms, *, is_root: bool = False) -> Phrase:
    if isinstance(node, Leaf):
        return node.condition.phrase(terms)
    parts = [_say(child, terms) for child in node.nodes]
    said = parts[-1]
    for part in reversed(parts[:-1]):
        said = Phrase(_BETWEEN[node.join], {"first": part, "rest": said})
    needs_brackets = node.join == "none" or (not is_root and len(parts) > 1)
    return Phrase(_AROUND[node.join], {"inside": said}) if needs_brackets else said


def reasons(rule: Rule, person: Person, at: At) -> list[Reason]:
    """Return every node of a rule from top to bottom with its answer for a person."""
    return list(_reasons(rule.root, person, at, depth=0))


def _reasons(node: Node, person: Person, at: At, *, depth: int, wanted: bool = True, matters: bool = True) -> Iterator[Reason]:
    if isinstance(node, Leaf):
        condition = node.condition
        holds = condition.holds(person, at)
        yield Reason(node.path, depth, holds, "", condition.phrase(at.terms), condition.found(person, at), wanted, matters)
        return
    asked = wanted != (node.join == "none")
    holds = _holds(node, person, at)
    yield Reason(node.path, depth, holds, node.join, None, None, wanted, matters)
    for child in node.nodes:
        yield from _reasons(child, person, at, depth=depth + 1, wanted=asked, matters=matters and holds != wanted)


def _holds(node: Node, person: Person, at: At) -> bool:
    if isinstance(node, Leaf):
        return node.condition.holds(person, at)
    return _group_holds(node, [_holds(child, person, at) for child in node.nodes])


def _group_holds(node: Group, answers: list[bool]) -> bool:
    return all(answers) if node.join == "all" else any(answers) if node.join == "any" else not any(answers)
