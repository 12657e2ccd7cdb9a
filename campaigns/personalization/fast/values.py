"""Values of a template, found without the library where they are plain: names through dicts, filters on such names."""

from collections.abc import Callable, Mapping
from typing import Any

from liquid.builtin.expressions.arguments import PositionalArgument
from liquid.builtin.expressions.filtered import Filter
from liquid.builtin.expressions.path import Path
from liquid.builtin.expressions.primitive import FloatLiteral, IntegerLiteral, StringLiteral
from liquid.context import RenderContext
from liquid.exceptions import FilterArgumentError, LiquidTypeError

MISSING = object()
"""Not found in plain dicts: the library must look."""

Get = Callable[[RenderContext], object]


def getter(path: object) -> Get | None:
    """Return what reads a name through plain dicts, or the mark for missing where the library must look; None for other expressions."""
    if type(path) is not Path or not all(type(segment) is str for segment in path.path):
        return None
    root, *rest = (str(segment) for segment in path.path)
    if len(rest) == 1:
        return _of_two(root, rest[0])

    def get(context: RenderContext) -> object:
        value = context.scope.find(root)  # type: ignore[attr-defined]
        for name in rest:
            if type(value) is not dict or name not in value:
                return MISSING
            value = value[name]
        return value

    return get


def _of_two(root: str, name: str) -> Get:
    """Return what reads a name of two parts, as nearly all are, without a call inside."""

    def get(context: RenderContext) -> object:
        for names in context.scope._maps:
            if root in names:
                value = names[root]
                return value[name] if type(value) is dict and name in value else MISSING
        return MISSING

    return get


def filtering(one: Filter, filters: Mapping[str, Callable[..., Any]]) -> Callable[[object, RenderContext], object]:
    """Return what applies a filter: called at once where all it is given is plain, else by the library, which also says what is wrong."""
    evaluate = one.evaluate
    function = filters.get(one.name)
    gets = [_given(argument) for argument in one.args]
    if function is None or getattr(function, "with_context", False) or getattr(function, "with_environment", False) or None in gets:
        return evaluate

    def apply(value: object, context: RenderContext) -> object:
        given = [get(context) for get in gets if get]
        if MISSING in given:
            return evaluate(value, context)
        try:
            return function(value, *given)
        except (TypeError, LiquidTypeError, FilterArgumentError):
            return evaluate(value, context)

    return apply


def _given(argument: object) -> Get | None:
    if type(argument) is not PositionalArgument:
        return None
    value = argument.value
    if type(value) in {StringLiteral, IntegerLiteral, FloatLiteral}:
        fixed = value.value  # type: ignore[attr-defined]
        return lambda _context: fixed
    return getter(value)
