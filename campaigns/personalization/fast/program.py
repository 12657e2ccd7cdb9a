"""A parsed Liquid template as one Python function: what is plain is done in place, everything else is asked of the library.

The function is written by us from the template's tree; nothing a merchant wrote stands in it, for every text, name and value is a constant
it is given. It knows values as they come out of JSON. Whatever it does not know raises (`SURPRISES`), and the caller renders the long way
(`closures.py`), which also says what is wrong. A template with a tag that is not taken apart here has no program. How parts are written is
the business of an `Emit`: `mail.py` has one for HTML and one for plain text. Decision 7; performance guide 4.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from sys import getsizeof
from typing import Any, NamedTuple, Protocol

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
from liquid.context import builtin
from liquid.template import BoundTemplate
from markupsafe import Markup

from campaigns.personalization.fast.closures import Scope
from campaigns.personalization.fast.conditions import Conditions
from campaigns.personalization.fast.surprises import NoProgram, Surprise

MOST_LOOPED, MOST_FIXED = 1_000, 1_000_000
"""Times a body may be gone through here, and signs of fixed text that may make; more is for the way that counts as it goes."""
_LITERALS = {StringLiteral, IntegerLiteral, FloatLiteral}
_OWN_WAY = frozenset({"size", "first", "last"})  # the library finds something under these names where a dict has nothing
_MARKS = frozenset("&<>\"'")  # a literal with these is markup to the library, and stays as it is
_PLAIN = frozenset({str, int, float, bool, type(None), dict, list, Markup})  # values a name may be given here
_plain_text = re.compile("[^&<>\"'\r\n\0\1]*").fullmatch
_LONGEST_VALUE = 100
_INDENT = "    "
_TOGETHER = 50  # texts that are put together in one expression


class Hole(NamedTuple):
    """A value of one person. code: a Python expression for it."""

    code: str


class Branch(NamedTuple):
    """Blocks of which the first one is written whose test holds; the last may have none."""

    ways: Sequence[tuple[str | None, "Ops"]]


class Assign(NamedTuple):
    """A name that gets a value. code: a Python expression for it."""

    name: str
    code: str


class Loop(NamedTuple):
    """A block for each of a list. items: a Python expression for the list; item: the variable; number: of the loop in its template.

    around: the number of the loop around it, 0 for none.
    """

    items: str
    item: str
    number: int
    around: int
    name: str
    body: "Ops"
    default: "Ops"


Ops = Sequence[str | Hole | Branch | Loop | Assign]


class Later:
    """The library's own context of one rendering, made only when an expression needs it."""

    def __init__(self, template: BoundTemplate, values: Mapping[str, Any]) -> None:
        self._template, self._values = template, values
        self.spaces: list[dict[str, Any]] = []
        self.locals: dict[str, Any] = {}
        self._made: Any = None

    def enter(self, space: dict[str, Any]) -> None:
        """Begin a loop. space: holds its variable."""
        self.spaces.append(space)
        self._made = None

    def leave(self) -> None:
        """End the innermost loop."""
        self.spaces.pop()
        self._made = None

    def assign(self, name: str, value: Any) -> None:
        """Give a name a value; raises Surprise for one that is not plain, and for too much."""
        if type(value) not in _PLAIN:
            raise Surprise
        self.locals[name] = value
        if sum(map(getsizeof, self.locals.values())) > (self._template.env.local_namespace_limit or 0):
            raise Surprise

    def __call__(self) -> Any:
        """Return the context."""
        if self._made is None:
            context = self._made = self._template.context_class(self._template, globals=self._values)
            context.locals = self.locals
            context.scope = Scope(self.locals, self._values, builtin, context.counters)
            context.scope.push(self._template.make_partial_namespace(False, {}))
            for space in self.spaces:
                context.scope.push(space)
        return self._made


def joined(texts: Sequence[str]) -> str:
    """Return the code that puts texts together. texts: their code, which holds no quote and no brace."""
    return texts[0] if len(texts) == 1 else "".join(['f"', *[f"{{{text}}}" for text in texts], '"'])


