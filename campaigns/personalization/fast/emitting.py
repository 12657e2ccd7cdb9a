"""How a program writes a mail: HTML ready for the wire with our links in it, and plain text.

A template's HTML is looked through once, with a mark where each value will stand. A value never holds `<`, `>` or a double quote when it
gets here, so what is inside a tag or an address is known before any value is; where a value could still change that, there is no program,
or the value is a surprise. What was asked of a value once is kept: the same names and addresses of products stand in every mail.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape, unescape
from operator import itemgetter
from typing import Any

from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate
from markupsafe import escape as escape_value

from campaigns.personalization.fast.closures import referenced
from campaigns.personalization.fast.keeping import Kept
from campaigns.personalization.fast.program import Code, Emit, Hole, Later, joined, write_out
from campaigns.personalization.fast.reading import Reader
from campaigns.personalization.fast.surprises import NoProgram, Surprise
from campaigns.personalization.tracking import ADDRESS, LONGEST_TARGET, MOST_LINKS, Addresses, meant_by, scan, unusual

BIG = 400
"""A fixed text with more signs than these goes to the reader once, and then by its number."""
_AN_ADDRESS = 100  # signs, about
_MARK = "\x01"  # where a value will stand
_special = re.compile("[&<>\"'\r\n\0]").search
_unfit = re.compile('[<>"\r\0]').search
_would_link = re.compile('(?:ref=|ef=|f=|=)"').match  # behind a value that ends in what comes before, this begins an address
_delimiter = re.compile(r"[\s<>\"]")
Added = tuple[tuple[str, str], ...]
Positions = dict[str, int]


class Tidy(Kept):
    """Values as they stand in a mail's HTML: escaped, in ASCII, line ends for the wire. in_tag: inside an attribute."""

    def __init__(self, *, in_tag: bool = False) -> None:
        super().__init__()
        self._in_tag = in_tag

    def __missing__(self, value: str) -> str:
        text = value
        if _special(value):
            if "\r" in value or "\0" in value:
                raise Surprise
            text = str.__str__(escape_value(value)).replace("\n", "\r\n")
        return str(self.keep(value, self._checked(text if text.isascii() else referenced(text))))

    def other(self, value: object) -> str:
        """Return a value that is no text."""
        if type(value) is int:
            return str(value)
        text = str.__str__(to_liquid_string(value, autoescape=True))
        if _unfit(text):
            raise Surprise
        return self._checked(referenced(text.replace("\n", "\r\n")))

    def _checked(self, text: str) -> str:
        if self._in_tag and "href" in text.lower():
            raise Surprise  # with the quote behind it that would look like a link
        return text


class Stays(str):
    """What stands in a link and is none of ours."""


class Targets(Kept):
    """Where links lead, by what stands in the HTML."""

    def __init__(self, added: Added, hosts: frozenset[str]) -> None:
        super().__init__()
        self._added, self._hosts = added, hosts

    def __missing__(self, text: str) -> str:
        if "\n" in text:
            raise Surprise
        meant = meant_by(unescape(text).strip(), self._added, self._hosts)
        if meant and len(meant) > LONGEST_TARGET:
            if not meant.isascii():
                raise Surprise
            return Stays(escape(meant))
        found: str = self.keep(text, meant or Stays(text if meant is None else "#"))
        return found

    def link(self, text: str, positions: Positions, at: Addresses, leave: Mapping[str, str]) -> str:
        """Return what stands in a link instead of `text`. leave: addresses that stay, by how they stand in the HTML."""
        if text in leave:
            return leave[text]
        target = self[text]
        if target in positions:
            return at[positions[target]]
        return target if type(target) is Stays else address_for(target, positions, at)


def address_for(target: str, positions: Positions, at: Addresses) -> str:
    """Return our address for a target, which gets the next position where it has none yet."""
    found = positions.get(target)
    if found is None:
        if len(positions) >= MOST_LINKS:
            raise Surprise
        found = positions[target] = len(positions)
    return at[found]


def numbers_of(targets: Sequence[str], start: Positions) -> tuple[int, ...]:
    """Return the positions of a fixed text's links. start: those of every mail; raises NoProgram for a link that has none there."""
    if not start.keys() >= set(targets):
        raise NoProgram
    return tuple([start[target] for target in targets])


def _written(code: Code, texts: Sequence[str], numbers: Sequence[int]) -> str:
    """Return the code of a fixed text with our addresses between its pieces."""
    if not numbers:
        return code.constant(texts[0])
    form = "%s".join([text.replace("%", "%%") for text in texts])
    return f"({code.constant(form)} % {code.constant(itemgetter(*numbers))}(at))"


class _Growing:
    """A fixed text in the making."""

    def __init__(self) -> None:
        self.texts, self.targets = [""], list[str]()

    def add(self, text: str) -> None:
        self.texts[-1] += text

    def link(self, target: str) -> None:
        self.targets.append(target)
        self.texts.append("")

    @property
    def size(self) -> int:
        return sum(map(len, self.texts))


