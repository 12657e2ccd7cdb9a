"""Conditions of a template as Python: a name by itself, compared with blank, a text or a number, joined by and, or and not.

Each says what the library says of values as they come out of JSON; of any other value it says nothing and raises Surprise.
"""

from collections.abc import Callable
from typing import Any

from liquid.builtin.expressions.logical import (
    BooleanExpression,
    EqExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LogicalAndExpression,
    LogicalNotExpression,
    LogicalOrExpression,
    LtExpression,
    NeExpression,
)
from liquid.builtin.expressions.path import Path
from liquid.builtin.expressions.primitive import Blank, Empty, IntegerLiteral, StringLiteral

from campaigns.personalization.fast.surprises import Surprise

_COMPARED = {GtExpression: ">", LtExpression: "<", GeExpression: ">=", LeExpression: "<="}
_JOINED = {LogicalAndExpression: "and", LogicalOrExpression: "or"}
_NEVER_BLANK = frozenset({int, float, bool, type(None)})


class Conditions:
    """Writes conditions as code. constant: gives a value a name; found: returns the code of a name or a literal, None for others."""

    def __init__(self, constant: Callable[[object], str], found: Callable[..., str | None]) -> None:
        self._constant, self._found = constant, found

    def code_of(self, expression: Any) -> str | None:
        """Return the code of a condition; None for one that only the library knows."""
        kind = type(expression)
        if kind is BooleanExpression:
            return self.code_of(expression.expression)
        if kind is Path:
            found = self._found(expression, may_miss=True)
            return None if found is None else f"((t := {found}) is not None and t is not False)"
        if kind is LogicalNotExpression:
            found = self.code_of(expression.right)
            return None if found is None else f"(not {found})"
        if kind in _JOINED:
            sides = self.code_of(expression.left), self.code_of(expression.right)
            return None if None in sides else f"({sides[0]} {_JOINED[kind]} {sides[1]})"
        if kind is EqExpression or kind is NeExpression:
            found = self._equal(expression.left, expression.right)
            return found if found is None or kind is EqExpression else f"(not {found})"
        return self._compared(expression, _COMPARED[kind]) if kind in _COMPARED else None

    def _equal(self, left: Any, right: Any) -> str | None:
        found = self._found(left, may_miss=True) if type(left) is Path else None
        if found is None:
            return None
        if type(right) is Blank or type(right) is Empty:
            return f"{self._constant(_is_blank if type(right) is Blank else _is_empty)}({found})"
        literal = self._found(right) if type(right) in (StringLiteral, IntegerLiteral) else None
        return None if literal is None else f"{self._constant(_is_same)}({found}, {literal})"

    def _compared(self, expression: Any, sign: str) -> str | None:
        sides = [self._found(side) if type(side) in (Path, IntegerLiteral) else None for side in (expression.left, expression.right)]
        if None in sides:
            return None
        number = self._constant(_number)
        return f"({number}({sides[0]}) {sign} {number}({sides[1]}))"


def _is_blank(value: Any) -> bool:
    return _is_empty(value) or (type(value) is str and value.isspace())


def _is_empty(value: Any) -> bool:
    if type(value) in (str, list, dict):
        return not value
    if type(value) in _NEVER_BLANK:
        return False
    raise Surprise


def _is_same(value: Any, literal: Any) -> bool:
    if type(value) in (str, int, float):
        return bool(value == literal)
    if value is None or type(value) in (bool, list, dict):
        return False
    raise Surprise


def _number(value: Any) -> int:
    if type(value) is int:
        return value
    raise Surprise
