"""The envelope of a batch: opened in one go when all is well, else taken apart byte by byte, so that one bad event refuses itself.

The events themselves are not looked at here; that is `reading.py`. What stands twice in an envelope is refused, because readers of JSON
take either the first or the last of it, and the other one's events would be lost without a word.
"""

import re

import msgspec

from retention.intake.bodies import BodyRefused, decode, decode_strictly

MOST_EVENTS = 2500
LARGEST_ENVELOPE = 32 * 1024
Moment = str | int | float | None
NOTHING = msgspec.Raw(b"null")
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]', re.DOTALL)
_QUOTE, _COMMA, _OPENING, _CLOSING = ord('"'), ord(","), b"[{", b"]}"


class Batch(msgspec.Struct, rename="camel"):
    """The envelope of many events; each is looked at by itself."""

    batch: list[msgspec.Raw]
    sent_at: Moment = None
    write_key: str | None = None
    backfill: bool = False
    context: msgspec.Raw = NOTHING


def open_batch(body: bytes) -> Batch:
    """Return the envelope of a batch, or raise BodyRefused."""
    try:
        batch: Batch = decode(body, kind=Batch)
    except BodyRefused:
        taken_apart = _take_apart(body)
        if taken_apart is None:
            raise
        return taken_apart
    if len(batch.batch) > MOST_EVENTS:
        raise _too_many()
    return batch if _is_sound(body, batch.batch) else _take_apart(body) or batch


def _too_many() -> BodyRefused:
    return BodyRefused(f"A batch holds at most {MOST_EVENTS} events.", field="batch")


def _is_sound(body: bytes, events: list[msgspec.Raw]) -> bool:
    """Say whether what is left of a body without these events is a sound envelope; False where that cannot be said for certain.

    Clients write the events of a batch with a comma, or a comma and a blank, between them.
    """
    start = end = len(body)
    if events:
        first, last = bytes(events[0]), bytes(events[-1])
        start, end = body.find(first), body.rfind(last) + len(last)
        between = end - start - sum(memoryview(event).nbytes for event in events)
        if between not in {len(events) - 1, 2 * (len(events) - 1)}:
            return False
    try:
        _check_envelope(body[:start] + body[end:])
    except BodyRefused:
        return False
    return True


def _check_envelope(envelope: bytes) -> None:
    if len(envelope) > LARGEST_ENVELOPE:
        raise BodyRefused(f"What stands around the events is larger than {LARGEST_ENVELOPE // 1024} KB.")
    decode_strictly(envelope)


def _take_apart(body: bytes) -> Batch | None:
    """Return a batch whose events are cut out of the body as they stand, whatever is wrong in them; None where no list of them is found.

    Raises BodyRefused for what is wrong around them.
    """
    cut = _cut(body)
    if cut is None:
        return None
    start, end, events = cut
    envelope = body[:start] + body[end:]
    _check_envelope(envelope)
    batch: Batch = decode(envelope, kind=Batch)
    batch.batch = [msgspec.Raw(event) for event in events]
    return batch


def _cut(body: bytes) -> tuple[int, int, list[bytes]] | None:
    """Find the list of events: where its inside starts and ends, and the parts between its commas. Only brackets and quotes are read."""
    depth, name, start, begun = 0, b"", 0, 0
    events: list[bytes] = []
    for token in _TOKEN.finditer(body):
        place = token.start()
        sign = body[place]
        if sign == _QUOTE:
            if token.end() == place + 1:
                return None  # a text that never ends
            name = token[0] if depth == 1 else name
        elif sign in _OPENING:
            depth += 1
            if depth == 2 and not start and name == b'"batch"' and sign == _OPENING[0]:
                start = begun = token.end()
        elif sign in _CLOSING:
            depth -= 1
            if depth == 1 and start:
                last = body[begun:place].strip()
                return start, place, [*events, last] if events or last else []
        elif start and depth == 2:
            events.append(body[begun:place].strip())
            begun = token.end()
            if len(events) >= MOST_EVENTS:
                raise _too_many()
    return None