class HtmlEmit:
    """Writes HTML: special characters become references, as they do in the values.

    start: the positions of fixed links. number: gives a fixed text and its positions a number for the reader.
    """

    def __init__(
        self, added: Added, hosts: frozenset[str], start: Positions, number: Callable[[tuple[str, ...], tuple[int, ...]], Any]
    ) -> None:
        self._start, self._number = start, number
        self._added, self._hosts = added, hosts
        self._outside, self._in_tag, self._targets = Tidy(), Tidy(in_tag=True), Targets(added, hosts)

    def line_up(self, code: Code, sequence: Sequence[str | Hole]) -> None:
        """Write the lines of code for what stands between two tags; raises NoProgram."""
        holes = [part for part in sequence if isinstance(part, Hole)]
        text = "".join([_MARK if isinstance(part, Hole) else referenced(part) for part in sequence])
        if text.count(_MARK) != len(holes) or "\0" in text or "\r" in text.replace("\r\n", "") or unusual(text):
            raise NoProgram
        pieces, tail = scan(text)
        if tail:
            raise NoProgram
        left, at, growing = iter(holes), 0, _Growing()
        for place, piece in enumerate(pieces):
            if place % 2 and _MARK in piece:
                self._flush(code, growing)
                growing = _Growing()
                self._link(code, piece, left)
            elif place % 2:
                self._fixed_link(piece, growing)
            else:
                growing = self._around(code, text, at, piece, left, growing)
            at += len(piece)
        self._flush(code, growing)

    def _around(self, code: Code, text: str, at: int, piece: str, left: Any, growing: _Growing) -> _Growing:
        """Write a text between two links with the values in it. at: where in the whole text it begins."""
        first, *others = piece.split(_MARK)
        growing.add(_for_the_wire(first))
        at += len(first)
        for other in others:
            self._flush(code, growing)
            growing = _Growing()
            code.put(_value(code, next(left), self._tidy(text, at)))
            growing.add(_for_the_wire(other))
            at += 1 + len(other)
        return growing

    def _tidy(self, text: str, at: int) -> Tidy:
        """Return how the value at a mark is written: outside of tags, or in an attribute between double quotes."""
        opened = text.rfind("<", 0, at)
        if opened <= text.rfind(">", 0, at):
            return self._outside
        if text.count('"', opened, at) % 2 == 0 or _would_link(text, at + 1):
            raise NoProgram
        return self._in_tag

    def _link(self, code: Code, piece: str, left: Any) -> None:
        first, *others = piece.split(_MARK)
        parts = [code.constant(first)] if first else []
        for other in others:
            parts.append(_value(code, next(left), self._outside))
            parts += [code.constant(other)] if other else []
        if "\n" in piece:
            raise NoProgram
        code.put(f"{code.constant(self._targets.link)}({' + '.join(parts)}, p, at, leave)")

    def _fixed_link(self, piece: str, growing: _Growing) -> None:
        meant = meant_by(unescape(piece).strip(), self._added, self._hosts)
        if meant and len(meant) <= LONGEST_TARGET:
            growing.link(meant)
        else:
            growing.add(_for_the_wire(piece if meant is None else escape(meant) if meant else "#"))

    def _flush(self, code: Code, growing: _Growing) -> None:
        numbers = numbers_of(growing.targets, self._start)
        if growing.size > BIG:
            code.line('r.append("".join(out)); out.clear()')
            code.line(f"r.append({code.constant(self._number(tuple(growing.texts), numbers))})")
        elif growing.size or numbers:
            code.put(_written(code, growing.texts, numbers))

    def end(self, code: Code) -> None:
        """Write the lines for the end of the whole."""
        code.line('r.append("".join(out))')


