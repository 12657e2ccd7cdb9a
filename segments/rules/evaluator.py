"""A rule as a function of one loaded customer, for the moment something about them changed."""

from collections.abc import Sequence

from segments.rules.base import Answer
from segments.rules.facts import Needs, Person, together
from segments.rules.terms import At
from segments.rules.tree import Leaf, Node, Rule

PAIR = 2


def make_evaluator(rule: Rule) -> Answer:
    """Return the function that says whether a person belongs at a moment."""
    return _answer(rule.root)


def needs_of(rule: Rule, at: At) -> Needs:
    """Return what has to be loaded to answer a rule."""
    return together(leaf.condition.needs(at) for leaf in rule.leaves())


def _answer(node: Node) -> Answer:
    if isinstance(node, Leaf):
        return node.condition.answer()
    answers = [_answer(child) for child in node.nodes]
    if len(answers) == 1 and node.join != "none":
        return answers[0]
    return _every(answers) if node.join == "all" else _some(answers, then=node.join == "any")


# Loops and not `all` and `any` with a generator (SIM110), which take twice as long, a hundred times for each customer; for two no loop.
def _every(answers: Sequence[Answer]) -> Answer:
    if len(answers) == PAIR:
        first, second = answers
        return lambda person, at: first(person, at) and second(person, at)

    def answer(person: Person, at: At) -> bool:
        for one in answers:  # noqa: SIM110
            if not one(person, at):
                return False
        return True

    return answer


def _some(answers: Sequence[Answer], *, then: bool) -> Answer:
    """Return the function that is `then` where one of the answers is yes."""

    def answer(person: Person, at: At) -> bool:
        for one in answers:
            if one(person, at):
                return then
        return not then

    return answer
