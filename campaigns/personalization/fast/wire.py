"""A mail's HTML on its way to its reader: numbers of fixed texts, what stands between them, and no line too long for the wire."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from campaigns.personalization.fast.surprises import Surprise
from campaigns.personalization.tracking import MOST_LINKS, PROOF_SIGNS, addresses_to

LONGEST_LINE = 998
_MOST_AFTER_BASE = 4 + PROOF_SIGNS  # signs of an address behind what all of a mail's begin with
_MOST_WIDTHS = 8
_break = re.compile("[\r\n\0]").search


class Width(NamedTuple):
    """How long the lines of a piece are: the first, the longest between, the last, which is -1 when there is no line end at all.

    most: how long all of it is at most.
    """

    first: int
    longest: int
    last: int
    most: int


class Chunk:
    """One fixed text: what stands around its links, and their positions. number: what its reader knows it by."""

    def __init__(self, number: int, texts: tuple[str, ...], positions: tuple[int, ...]) -> None:
        self.number, self.texts, self.positions = number, texts, positions
        self.size = sum(map(len, texts))
        self._widths: dict[int, Width] = {}

    def most(self, room: int) -> int:
        """Return how long it is at most when the beginning of our addresses takes `room` signs."""
        return self.size + (room + _MOST_AFTER_BASE) * len(self.positions)

    def width(self, room: int) -> Width:
        """Return how long the lines are when the beginning of our addresses takes `room` bytes."""
        found = self._widths.get(room)
        if found is None:
            if len(self._widths) >= _MOST_WIDTHS:
                self._widths.clear()
            links = addresses_to(max(self.positions, default=-1) + 1, base="x" * room, proofs="x" * PROOF_SIGNS * MOST_LINKS)
            width = width_of(filled(self.texts, [links[place].decode() for place in self.positions]))
            found = self._widths[room] = width._replace(most=self.most(room))
        return found


def filled(texts: Sequence[str], links: Sequence[str]) -> str:
    """Return the texts with the links between them."""
    parts = [""] * (len(texts) + len(links))
    parts[::2], parts[1::2] = texts, links
    return "".join(parts)


def width_of(text: str) -> Width:
    """Return how long the lines of a text are; its line ends are CRLF."""
    lines = text.split("\r\n")
    return Width(len(lines[0]), max(map(len, lines[1:-1]), default=0), len(lines[-1]) if len(lines) > 1 else -1, len(text))


class DoesNotFit(Surprise):
    """This mail cannot travel in pieces."""


class Wire:
    """What one mail's HTML has become so far; raises DoesNotFit. room: how long the beginning of our addresses is."""

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
        if not text.isascii():  # an address that stays as it is says its references as the characters they mean
            raise DoesNotFit
        if _break(text):
            if "\r" in text or "\0" in text:
                raise DoesNotFit
            text = text.replace("\n", "\r\n")
            self._advance(width_of(text))
        else:
            self._line += len(text)
        self.out.append(text)

    def _advance(self, width: Width) -> None:
        first, longest, last, _ = width
        if self._line + first > LONGEST_LINE or longest > LONGEST_LINE:
            raise DoesNotFit
        self._line = self._line + first if last < 0 else last

    def end(self) -> list[int | str]:
        """Return everything."""
        if self._line > LONGEST_LINE:
            raise DoesNotFit
        return self.out


def for_wire(parts: Sequence[str | Chunk], *, room: int) -> tuple[list[int | str], int]:
    """Return what a program wrote, ready for the wire, and how big it is at most; raises DoesNotFit for a line that is too long."""
    out, size, line = list[int | str](), 0, 0
    for part in parts:
        if isinstance(part, str):
            signs = len(part)
            if not signs:
                continue
            size += signs
            if line + signs <= LONGEST_LINE:  # too short for a line that is too long
                end = part.rfind("\r\n")
                line = line + signs if end < 0 else signs - end - 2
                out.append(part)
                continue
            first, longest, last, _ = width_of(part)
            out.append(part)
        else:
            first, longest, last, most = part.width(room)
            out.append(part.number)
            size += most
        if line + first > LONGEST_LINE or longest > LONGEST_LINE:
            raise DoesNotFit
        line = line + first if last < 0 else last
    if line > LONGEST_LINE:
        raise DoesNotFit
    return out, size


def in_pieces(parts: Sequence[str | Chunk], *, room: int) -> tuple[list[int | str] | str, int]:
    """Return the plain text a program wrote as its reader puts it together, and how long it is at most; in one where nothing is fixed."""
    if len(parts) == 1 and isinstance(parts[0], str):
        return parts[0], len(parts[0])
    found, size = list[int | str](), 0
    for part in parts:
        if isinstance(part, Chunk):
            found.append(part.number)
            size += part.most(room)
        elif part:
            found.append(part)
            size += len(part)
    return found, size
