"""A rule as a function of one loaded customer, for the moment something about them changed."""

from collections.abc import Callable

from segments.rules.facts import Needs, Person, together
from segments.rules.terms import At
from segments.rules.tree import Leaf, Node, Rule

Answer = Callable[[Person, At], bool]


def make_evaluator(rule: Rule) -> Answer:
    """Return the function that says whether a person belongs at a moment."""
    return _answer(rule.root)


def needs_of(rule: Rule, at: At) -> Needs:
    """Return what has to be loaded to answer a rule."""
    return together(leaf.condition.needs(at) for leaf in rule.leaves())


def _answer(node: Node) -> Answer:
    if isinstance(node, Leaf):
        return node.condition.holds
    answers = [_answer(child) for child in node.nodes]
    if node.join == "all":
        return lambda person, at: all(answer(person, at) for answer in answers)
    if node.join == "any":
        return lambda person, at: any(answer(person, at) for answer in answers)
    return lambda person, at: not any(answer(person, at) for answer in answers)