class Emit(Protocol):
    """Writes what stands between two tags: fixed texts and holes."""

    def line_up(self, code: "Code", sequence: Sequence[str | Hole]) -> None:
        """Write the lines of code for a sequence; raises NoProgram."""

    def end(self, code: "Code") -> None:
        """Write the lines for the end of the whole."""


class Code:
    """Lines of Python in the making, with the constants they name. asks: whether they need the library's context."""

    def __init__(self) -> None:
        self.asks = False
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {}
        self._depth = 1
        self._waiting: list[str] = []

    def constant(self, value: object) -> str:
        """Return the name of a constant."""
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name

    def put(self, text: str) -> None:
        """Add the code of a text that is written out; what follows one another leaves in one go."""
        self._waiting.append(text)

    def taken(self) -> list[str]:
        """Return the texts that are to be written out next, and let go of them."""
        taken, self._waiting = self._waiting, []
        return taken

    def line(self, text: str) -> None:
        """Add a line, behind what is to be written out."""
        self._write_waiting()
        self.lines.append(f"{_INDENT * self._depth}{text}")

    def _write_waiting(self) -> None:
        waiting = self.taken()
        for start in range(0, len(waiting), _TOGETHER):
            self.lines.append(f"{_INDENT * self._depth}w({joined(waiting[start : start + _TOGETHER])})")

    @contextmanager
    def deeper(self) -> Any:
        """Indent what is added inside."""
        self._depth += 1
        self.line("pass")
        yield
        self._write_waiting()
        self._depth -= 1

    def function(self, parameters: str) -> Callable[..., Any]:
        """Return the function of these lines. parameters: the names of what it is given."""
        source = "\n".join([f"def program({parameters}):", *self.lines])
        names: dict[str, Any] = dict(self.constants)
        exec(compile(source, "<program of a template>", "exec"), names)  # noqa: S102 - written here; a template's words are constants
        made: Callable[..., Any] = names["program"]
        return made


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


def write_out(ops: Ops, code: Code, emit: Emit) -> None:
    """Turn operations into lines of code."""
    sequence: list[str | Hole] = []
    for op in (*ops, None):
        if isinstance(op, str | Hole):
            sequence.append(op)
            continue
        if sequence:
            emit.line_up(code, sequence)
            sequence = []
        if isinstance(op, Branch):
            _write_branch(op, code, emit)
        elif isinstance(op, Loop):
            _write_loop(op, code, emit)
        elif isinstance(op, Assign):
            code.line(f"c.assign({code.constant(op.name)}, {op.code})")


def _write_branch(branch: Branch, code: Code, emit: Emit) -> None:
    for place, (test, block) in enumerate(branch.ways):
        code.line("else:" if test is None else f"{'elif' if place else 'if'} {test}:")
        with code.deeper():
            write_out(block, code, emit)


def _write_loop(loop: Loop, code: Code, emit: Emit) -> None:
    items, space = f"l{loop.number}", f"s{loop.number}"
    code.line(f"{items} = {loop.items}")
    most = min(MOST_LOOPED, MOST_FIXED // (_fixed_size(loop.body) + 1))
    code.line(f"if {items}.__class__ is not list: raise {code.constant(Surprise)}")
    code.line(f"n{loop.number} = len({items}){f' * n{loop.around}' if loop.around else ''}")
    code.line(f"if n{loop.number} > {most}: raise {code.constant(Surprise)}")
    if code.asks:
        code.line(f"{space} = {{}}; c.enter({space})")
    code.line(f"for {loop.item} in {items}:")
    with code.deeper():
        if code.asks:
            code.line(f"{space}[{code.constant(loop.name)}] = {loop.item}")
        write_out(loop.body, code, emit)
    if code.asks:
        code.line("c.leave()")
    if loop.default:
        code.line(f"if not {items}:")
        with code.deeper():
            write_out(loop.default, code, emit)


def _fixed_size(ops: Ops) -> int:
    """Return how many signs of fixed text stand in operations."""
    blocks = [block for op in ops if isinstance(op, Branch) for _, block in op.ways]
    blocks += [block for op in ops if isinstance(op, Loop) for block in (op.body, op.default)]
    return sum(len(op) for op in ops if isinstance(op, str)) + sum(map(_fixed_size, blocks))
