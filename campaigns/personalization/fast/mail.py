"""A mail's template as fixed pieces and holes: links found once, line ends and special characters written for the wire once.

Per message only the holes are filled: what comes out are numbers of fixed pieces and the few texts between them, so that a mail of 40 KB
crosses from the render process as two. Equal to rendering, `track` and 7bit encoding in turn; a mail that does not fit (a carriage return,
a line too long, a special character in a style, a spelling of links that `scan` does not see) comes out as text by that very way.
Performance guide 4.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import escape, unescape
from typing import Any, NamedTuple

from liquid.template import BoundTemplate
from markupsafe import escape as escape_value

from campaigns.personalization.fast.closures import compiled_parts
from campaigns.personalization.fast.emitting import HtmlEmit, TextEmit, TextLinks, program_of
from campaigns.personalization.fast.surprises import SURPRISES, Surprise
from campaigns.personalization.tracking import ADDRESS, LONGEST_TARGET, MOST_LINKS, Places, meant_by, scan, unusual, with_links

LONGEST_LINE = 998
MOST_FIXED_LINKS = 150
"""Links of a template that have the same position in every mail; the rest of `MOST_LINKS` is for those that values make."""
_MOST_CHUNKS = 64  # of one fixed text: as many ways to number its links
_MOST_WIDTHS = 8
_mark = re.compile('[<>"]').search
_break = re.compile("[\r\n\0]").search
_special = re.compile("[&<>\"']").search
_plain = re.compile('[^<>"\r\n\0]*').fullmatch
_delimiter = re.compile(r"[\s<>\"]")


class Width(NamedTuple):
    """How long the lines of a piece are: the first, the longest between, the last, which is -1 when there is no line end at all."""

    first: int
    longest: int
    last: int


class Chunk:
    """One fixed text with the numbers of its links: what our address goes between."""

    def __init__(self, number: int, pieces: tuple[str, ...]) -> None:
        self.number, self.pieces = number, pieces
        self.size = sum(map(len, pieces))
        self._widths: dict[int, Width] = {}

    def width(self, room: int) -> Width:
        """Return how long the lines are when the beginning of our addresses takes `room` bytes."""
        found = self._widths.get(room)
        if found is None:
            if len(self._widths) >= _MOST_WIDTHS:
                self._widths.clear()
            found = self._widths[room] = width_of(("x" * room).join(self.pieces))
        return found


def width_of(text: str) -> Width:
    """Return how long the lines of a text are; its line ends are CRLF."""
    lines = text.split("\r\n")
    return Width(len(lines[0]), max(map(len, lines[1:-1]), default=0), len(lines[-1]) if len(lines) > 1 else -1)


class Fixed(str):
    """A fixed text of a template.

    texts: what stands around its links; targets: where they lead; tail: what the next text completes. head, rest: cut behind the first
    tag's end, because what stands before it may complete a tag that began before this text.
    """

    texts: tuple[str, ...]
    targets: tuple[str, ...]
    tail: str
    head: "Fixed"
    rest: "Fixed | None"
    chunks: dict[tuple[int, ...], Chunk]

    @classmethod
    def of(cls, text: str, texts: Sequence[str], targets: Sequence[str], tail: str = "") -> "Fixed":
        """Return a fixed text with what is known of it."""
        made = cls(text)
        made.texts, made.targets, made.tail = tuple(texts), tuple(targets), tail
        made.head, made.rest = made, None
        made.chunks = {}
        return made

    @cached_property
    def opens(self) -> bool:
        """Say whether the tail ends where the address of a link begins."""
        return self.tail.endswith('href="') and len(scan(f'{self.tail}"')[0]) > 1

    @cached_property
    def closes(self) -> bool:
        """Say whether this is the end of a tag and nothing else: with a plain value it completes any tail."""
        return self.startswith('"') and self.find(">") == len(self) - 1 and "<" not in self and "href" not in self


class _DoesNotFit(Surprise):
    """This mail cannot travel in pieces."""


class _Wire:
    """What one mail's HTML has become so far; raises _DoesNotFit. room: how long the beginning of our addresses is."""

    def __init__(self, room: int) -> None:
        self.out: list[int | str] = []
        self.room, self._line = room, 0

    def fixed(self, chunk: Chunk) -> None:
        """Add a fixed text."""
        self.out.append(chunk.number)
        self._advance(chunk.width(self.room))

    def value(self, text: str) -> None:
        """Add what is of this mail alone and holds no line end."""
        self._line += len(text)
        self.out.append(text)

    def text(self, text: str) -> None:
        """Add what is of this mail alone."""
        if _break(text):
            if "\r" in text or "\0" in text:
                raise _DoesNotFit
            text = text.replace("\n", "\r\n")
            self._advance(width_of(text))
        else:
            self._line += len(text)
        self.out.append(text)

    def lines(self, text: str) -> None:
        """Add what is ready for the wire, line ends and all."""
        self._advance(width_of(text))
        self.out.append(text)

    def _advance(self, width: Width) -> None:
        first, longest, last = width
        if self._line + first > LONGEST_LINE or longest > LONGEST_LINE:
            raise _DoesNotFit
        self._line = self._line + first if last < 0 else last

    def end(self) -> list[int | str]:
        """Return everything."""
        if self._line > LONGEST_LINE:
            raise _DoesNotFit
        return self.out


