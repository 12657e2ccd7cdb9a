"""What a render process answers, put together with what it told of its templates before: fixed texts come once, then their numbers."""

from collections.abc import Sequence
from html import escape
from typing import Any

import msgspec

from campaigns.personalization.render import CannotRender, Rendered
from campaigns.personalization.tracking import MOST_LINKS, addresses_to

_MORE_LINKS = 8  # how many more than any mail of its template had before a mail may have and need not be made twice
_CRLF = b"\r\n"
_decode = msgspec.msgpack.Decoder().decode


class Told:
    """What we were told of a template: its fixed texts by number, and where its own links lead. dotted: those that may need stuffing.

    chunks: pieces with our addresses between them, and the positions of these; forms: those that plain texts asked for, joined. most: how
    many addresses there are. met: how many links a mail had at most, -1 when none was made yet. names: of a context, that it may ask for;
    None for all of it.
    """

    def __init__(self) -> None:
        self.chunks: list[tuple[tuple[bytes, ...], Sequence[int]]] = []
        self.forms: dict[int, bytes] = {}
        self.dotted: set[int] = set()
        self.fixed: tuple[str, ...] = ()
        self.names: Sequence[str] | None = None
        self.most, self.met = 0, -1

    @property
    def proven(self) -> int:
        """Return for how many positions a mail gets proofs: to make and tell those of all that may be takes longer than to render it."""
        return MOST_LINKS if self.met < 0 else min(MOST_LINKS, self.met + _MORE_LINKS)

    def note(
        self, anew: bool, fixed: Sequence[str], chunks: Sequence[tuple[Sequence[str], Sequence[int]]], names: Sequence[str] | None = None
    ) -> None:
        """Note what is new. anew: it was compiled, for the first time or after it was dropped for want of memory."""
        self.names = names
        if anew:
            self.chunks, self.forms, self.dotted, self.fixed, self.most = [], {}, set(), tuple(fixed), 0
        for texts, positions in chunks:
            pieces = tuple([text.encode() for text in texts])
            if any(map(_wants_stuffing, pieces)):
                self.dotted.add(len(self.chunks))
            self.chunks.append((pieces, positions))
            self.most = max(self.most, max(positions, default=-1) + 1)

    def filled(self, number: int, at: Sequence[bytes]) -> bytes:
        """Return a fixed piece of plain text with the addresses of one mail in it. at: these, by position."""
        texts, positions = self.chunks[number]
        form = self.forms.get(number)
        if form is None:
            form = self.forms[number] = b"%b".join([text.replace(b"%", b"%%") for text in texts])
        return form % tuple([at[place] for place in positions])


def read_answer(content: bytes, told: Told, *, base: str = "", proofs: str = "") -> Rendered | CannotRender | None:
    """Return what an answer says, None when the mail needs more proofs.

    told: of this template; what is new is added. base, proofs: what makes the addresses of the mail's links, where these are made ours.
    """
    answer: Any = _decode(content)
    if type(answer) is int:
        told.met = max(told.met, answer)
        return None
    if type(answer) is dict:
        return CannotRender(**answer) if "reason" in answer else Rendered(answer["subject"], answer["html"], answer["text"])
    subject, html, text, targets, news = answer
    if news is not None:
        told.note(*news)
    told.met = max(told.met, len(told.fixed) + len(targets))
    if type(html) is str:
        return Rendered(subject, html, text, tuple(targets), told.fixed, base=base)
    at = addresses_to(told.most, base=base, proofs=proofs)
    plain = b""
    if type(text) is list:
        plain = b"".join([told.filled(one, at) if type(one) is int else one.encode() for one in text])
        text = ""
    if (begin := escape(base)) != base:
        at = addresses_to(told.most, base=begin, proofs=proofs)
    pieces, own = list[bytes](), list[bytes]()
    for one in html:
        if type(one) is int:
            texts, positions = told.chunks[one]
            pieces += _filled(texts, positions, at) if positions else texts
        else:
            own.append(one.encode())
            pieces.append(own[-1])
    dotless = (not told.dotted or told.dotted.isdisjoint(html)) and not _one_wants_stuffing(own)
    return Rendered(subject, "", text, tuple(targets), told.fixed, tuple(pieces), base, dotless, plain)


def _filled(texts: tuple[bytes, ...], positions: Sequence[int], at: Sequence[bytes]) -> list[bytes]:
    """Return a fixed text's pieces with the addresses of one mail between them. at: these, by position."""
    pieces = [b""] * (len(texts) + len(positions))
    pieces[::2], pieces[1::2] = texts, [at[place] for place in positions]
    return pieces


def _one_wants_stuffing(values: Sequence[bytes]) -> bool:
    """Say so of any of a mail's own values. Hardly one holds a line end, so only then each is looked at more closely."""
    joined = b"\n".join(values)
    if b"\r" in joined or joined.count(b"\n") >= max(len(values), 1):
        return any(map(_wants_stuffing, values))
    return joined.startswith(b".") or b"\n." in joined


def _wants_stuffing(piece: bytes) -> bool:
    """Say whether a piece that is ready for the wire cannot leave as it is: for a dot, or for a CR or LF alone."""
    if piece.startswith(b".") or b"\n." in piece:
        return True
    return not piece.count(b"\r") == piece.count(b"\n") == piece.count(_CRLF)


def may_begin_a_line_with_a_dot(piece: bytes) -> bool:
    """Say whether a piece of a mail has a line that begins with a dot, wherever it stands."""
    return piece.startswith(b".") or b"\n." in piece or b"\r." in piece
