"""A parsed Liquid template as one Python function: what is plain is done in place, everything else is asked of the library.

The function is written by us from the template's tree; nothing a merchant wrote stands in it, for every text, name and value is a constant
it is given. It knows values as they come out of JSON. Whatever it does not know raises (`SURPRISES`), and the caller renders the long way
(`closures.py`), which also says what is wrong. The tree is read in `reading.py`: a template with a tag that is not taken apart there has no
program. Here are the operations it becomes, and the lines they become. How parts are written is the business of an `Emit`: `mail.py` has
one for HTML and one for plain text. Decision 7; performance guide 4.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from sys import getsizeof
from typing import Any, NamedTuple, Protocol

from liquid.context import builtin
from liquid.template import BoundTemplate
from markupsafe import Markup

from campaigns.personalization.fast.closures import Scope
from campaigns.personalization.fast.surprises import Surprise

MOST_LOOPED, MOST_FIXED = 1_000, 1_000_000
"""Times a body may be gone through here, and signs of fixed text that may make; more is for the way that counts as it goes."""
_PLAIN = frozenset({str, int, float, bool, type(None), dict, list, Markup})  # values a name may be given here
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