def _for_wire(parts: Sequence[str | Chunk], *, room: int) -> tuple[list[int | str], int]:
    """Return what a program wrote, ready for the wire, and how big it is at most; raises _DoesNotFit for a line that is too long."""
    wire, size = _Wire(room), 0
    for part in parts:
        if isinstance(part, Chunk):
            wire.fixed(part)
            size += part.size + room * len(part.pieces)
        elif part:
            wire.lines(part)
            size += len(part)
    return wire.end(), size


@dataclass(frozen=True)
class Linked:
    """One mail with our links in it. html: pieces by number and texts ready for the wire in turn, or a text when it does not fit.

    targets: of the links that are no fixed ones of the template; their positions begin behind those.
    """

    subject: str
    html: list[int | str] | str
    text: str
    targets: tuple[str, ...]


class Letter:
    """One template of a mail, compiled for one way of making links. new: the fixed pieces nobody has been told of yet.

    fixed: where the links lead that stand in the template as they are. They have the first positions in every mail, whether it holds them
    or not, so that what is fixed around them is the same for everybody.
    """

    def __init__(self, html: BoundTemplate, text: BoundTemplate, *, utm: Mapping[str, str], hosts: frozenset[str], readable: bool) -> None:
        self.utm, self.hosts, self._added = utm, hosts, tuple(utm.items())
        self.plain = not readable
        self.new: list[tuple[str, ...]] = []
        self._chunks = 0
        self._found: dict[str, None] = {}
        self._html = compiled_parts(html, references=readable, split=self._split_html)
        self._text = compiled_parts(text, split=self._split_text)
        self._limit = html.env.output_stream_limit or 0
        self.fixed = tuple(self._found)[:MOST_FIXED_LINKS]
        self._start = {target: position for position, target in enumerate(self.fixed)}
        self._html_program = program_of(html, HtmlEmit(self._added, hosts, self._start, self._numbered_chunk)) if readable else None
        self._text_program = program_of(text, TextEmit(TextLinks(self._added, hosts, self._start)))

    def write(self, values: Mapping[str, Any], *, subject: str, base: str, leave: frozenset[str]) -> Linked:
        """Render one mail. base: what our addresses begin with; leave: addresses that stay as they are."""
        with suppress(*SURPRISES):
            return self.by_programs(values, subject=subject, base=base, leave=leave)
        return self.by_closures(values, subject=subject, base=base, leave=leave)

    def by_closures(self, values: Mapping[str, Any], *, subject: str, base: str, leave: frozenset[str]) -> Linked:
        """Render one mail the way that knows everything, and says what is wrong."""
        html, text = self._html(values), self._text(values)
        places = self._places(base, leave)
        try:
            ready = self._ready_html(html, places, room=len(escape(base)))
        except _DoesNotFit:
            places = self._places(base, leave)
            whole = with_links("".join(html), places.in_html)
            return Linked(subject, whole, places.in_text("".join(text)), self._own(places.positions))
        return Linked(subject, ready, self._linked_text(text, places, base), self._own(places.positions))

    def _places(self, base: str, leave: frozenset[str]) -> Places:
        return Places(lambda position: f"{base}{position}", utm=self.utm, leave=leave, hosts=self.hosts, known=self._start)

    def _own(self, positions: Mapping[str, int]) -> tuple[str, ...]:
        """Return where the links of one mail lead that are no fixed ones."""
        return tuple(positions)[len(self.fixed) :]

    def by_programs(self, values: Mapping[str, Any], *, subject: str, base: str, leave: frozenset[str]) -> Linked:
        """Render one mail by the programs of its template; raises one of SURPRISES for what they do not know."""
        if self._html_program is None or self._text_program is None:
            raise Surprise
        positions, begin = dict(self._start), escape(base)
        html = self._html_program(values, positions, begin, {_as_value(one): escape(one) for one in leave})
        text = "".join(self._text_program(values, positions, base, leave))
        ready, size = _for_wire(html, room=len(begin))
        if max(size, 4 * len(text)) > self._limit:
            raise Surprise
        return Linked(subject, ready, text, self._own(positions))

    def _ready_html(self, parts: Sequence[str], places: Places, *, room: int) -> list[int | str]:
        """Return the HTML for the wire; raises _DoesNotFit when it must go the long way."""
        if self.plain:
            raise _DoesNotFit
        wire, opener = _Wire(room), _END
        waiting: list[str] = []  # begins with the tail of `opener`
        for part in parts:
            fixed = part if type(part) is Fixed else None
            if waiting:
                waiting.append(fixed.head if fixed else part)
                if '"' not in part and ">" not in part:
                    continue
                wire.text(_completed(waiting, opener, places))
                fixed = fixed.rest if fixed else None
                if waiting and fixed:
                    waiting.append(fixed)
                    wire.text(_completed(waiting, _END, places))
                    continue
            elif fixed is None:
                if _plain(part):
                    wire.value(part)
                else:
                    waiting = [part]
                    wire.text(_completed(waiting, _END, places))
                continue
            if fixed:
                wire.fixed(self._chunk(fixed, places))
                if fixed.tail:
                    opener, waiting = fixed, [fixed.tail]
        if waiting:
            raise _DoesNotFit
        return wire.end()

    def _linked_text(self, parts: Sequence[str], places: Places, base: str) -> str:
        """Return the plain text with our addresses in it; between two fixed parts an address may be of several."""
        out: list[str] = []
        between: list[str] = []
        for part in (*parts, _END):
            if type(part) is not Fixed:
                between.append(part)
                continue
            if between:
                text = "".join(between)
                out.append(places.in_text(text) if "://" in text else text)
                between = []
            if part.targets:
                out.append(self._linked_part(part, places, base))
            else:
                out.append(part.texts[0])
        return "".join(out)

    def _linked_part(self, fixed: Fixed, places: Places, base: str) -> str:
        try:
            return base.join(_numbered(fixed, self._numbers(fixed, places)))
        except _DoesNotFit:
            return places.in_text(fixed)

    def _chunk(self, fixed: Fixed, places: Places) -> Chunk:
        numbers = self._numbers(fixed, places) if fixed.targets else ()
        chunk = fixed.chunks.get(numbers)
        if chunk is None:
            if len(fixed.chunks) >= _MOST_CHUNKS:
                raise _DoesNotFit
            chunk = fixed.chunks[numbers] = self._numbered_chunk(_numbered(fixed, numbers))
        return chunk

    def _numbered_chunk(self, pieces: tuple[str, ...]) -> Chunk:
        """Return a fixed text as one more piece for the reader."""
        chunk = Chunk(self._chunks, pieces)
        self._chunks += 1
        self.new.append(pieces)
        return chunk

    def _numbers(self, fixed: Fixed, places: Places) -> tuple[int, ...]:
        """Return the positions of a fixed text's links; raises _DoesNotFit when there would be too many."""
        positions = places.positions
        if len(positions) + len(fixed.targets) > MOST_LINKS and len(positions.keys() | set(fixed.targets)) > MOST_LINKS:
            raise _DoesNotFit
        return tuple([positions.setdefault(target, len(positions)) for target in fixed.targets])

    def _split_html(self, text: str) -> Sequence[str]:
        """Return a fixed text of the HTML, as one part."""
        if unusual(text) or text.endswith("\r") or "\0" in text:
            self.plain = True
        fixed, end = self._fixed_html(text), text.find(">") + 1
        if 0 < end < len(text):
            fixed.head, fixed.rest = self._fixed_html(text[:end]), self._fixed_html(text[end:])
        return [fixed]

    def _fixed_html(self, text: str) -> Fixed:
        pieces, tail = scan(text)
        texts, targets = [pieces[0]], []
        for value, after in zip(pieces[1::2], pieces[2::2], strict=True):
            target = unescape(value).strip()
            meant = meant_by(target, self._added, self.hosts)
            if meant and len(meant) <= LONGEST_TARGET:
                self._found[meant] = None
                targets.append(meant)
                texts.append(after)
            else:
                texts[-1] += (value if meant is None else escape(meant) if meant else "#") + after
        return Fixed.of(text, [_for_the_wire(one) for one in texts], targets, tail)

    def _split_text(self, text: str) -> Sequence[str]:
        """Cut at the first and last sign that ends an address: only what stands outside may be part of one that a value completes."""
        ends = [found.end() for found in _delimiter.finditer(text)]
        if not ends:
            return [text]
        first, last = ends[0] - 1, ends[-1]
        middle, texts, targets, seen = text[first:last], [""], [], 0
        for found in ADDRESS.finditer(middle):
            texts[-1] += middle[seen : found.start()]
            meant = meant_by(found.group(0), self._added, self.hosts)
            if meant and len(meant) <= LONGEST_TARGET:
                self._found[meant] = None
                targets.append(meant)
                texts.append("")
            else:
                texts[-1] += meant or found.group(0)
            seen = found.end()
        texts[-1] += middle[seen:]
        return [part for part in (text[:first], Fixed.of(middle, texts, targets), text[last:]) if part]


