"""A parsed Liquid template read into the operations of a program: which of its tags are taken apart, and what is asked of the library.

What the operations are, and how they become Python, is `program.py`; conditions are read in `conditions.py`.
"""

import re
from collections.abc import Sequence
from typing import Any

from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions.arguments import PositionalArgument
from liquid.builtin.expressions.filtered import FilteredExpression
from liquid.builtin.expressions.logical import BooleanExpression
from liquid.builtin.expressions.path import Path
from liquid.builtin.expressions.primitive import FloatLiteral, IntegerLiteral, StringLiteral
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.template import BoundTemplate

from campaigns.personalization.fast.conditions import Conditions
from campaigns.personalization.fast.program import Assign, Branch, Code, Hole, Loop, Ops
from campaigns.personalization.fast.surprises import NoProgram, Surprise

_LITERALS = {StringLiteral, IntegerLiteral, FloatLiteral}
_OWN_WAY = frozenset({"size", "first", "last"})  # the library finds something under these names where a dict has nothing
_MARKS = frozenset("&<>\"'")  # a literal with these is markup to the library, and stays as it is
_plain_text = re.compile("[^&<>\"'\r\n\0\1]*").fullmatch
_LONGEST_VALUE = 100


class Reader:
    """Reads a template's tree into operations; raises NoProgram."""

    def __init__(self, template: BoundTemplate, code: Code) -> None:
        self._code, self._filters = code, template.env.filters
        self._variables: dict[str, str] = {}
        self._loops, self._around = 0, 0
        self._tests = Conditions(code.constant, self._found)
        self._assigned = _assigned(template.nodes)
        self.ops: Ops = self._all(template.nodes)

    def _all(self, nodes: Sequence[Node]) -> Ops:
        return [self._one(node) for node in nodes]

    def _one(self, node: Node) -> str | Hole | Branch | Loop | Assign:
        if type(node) is ContentNode:
            return str(node.text)
        if type(node) is OutputNode:
            return Hole(self._shown(node.expression))
        if type(node) in {IfNode, UnlessNode}:
            return _as_value(self._branch(node), self._code)
        if type(node) is ForNode:
            return self._loop(node)
        if type(node) is AssignNode:
            self._code.asks = True
            return Assign(str(node.name), self._shown(node.expression))
        raise NoProgram

    def _branch(self, node: Any) -> Branch:
        first = self._test(node.condition)
        ways: list[tuple[str | None, Ops]] = [(first if type(node) is IfNode else f"not {first}", self._block(node.consequence))]
        ways += [(self._test(one.expression), self._block(one.block)) for one in node.alternatives]
        return Branch([*ways, (None, self._block(node.default))] if node.default else ways)

    def _loop(self, node: ForNode) -> Loop:
        expression = node.expression
        items, name = self._found(expression.iterable), str(expression.identifier)
        if items is None or expression.offset or expression.reversed or name == "forloop":
            raise NoProgram
        if expression.limit:
            if type(expression.limit) is not IntegerLiteral or expression.limit.value < 0:
                raise NoProgram
            items = f"{items}[:{int(expression.limit.value)}]"
        number, around, outside = self._loops + 1, self._around, self._variables
        self._loops = number
        default = self._block(node.default) if node.default else []
        self._variables, self._around = outside | {name: f"i{number}"}, number
        body = self._block(node.block)
        self._variables, self._around = outside, around
        return Loop(items, f"i{number}", number, around, name, body, default)

    def _block(self, block: BlockNode) -> Ops:
        if block.blank and all(type(node) is ContentNode for node in block.nodes):
            return []  # the library leaves out a block of nothing but space
        if block.blank:
            raise NoProgram
        return self._all(block.nodes)

    def _shown(self, expression: Any) -> str:
        """Return the code of what an output shows."""
        if type(expression) is not FilteredExpression:
            return self._asked(expression)
        filters = expression.filters or []
        may_miss = bool(filters) and filters[0].name == "default"
        code = self._found(expression.left, may_miss=may_miss) if type(expression.left) is Path else None
        for one in filters:
            function = self._filters.get(one.name)
            given = [self._found(argument.value) if type(argument) is PositionalArgument else None for argument in one.args]
            if code is None or function is None or None in given:
                return self._asked(expression)
            if getattr(function, "with_context", False) or getattr(function, "with_environment", False):
                return self._asked(expression)
            code = f"{self._code.constant(function)}({', '.join([code, *map(str, given)])})"
        return code or self._asked(expression)

    def _test(self, condition: Any) -> str:
        """Return the code of a condition: what is plain is asked in place."""
        found = self._tests.code_of(condition.expression) if type(condition) is BooleanExpression else None
        return f"bool({self._asked(condition)})" if found is None else found

    def _asked(self, expression: Any) -> str:
        """Return the code that asks the library; raises NoProgram for what asks how far a loop is, which only the library's loops know."""
        if self._variables and _asks_the_loop(expression):
            raise NoProgram
        self._code.asks = True
        return f"{self._code.constant(expression.evaluate)}(c())"

    def _found(self, value: object, *, may_miss: bool = False) -> str | None:
        """Return the code of a literal or a name, None for other expressions. may_miss: what is not there is None."""
        if type(value) in _LITERALS:
            text = value.value  # type: ignore[attr-defined]
            return None if isinstance(text, str) and not _MARKS.isdisjoint(text) else self._code.constant(text)
        if type(value) is not Path or not all(type(segment) is str for segment in value.path):
            return None
        root, *rest = (str(segment) for segment in value.path)
        if root == "forloop":
            raise NoProgram
        if _OWN_WAY & set(rest):
            return None
        start = self._variables.get(root)
        names = rest if start else [root, *rest]
        if not start:
            known = self._code.constant(root)
            start = f"(L if {known} in L else g)" if root in self._assigned else "g"
        if may_miss:
            return f"{self._code.constant(_look_for)}({start}, {self._code.constant(tuple(names))})"
        return start + "".join(f"[{self._code.constant(name)}]" for name in names)


def _assigned(nodes: Sequence[Any]) -> frozenset[str]:
    """Return the names that a template gives values to."""
    found = {str(node.name) for node in nodes if type(node) is AssignNode}
    for node in nodes:
        blocks = [getattr(node, name, None) for name in ("consequence", "default", "block")]
        blocks += [one.block for one in getattr(node, "alternatives", ())]
        found |= {name for block in blocks if block is not None for name in _assigned(block.nodes)}
    return frozenset(found)


def _as_value(branch: Branch, code: Code) -> Branch | Hole:
    """Return a branch of short plain texts as a value, which may stand where no tag may: inside an attribute."""
    ways = [(test, "".join(map(str, block))) for test, block in branch.ways]
    fixed = all(isinstance(op, str) for _, block in branch.ways for op in block)
    if not fixed or any(len(text) > _LONGEST_VALUE or not _plain_text(text) for _, text in ways):
        return branch
    value = code.constant(ways.pop()[1] if ways[-1][0] is None else "")
    for test, text in reversed(ways):
        value = f"({code.constant(text)} if {test} else {value})"
    return Hole(value)


def _asks_the_loop(expression: Any) -> bool:
    if type(expression) is Path and str(expression.path[0]) == "forloop":
        return True
    return any(_asks_the_loop(child) for child in expression.children())


def _look_for(values: Any, names: Sequence[str]) -> object:
    """Return the value below some names, or None when it is not there; raises Surprise for what the library must look into."""
    for name in names:
        if type(values) is not dict:
            raise Surprise
        if name not in values:
            return None
        values = values[name]
    return values
