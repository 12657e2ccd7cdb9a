"""A parsed Liquid template as Python closures: the same output, errors and limits, in a fraction of the time.

Text, plain names, conditions and loops are taken apart once; every other node, filter and expression is the library's own and runs as it
is, in the library's own context. So nothing can come out differently that the library did not itself make. Decision 7; performance
guide 4.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions.filtered import FilteredExpression
from liquid.builtin.expressions.logical import BooleanExpression
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.for_tag import ForLoop, ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.context import RenderContext, builtin
from liquid.exceptions import (
    BreakLoop,
    ContinueLoop,
    LiquidError,
    LiquidInterrupt,
    LiquidSyntaxError,
    OutputStreamLimitError,
    StopRender,
)
from liquid.output import LimitedStringIO
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate
from liquid.utils import ReadOnlyChainMap
from markupsafe import escape

from campaigns.personalization.fast.values import MISSING, Get, filtering, getter

_special = re.compile("[&<>\"']").search
_PLAIN = frozenset({str, int, float, dict, list})  # values that a condition takes as true, whatever they hold


class Buffer(LimitedStringIO):
    """What a template has written so far; `size` in bytes. Static text is counted when compiled and checked by `check`."""

    def __init__(self, limit: int, *, references: bool = False) -> None:
        super().__init__(limit)
        self.parts: list[str] = []
        self.references = references

    def write(self, text: str) -> int:
        """Add a text; raises OutputStreamLimitError."""
        if type(text) is not str:
            text = str.__str__(text)  # markup escapes whatever it is added to
        if text.isascii():
            self.parts.append(text)
            self.size += len(text)
        else:
            self.parts.append(referenced(text) if self.references else text)
            self.size += len(text.encode())
        self.check()
        return len(text)

    def check(self) -> None:
        """Raise OutputStreamLimitError when there is too much."""
        if self.size > self.limit:
            raise OutputStreamLimitError("output stream limit reached", token=None)

    def getvalue(self) -> str:
        """Return everything."""
        return "".join(self.parts)


class Scope(ReadOnlyChainMap):
    """The library's chain of names, with one way to ask that raises nothing."""

    def find(self, name: str) -> object:
        """Return the value of a name, or the mark for a missing one."""
        for names in self._maps:
            if name in names:
                return names[name]
        return MISSING


Split = Callable[[str], Sequence[str]]
"""What takes a fixed text of a template apart once; the parts go to the output as they are."""


class How(NamedTuple):
    """How nodes are written. split: of fixed texts; None keeps them whole."""

    autoescape: bool
    filters: Mapping[str, Callable[..., Any]]
    split: Split | None = None


Write = Callable[[RenderContext, Buffer], object]


def referenced(text: str) -> str:
    """Write special characters as references of HTML: a reader shows the same, and a mail in ASCII is handled several times faster."""
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def compiled(template: BoundTemplate, *, references: bool = False) -> Callable[[Mapping[str, Any]], str]:
    """Return what renders a parsed template: values -> text. It raises what the library's `render` would raise.

    references: special characters come out as references of HTML.
    """
    write = compiled_parts(template, references=references)
    return lambda values: "".join(write(values))


def compiled_parts(
    template: BoundTemplate, *, references: bool = False, split: Split | None = None
) -> Callable[[Mapping[str, Any]], list[str]]:
    """Return what renders a parsed template as its parts; joined they are what `compiled` returns. split: takes fixed texts apart."""
    environment = template.env
    limit = environment.output_stream_limit or 0
    how = How(environment.autoescape, environment.filters, split)
    steps = [(_writer(node, how), node.token) for node in template.nodes]

    def run(values: Mapping[str, Any]) -> list[str]:
        context = template.context_class(template, globals=values)
        context.scope = Scope(context.locals, values, builtin, context.counters)
        out = Buffer(limit, references=references)
        context.scope.push(template.make_partial_namespace(False, {}))
        for write, token in steps:
            try:
                write(context, out)
            except LiquidInterrupt as error:
                environment.error(LiquidSyntaxError(f"unexpected '{error}'", token=token))
            except StopRender:
                break
            except LiquidError as error:
                environment.error(error, token=token)
        out.check()
        return out.parts

    return run


def _writer(node: Node, how: How) -> Write:
    if type(node) is ContentNode:
        return _text(node.text, how.split)
    if type(node) is OutputNode:
        return _output(node, how)
    if type(node) in {IfNode, UnlessNode}:
        return _choice(node, how)
    if type(node) is ForNode:
        return _loop(node, how)
    return node.render