def _as_value(address: str) -> str:
    """Return an address as it stands in HTML when a value says it."""
    return str.__str__(escape_value(address)) if _special(address) else address


_END = Fixed.of("", ("",), ())


def _completed(waiting: list[str], opener: Fixed, places: Places) -> str:
    """Return what of a text that began inside a tag is complete, with our links in it; what still is not stays in `waiting`."""
    end = waiting[-1]
    if len(waiting) == 3 and waiting[0] == opener.tail and type(end) is Fixed and end.closes and not _mark(waiting[1]):
        value = places.in_html(waiting[1]) if opener.opens else waiting[1]
        waiting.clear()
        if opener.opens or "href" not in opener.tail:
            return f"{opener.tail}{value}{end}"
        waiting += (opener.tail, value, end)
    pieces, tail = scan("".join(waiting))
    pieces[1::2] = map(places.in_html, pieces[1::2])
    waiting[:] = [tail] if tail else []
    return "".join(pieces)


@lru_cache(maxsize=1024)
def _numbered(fixed: Fixed, numbers: tuple[int, ...]) -> tuple[str, ...]:
    """Return a fixed text's pieces; our address goes between, its position stands at the beginning of the next piece."""
    first, *others = fixed.texts
    return (first, *(f"{number}{text}" for number, text in zip(numbers, others, strict=True)))


def forget_numbers() -> None:
    """Forget the numbered pieces of all templates."""
    _numbered.cache_clear()


def _for_the_wire(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    return plain.replace("\n", "\r\n")