class TextEmit:
    """Writes plain text. links, number: as for `HtmlEmit`; none for a text without, such as a subject."""

    def __init__(self, links: "TextLinks | None" = None, number: Callable[[tuple[str, ...], tuple[int, ...]], Any] | None = None) -> None:
        self._links, self._number = links, number

    def line_up(self, code: Code, sequence: Sequence[str | Hole]) -> None:
        """Write the lines of code for what stands between two tags."""
        alone = False  # whether nothing from before is waiting for the end of an address
        for part in sequence:
            if isinstance(part, Hole):
                code.put(_value(code, part, None))
            elif self._links is None:
                code.put(code.constant(part))
            else:
                alone = self._fixed(code, part, self._links, alone=alone)

    def _fixed(self, code: Code, text: str, links: "TextLinks", *, alone: bool) -> bool:
        """Cut at the first and last sign that ends an address: only what stands outside may be part of one that a value completes."""
        ends = [found.end() for found in _delimiter.finditer(text)]
        if not ends:
            code.put(code.constant(text))
            return alone
        first, last = ends[0] - 1, ends[-1]
        if first:
            code.put(code.constant(text[:first]))
        texts, numbers = links.pieces(text[first:last])
        self._end(code, links, alone=alone)
        if self._number is not None and sum(map(len, texts)) + _AN_ADDRESS * len(numbers) > BIG:
            code.line(f'r.append("".join(o)); o.clear(); r.append({code.constant(self._number(tuple(texts), numbers))})')
        else:
            code.line(f"o.append({_written(code, texts, numbers)})")
        if text[last:]:
            code.put(code.constant(text[last:]))
        return True

    def end(self, code: Code) -> None:
        """Write the lines for the end of the whole."""
        if self._links is None:
            code.line('r.append("".join(out))')
        else:
            self._end(code, self._links, alone=False)
            code.line('r.append("".join(o))')

    def _end(self, code: Code, links: "TextLinks", *, alone: bool) -> None:
        """Write the line that ends what may hold an address. alone: it is all in what the code was just told to write out."""
        parts = code.taken() if alone else []
        fixed = "".join([str(code.constants[part]) for part in parts]) if code.constants.keys() >= set(parts) else None
        if alone and fixed is not None and "://" not in fixed:
            if fixed:
                code.line(f"o.append({code.constant(fixed)})")
            return
        end = f'{code.constant(links.end)}(o, x, p, at, leave) if "://" in x else o.append(x)'
        code.line(f"x = {joined(parts)}; {end}" if alone else f'x = "".join(out); out.clear(); {end}')


class TextLinks:
    """The links of a plain text: of its fixed parts, and of what stands between two of these. start: the positions of fixed links."""

    def __init__(self, added: Added, hosts: frozenset[str], start: Positions) -> None:
        self._added, self._hosts, self._start = added, hosts, start
        self._known = Kept()

    def pieces(self, text: str) -> tuple[list[str], tuple[int, ...]]:
        """Return a fixed part's texts and the positions of the links between them. Raises NoProgram."""
        growing, seen = _Growing(), 0
        for found in ADDRESS.finditer(text):
            growing.add(text[seen : found.start()])
            meant = meant_by(found.group(), self._added, self._hosts)
            if meant and len(meant) <= LONGEST_TARGET:
                growing.link(meant)
            else:
                growing.add(meant or found.group())
            seen = found.end()
        growing.add(text[seen:])
        return growing.texts, numbers_of(growing.targets, self._start)

    def end(self, out: list[str], text: str, positions: Positions, at: Addresses, leave: frozenset[str]) -> None:
        """Add what stands between two fixed parts and holds an address, with our addresses in it."""
        if text in leave:
            out.append(text)
            return
        known = self._known.get(text)
        if known is None:
            known = self._known.keep(text, [self._alone(part, leave) for part in _around_addresses(text) if part])
            if not leave.isdisjoint(part for part, _ in known):
                self._known.pop(text, None)
        for part, meant in known:
            if not meant or part in leave:
                out.append(part)
            elif len(meant) > LONGEST_TARGET or (meant not in positions and len(positions) >= MOST_LINKS):
                out.append(meant)
            else:
                out.append(address_for(meant, positions, at))

    def _alone(self, part: str, leave: frozenset[str]) -> tuple[str, str | None]:
        is_address = part not in leave and ADDRESS.match(part)
        return part, meant_by(part, self._added, self._hosts) if is_address else None


def _around_addresses(text: str) -> list[str]:
    """Return a text in parts; each address is one of its own."""
    parts, seen = list[str](), 0
    for found in ADDRESS.finditer(text):
        parts += (text[seen : found.start()], found.group())
        seen = found.end()
    return [*parts, text[seen:]]


def _value(code: Code, hole: Hole, tidy: Tidy | None) -> str:
    """Return the code of a value as it is written. tidy: none for plain text."""
    other = code.constant(_plainly if tidy is None else tidy.other)
    written = "v" if tidy is None else f"{code.constant(tidy)}[v]"
    return f"({written} if (v := {hole.code}).__class__ is str else {other}(v))"


def _plainly(value: object) -> str:
    return str.__str__(to_liquid_string(value, autoescape=False))


def _for_the_wire(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def program_of(template: BoundTemplate, emit: Emit) -> Callable[..., list[Any]] | None:
    """Return what renders a template: (values, positions, addresses, leave) -> parts; None when it has none. It raises `SURPRISES`."""
    code = Code()
    try:
        reader = Reader(template, code)
        code.line(f"r, o, out = [], [], []; w = out.append{'; L = c.locals' if code.asks else ''}")
        write_out(reader.ops, code, emit)
        emit.end(code)
        code.line("return r")
        run = code.function("g, p, at, leave, c=None")
    except (NoProgram, RecursionError, SyntaxError, MemoryError):  # the last two: nested deeper than Python reads
        return None
    if not code.asks:
        return run
    return lambda values, positions, at, leave: run(values, positions, at, leave, Later(template, values))
