"""A mail's template as fixed pieces and holes: links found once, line ends and special characters written for the wire once.

Per message only the holes are filled: what comes out are numbers of fixed pieces and the few texts between them, so that a mail of 40 KB
crosses from the render process as two. Equal to rendering, `track` and 7bit encoding in turn; a mail that does not fit (a carriage return,
a line too long, a special character in a style, a spelling of links that `scan` does not see) comes out as text by that very way.
Performance guide 4.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape, unescape
from typing import Any

from liquid.template import BoundTemplate
from markupsafe import escape as escape_value

from campaigns.personalization.fast.closures import compiled_parts
from campaigns.personalization.fast.emitting import HtmlEmit, TextEmit, TextLinks, program_of
from campaigns.personalization.fast.surprises import SURPRISES, Surprise
from campaigns.personalization.fast.wire import Chunk, DoesNotFit, Wire, filled, for_wire, in_pieces
from campaigns.personalization.tracking import (
    ADDRESS,
    LONGEST_TARGET,
    MOST_LINKS,
    Addresses,
    Places,
    address_of,
    meant_by,
    scan,
    unusual,
    with_links,
)

MOST_FIXED_LINKS = 150
"""Links of a template that have the same position in every mail; the rest of `MOST_LINKS` is for those that values make."""
_MOST_CHUNKS = 64  # of one fixed text: as many ways to number its links
_mark = re.compile('[<>"]').search
_special = re.compile("[&<>\"']").search
_plain = re.compile('[^<>"\r\n\0]*').fullmatch
_delimiter = re.compile(r"[\s<>\"]")


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


@dataclass(slots=True)  # not frozen: there is one for every mail
class Linked:
    """One mail with our links in it. html: pieces by number and texts ready for the wire in turn, or a text when it does not fit.

    text: likewise, or a text where no piece is fixed.

    targets: of the links that are no fixed ones of the template; their positions begin behind those.
    """

    subject: str
    html: list[int | str] | str
    text: list[int | str] | str
    targets: tuple[str, ...]


class Letter:
    """One template of a mail, compiled for one way of making links. new: the fixed texts nobody has been told of yet, with their links.

    fixed: where the links lead that stand in the template as they are. They have the first positions in every mail, whether it holds them
    or not, so that what is fixed around them is the same for everybody.
    """

    def __init__(self, html: BoundTemplate, text: BoundTemplate, *, utm: Mapping[str, str], hosts: frozenset[str], readable: bool) -> None:
        self.utm, self.hosts, self._added = utm, hosts, tuple(utm.items())
        self.plain = not readable
        self.new: list[tuple[tuple[str, ...], tuple[int, ...]]] = []
        self._chunks = 0
        self._found: dict[str, None] = {}
        self._html = compiled_parts(html, references=readable, split=self._split_html)
        self._text = compiled_parts(text, split=self._split_text)
        self._limit = html.env.output_stream_limit or 0
        self.fixed = tuple(self._found)[:MOST_FIXED_LINKS]
        self._start = {target: position for position, target in enumerate(self.fixed)}
        self._html_program = program_of(html, HtmlEmit(self._added, hosts, self._start, self._numbered_chunk)) if readable else None
        self._text_program = program_of(text, TextEmit(TextLinks(self._added, hosts, self._start), self._numbered_chunk))

    def write(self, values: Mapping[str, Any], *, subject: str, base: str, proofs: str, leave: frozenset[str]) -> Linked:
        """Render one mail. base, proofs: what makes our addresses, see `address_of`; leave: addresses that stay as they are."""
        try:
            return self.by_programs(values, subject=subject, base=base, proofs=proofs, leave=leave)
        except SURPRISES:
            pass  # and let go of what was made so far
        return self.by_closures(values, subject=subject, base=base, proofs=proofs, leave=leave)

    def by_closures(self, values: Mapping[str, Any], *, subject: str, base: str, proofs: str, leave: frozenset[str]) -> Linked:
        """Render one mail the way that knows everything, and says what is wrong."""
        html, text = self._html(values), self._text(values)
        places = self._places(base, proofs, leave)
        try:
            ready = self._ready_html(html, places, room=len(escape(base)))
        except DoesNotFit:
            places = self._places(base, proofs, leave)
            whole = with_links("".join(html), places.in_html)
            return Linked(subject, whole, places.in_text("".join(text)), self._own(places.positions))
        return Linked(subject, ready, self._linked_text(text, places), self._own(places.positions))

    def _places(self, base: str, proofs: str, leave: frozenset[str]) -> Places:
        return Places(lambda position: address_of(base, position, proofs), utm=self.utm, leave=leave, hosts=self.hosts, known=self._start)

    def _own(self, positions: Mapping[str, int]) -> tuple[str, ...]:
        """Return where the links of one mail lead that are no fixed ones."""
        return tuple(positions)[len(self.fixed) :]

    def by_programs(self, values: Mapping[str, Any], *, subject: str, base: str, proofs: str, leave: frozenset[str]) -> Linked:
        """Render one mail by the programs of its template; raises one of SURPRISES for what they do not know."""
        if self._html_program is None or self._text_program is None:
            raise Surprise
        positions, begin, at = dict(self._start), base, Addresses(base, proofs)
        if _special("".join((base, *leave))):
            begin, stays = escape(base), {_as_value(one): escape(one) for one in leave}
        else:
            stays = dict(zip(leave, leave, strict=True))
        in_html = at if begin == base else Addresses(begin, proofs)
        html = self._html_program(values, positions, in_html, stays)
        text, signs = in_pieces(self._text_program(values, positions, at, leave), room=len(base))
        ready, size = for_wire(html, room=len(begin))
        if max(size, 4 * signs) > self._limit:
            raise Surprise
        return Linked(subject, ready, text, self._own(positions))

    def _ready_html(self, parts: Sequence[str], places: Places, *, room: int) -> list[int | str]:
        """Return the HTML for the wire; raises DoesNotFit when it must go the long way."""
        if self.plain:
            raise DoesNotFit
        wire, opener = Wire(room), _END
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
            raise DoesNotFit
        return wire.end()

    def _linked_text(self, parts: Sequence[str], places: Places) -> str:
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
                out.append(self._linked_part(part, places))
            else:
                out.append(part.texts[0])
        return "".join(out)

    def _linked_part(self, fixed: Fixed, places: Places) -> str:
        try:
            return filled(fixed.texts, [places.make_url(number) for number in self._numbers(fixed, places)])
        except DoesNotFit:
            return places.in_text(fixed)

    def _chunk(self, fixed: Fixed, places: Places) -> Chunk:
        numbers = self._numbers(fixed, places) if fixed.targets else ()
        chunk = fixed.chunks.get(numbers)
        if chunk is None:
            if len(fixed.chunks) >= _MOST_CHUNKS:
                raise DoesNotFit
            chunk = fixed.chunks[numbers] = self._numbered_chunk(fixed.texts, numbers)
        return chunk

    def _numbered_chunk(self, texts: tuple[str, ...], positions: tuple[int, ...]) -> Chunk:
        """Return a fixed text as one more piece for the reader."""
        chunk = Chunk(self._chunks, texts, positions)
        self._chunks += 1
        self.new.append((texts, positions))
        return chunk

    def _numbers(self, fixed: Fixed, places: Places) -> tuple[int, ...]:
        """Return the positions of a fixed text's links; raises DoesNotFit when there would be too many."""
        positions = places.positions
        if len(positions) + len(fixed.targets) > MOST_LINKS and len(positions.keys() | set(fixed.targets)) > MOST_LINKS:
            raise DoesNotFit
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


def _for_the_wire(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    return plain.replace("\n", "\r\n")