def _text(text: str, split: Split | None) -> Write:
    size = len(text.encode())
    ascii_text = text if text.isascii() else referenced(text)
    parts, ascii_parts = (split(text), split(ascii_text)) if split else ((text,), (ascii_text,))

    def write(_context: RenderContext, out: Buffer) -> None:
        out.parts += ascii_parts if out.references else parts
        out.size += size

    return write


def _output(node: OutputNode, how: How) -> Write:
    expression = node.expression
    evaluate = expression.evaluate
    get = getter(expression.left) if type(expression) is FilteredExpression else None
    if get is None:
        return node.render
    filters = tuple(filtering(one, how.filters) for one in expression.filters or ())  # type: ignore[attr-defined]
    autoescape = how.autoescape

    def write(context: RenderContext, out: Buffer) -> None:
        value = get(context)
        if value is MISSING:
            value = evaluate(context)
        else:
            for one in filters:
                value = one(value, context)
        if type(value) is str:
            if value.isascii() and not (autoescape and _special(value)):
                out.parts.append(value)
                out.size += len(value)
                if out.size > out.limit:
                    out.check()
            else:
                out.write(escape(value) if autoescape else value)
        elif type(value) is int:
            out.write(str(value))
        else:
            out.write(to_liquid_string(value, autoescape))

    return write


def _choice(node: Any, how: How) -> Write:
    """Return an `if` or an `unless` with its branches."""
    tests = [_test(node.condition), *[_test(one.expression) for one in node.alternatives]]
    blocks = [_block(node.consequence, how), *[_block(one.block, how) for one in node.alternatives]]
    branches = list(zip(tests, blocks, strict=True))
    wanted = type(node) is IfNode
    (first, consequence), others = branches[0], branches[1:]
    default = _block(node.default, how) if node.default else None

    def write(context: RenderContext, out: Buffer) -> None:
        if bool(first(context)) is wanted:
            consequence(context, out)
            return
        for test, block in others:
            if test(context):
                block(context, out)
                return
        if default is not None:
            default(context, out)

    return write


def _loop(node: ForNode, how: How) -> Write:
    body = _block(node.block, how)
    default = _block(node.default, how) if node.default else None
    name = str(node.expression.identifier)  # a plain text: the library's own kind compares in Python
    label = f"{node.expression.identifier}-{node.expression.iterable}"
    items_of = _items(node.expression, label)

    def write(context: RenderContext, out: Buffer) -> None:
        items, length = items_of(context)
        if not length:
            if default is not None:
                default(context, out)
            return
        forloop = ForLoop(name=label, it=items, length=length, parentloop=context.parentloop())
        namespace: dict[str, object] = {"forloop": forloop, name: None}
        with context.loop(namespace, forloop):
            for forloop._index, namespace[name] in enumerate(items):
                try:
                    body(context, out)
                except ContinueLoop:
                    continue
                except BreakLoop:
                    break
                out.check()

    return write


def _items(expression: Any, label: str) -> Callable[[RenderContext], tuple[Iterator[object], int]]:
    """Return what finds the things a loop goes through and how many they are; a whole plain list is the library's answer, found sooner."""
    evaluate: Callable[[RenderContext], tuple[Iterator[object], int]] = expression.evaluate
    get = getter(expression.iterable)
    if get is None or expression.limit or expression.offset or expression.reversed:
        return evaluate

    def items(context: RenderContext) -> tuple[Iterator[object], int]:
        found = get(context)
        if type(found) is not list:
            return evaluate(context)
        context.stopindex(label, len(found))
        return iter(found), len(found)

    return items


def _block(block: BlockNode, how: How) -> Write:
    if block.blank:
        return block.render
    writers = tuple(_writer(node, how) for node in block.nodes)

    def write(context: RenderContext, out: Buffer) -> None:
        for one in writers:
            one(context, out)

    return write


def _test(condition: Any) -> Get:
    """Return a condition: a plain name is looked up here, everything else is the library's."""
    evaluate: Get = condition.evaluate
    get = getter(condition.expression) if type(condition) is BooleanExpression else None
    if get is None:
        return evaluate

    def test(context: RenderContext) -> object:
        value = get(context)
        if value is None or value is False:
            return False
        return True if type(value) in _PLAIN else evaluate(context)

    return test
