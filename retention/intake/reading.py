"""A storefront's request becomes rows: Segment's wire format read leniently, every value checked before it is queued.

One bad event refuses itself and not its neighbours. What the events mean is read later, in `projecting/`.
Source: Segment HTTP tracking API; ecosystem guide 6 (what four real clients send).
"""

import hashlib
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from retention.intake.bodies import BodyRefused, decode, decode_strictly, read_object, read_plain
from retention.intake.envelopes import NOTHING, Batch, Moment
from retention.kit.logs import breakage

LARGEST_EVENT = 32 * 1024
LARGEST_CONTEXT = 4 * 1024
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MOST_AHEAD = timedelta(days=1)
KINDS = {
    "track": "track", "t": "track", "identify": "identify", "i": "identify", "page": "page", "p": "page",
    "screen": "screen", "s": "screen", "group": "group", "g": "group", "alias": "alias", "a": "alias",
}  # fmt: skip
Properties = dict[str, Any] | msgspec.Raw  # an object, or its JSON text when nothing had to be changed
UNREADABLE = "The event could not be read."


class Event(msgspec.Struct, rename="camel"):
    """One event as clients send it; keys that are not here are ignored."""

    type: str | None = None
    event: str | None = None
    name: str | None = None
    user_id: str | int | None = None
    anonymous_id: str | int | None = None
    previous_id: str | int | None = None
    group_id: str | int | None = None
    message_id: str | None = None
    timestamp: Moment = None
    sent_at: Moment = None
    write_key: str | None = None
    backfill: bool = False
    properties: msgspec.Raw = NOTHING
    traits: msgspec.Raw = NOTHING
    context: msgspec.Raw = NOTHING


log = logging.getLogger("boomerang.intake")
_decode_event = msgspec.json.Decoder(Event).decode
_decode_events = msgspec.json.Decoder(list[Event]).decode
_OBJECT_OR_NOTHING = (dict, type(None))
_OBJECTS = ("properties", "traits", "context")


class _Said(msgspec.Struct):
    """One event that was read: its fields, all of it as a dictionary, and whether its source may be stored as it stands."""

    fields: Event
    value: dict[str, Any]
    as_it_stands: bool

    def part(self, name: str) -> dict[str, Any]:
        """Return one of the objects in it, an empty one where it has none."""
        return self.value.get(name) or {}

    def keep(self, name: str) -> Properties:
        """Return one of the objects as it is stored."""
        return getattr(self.fields, name) if self.as_it_stands and self.value.get(name) else self.part(name)


class Row(msgspec.Struct, kw_only=True):
    """One event ready to be written; the names are those of `statements.py`, which also fills in the public id.

    They stand as PostgreSQL keeps the keys of a JSON object, by their length, so that it need not sort them.
    """

    key: str
    kind: str
    name: str
    source: str = "api"
    context: Properties
    trusted: bool
    backfill: bool = False
    store_id: int
    public_id: str = ""
    properties: Properties
    external_id: str
    occurred_at: datetime
    received_at: datetime
    anonymous_id: str


@dataclass(frozen=True)
class Refused:
    """One event that was not taken: which, and why, with the field where there is one. status: the answer's, when it came alone."""

    index: int
    message: str
    field: str = ""
    message_id: str = ""
    status: int = 400

    def as_answer(self) -> dict[str, Any]:
        """Return it as it stands in the answer."""
        answer: dict[str, Any] = {"index": self.index, "message": self.message}
        return answer | {name: text for name, text in (("field", self.field), ("messageId", self.message_id)) if text}


@dataclass
class Reading:
    """What a request held: rows to store (with their place in the request), refusals, and how many cannot be deduplicated."""

    rows: list[Row] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    without_message_id: int = 0
    lost: int = 0

    def lose(self, place: int) -> None:
        """Note that the database would not take the row at this place."""
        self.lost += 1
        self.refused.append(Refused(self.places[place], "The event could not be stored."))


class Sender(msgspec.Struct, frozen=True):
    """Who sent it, and when it reached us."""

    store_id: int
    trusted: bool
    received_at: datetime


class Single(msgspec.Struct, frozen=True):
    """A request that is one event, as it came. kind: the one its address says."""

    body: bytes
    kind: str
    sender: Sender


class _Request(msgspec.Struct):
    """What the events of a request share. kind: the one the address says, or none."""

    sender: Sender
    kind: str = ""
    sent_at: Moment = None
    context: dict[str, Any] | None = None
    backfill: bool = False


def read_batch(batch: Batch, *, sender: Sender) -> Reading:
    """Return the rows of a batch and what was refused of it."""
    reading = Reading()
    request = _Request(sender, sent_at=batch.sent_at, context=_shared_context(batch), backfill=batch.backfill)
    events = [bytes(raw) for raw in batch.batch]
    together = _read_together(events, raw=b"[" + b",".join(events) + b"]")
    last = len(events) - 1
    for index, raw in enumerate(events):
        # Events that do not say when they happened keep the order they were sent in, a microsecond apart.
        _take(reading, raw, said=together[index] if together else None, index=index, request=request, silent_for=last - index)
    return reading


def read_singles(singles: Sequence[Single]) -> list[Reading]:
    """Return what each of these requests held, its row or its refusal."""
    events = [single.body for single in singles]
    small = all(len(event) <= LARGEST_EVENT for event in events)
    try:
        together = _read_together(events, raw=b",".join(events), apart=True) if small else None
    except Exception as error:  # it belongs to one of them, which refuses itself below
        log.error("events could not be read together", extra=breakage(error))
        together = None
    readings = []
    for place, single in enumerate(singles):
        reading = Reading()
        request = _Request(single.sender, kind=single.kind)
        _take(reading, single.body, said=together[place] if together else None, index=0, request=request, silent_for=0)
        readings.append(reading)
    return readings


def _shared_context(batch: Batch) -> dict[str, Any] | None:
    """Return the context that stands once for all events of a batch; it is copied into each, so it must be small."""
    raw = bytes(batch.context)
    if raw == b"null":
        return None
    if len(raw) > LARGEST_CONTEXT:
        raise BodyRefused(f"The shared context is larger than {LARGEST_CONTEXT // 1024} KB.", field="context")
    return decode_strictly(raw)


def write_key_of(body: bytes) -> str:
    """Return the key inside a body that is one event, or nothing."""
    value = decode(body, kind=_Keyed)
    return str(value.write_key or "")


class _Keyed(msgspec.Struct, rename="camel"):
    write_key: str | None = None


def _take(reading: Reading, raw: bytes, *, said: _Said | None, index: int, request: _Request, silent_for: int) -> None:
    """Read one event; whatever is wrong with it refuses it alone.

    said: what stands in it, where that was read with its neighbours.
    silent_for: how many microseconds before the request's arrival it counts when it says no moment itself.
    """
    message_id = ""
    try:
        if len(raw) > LARGEST_EVENT:
            raise BodyRefused(f"The event is larger than {LARGEST_EVENT // 1024} KB.")
        said = said or _read(raw)
        message_id = (said.fields.message_id or "")[:200]
        row = _row_of(said, request=request, silent_for=silent_for)
    except BodyRefused as error:
        reading.refused.append(Refused(index, str(error), error.field, message_id, error.status))
        return
    except Exception as error:
        log.error("one event could not be read", extra=breakage(error))
        reading.refused.append(Refused(index, UNREADABLE, message_id=message_id))
        return
    reading.without_message_id += not message_id
    reading.rows.append(row)
    reading.places.append(index)


def _read_together(events: Sequence[bytes], *, raw: bytes, apart: bool = False) -> list[_Said] | None:
    """Read many events at once; None where something in one of them wants to be looked at by itself.

    raw: all of them, as one JSON list. apart: they are of several senders, and `raw` holds the same bytes for looking at only.
    """
    values = read_plain(raw, events, apart=apart)
    if values is None or len(values) != len(events):
        return None
    try:
        fields = [_decode_event(event) for event in events] if apart else _decode_events(raw)
    except msgspec.ValidationError:
        return None
    if any(value.get(name).__class__ not in _OBJECT_OR_NOTHING for name in _OBJECTS for value in values):
        return None
    return [_Said(event, value, as_it_stands=True) for event, value in zip(fields, values, strict=True)]


def _read(raw: bytes) -> _Said:
    value, as_it_stands = read_object(raw)
    try:
        fields = _decode_event(raw)
    except msgspec.ValidationError as error:
        text, _at, path = str(error).partition(" - at `$.")
        raise BodyRefused(f"{text}.", field=path.rstrip("`")) from None
    for name in _OBJECTS:
        if value.get(name).__class__ not in _OBJECT_OR_NOTHING:
            raise BodyRefused("Expected an object.", field=name)
    return _Said(fields, value, as_it_stands)


def _kind_of(event: Event) -> str:
    kind = KINDS.get((event.type or "").lower(), "")
    if not kind:
        raise BodyRefused("The type must be track, identify, page, screen, group or alias.", field="type")
    return kind


def _row_of(said: _Said, *, request: _Request, silent_for: int) -> Row:
    event, sender = said.fields, request.sender
    kind = request.kind or _kind_of(event)
    external, anonymous = _name_of(event.user_id, field="userId"), _name_of(event.anonymous_id, field="anonymousId")
    if not (external or anonymous):
        raise BodyRefused("An event needs a userId or an anonymousId.", field="userId")
    sent_at = event.sent_at if request.sent_at is None else request.sent_at
    context = {**request.context, **said.part("context")} if request.context else said.keep("context")
    return Row(
        store_id=sender.store_id,
        key=key_of(event.message_id, by="secret" if sender.trusted else "public"),
        kind=kind,
        name=_title_of(said, kind=kind),
        anonymous_id=anonymous,
        external_id=external,
        properties=_properties_of(said, kind=kind),
        context=context,
        occurred_at=_occurred_at(event.timestamp, sent_at=sent_at, received_at=sender.received_at, silent_for=silent_for),
        received_at=sender.received_at,
        trusted=sender.trusted,
        backfill=request.backfill or event.backfill or _backfill_in(said.part("context"), request.context),
    )


def _backfill_in(*contexts: dict[str, Any] | None) -> bool:
    """Say whether one of the contexts marks the event as told about the past; real clients can set nothing but the context."""
    for context in contexts:
        if context and "backfill" in context:
            if not isinstance(context["backfill"], bool):
                raise BodyRefused("Expected true or false.", field="context.backfill")
            return context["backfill"]
    return False


def _name_of(value: str | int | None, *, field: str) -> str:
    if value is None:
        return ""
    text = str(value).strip()
    if len(text) > 200:
        raise BodyRefused("The id is longer than 200 characters.", field=field)
    return text


def key_of(message_id: str | None, *, by: Literal["public", "secret", "api", "shop"]) -> str:
    """Return what makes the event unique, in hexadecimal; without a messageId a random one, which only our own retries meet again.

    by: who says it. Each has ids of its own, or a visitor's event could take the id of the shop's word and make that look known.
    """
    if not message_id:
        return secrets.token_hex(16)
    return hashlib.blake2b(message_id.encode(), digest_size=16, person=by.encode()).hexdigest()


def _title_of(said: _Said, *, kind: str) -> str:
    event = said.fields
    if kind == "track":
        title = (event.event or "").strip()
        if not title:
            raise BodyRefused("A track event needs the name of what happened.", field="event")
    else:
        named = kind in {"page", "screen"}
        title = (event.name or str(said.part("properties").get("name") or "") if named else "").strip() or kind.capitalize()
    if len(title) > 120:
        raise BodyRefused("The name is longer than 120 characters.", field="event" if kind == "track" else "name")
    return title


def _properties_of(said: _Said, *, kind: str) -> Properties:
    """Return what the event says; RudderStack's clients put traits into the context."""
    if kind == "track":
        return said.keep("properties")
    if kind == "alias":
        return {"previousId": _name_of(said.fields.previous_id, field="previousId")}
    if kind not in {"identify", "group"}:
        return said.keep("properties")
    if said.value.get("traits") is not None:
        return {**said.part("traits"), "groupId": said.fields.group_id} if kind == "group" else said.keep("traits")
    found = said.part("context").get("traits")
    traits = found if isinstance(found, dict) else {}
    return {**traits, "groupId": said.fields.group_id} if kind == "group" else traits


def _occurred_at(stated: Moment, *, sent_at: Moment, received_at: datetime, silent_for: int) -> datetime:
    """Return when it happened by our clock: the sender's clock may be wrong, but wrong by the same amount when it sent."""
    if stated is None:
        return received_at - timedelta(microseconds=silent_for)
    moment = _moment(stated, field="timestamp")
    if sent_at is not None:
        try:
            moment += received_at - _moment(sent_at, field="sentAt")
        except OverflowError:
            raise BodyRefused("The moment lies outside of all calendars.", field="timestamp") from None
    if moment > received_at + MOST_AHEAD:
        raise BodyRefused("The moment lies more than a day ahead.", field="timestamp")
    if moment < EARLIEST:
        raise BodyRefused("The moment lies before the year 2000.", field="timestamp")
    return min(moment, received_at)


def _moment(value: str | int | float, *, field: str) -> datetime:
    """Read ISO 8601 text, or seconds or milliseconds since 1970; a text without a zone means UTC."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value.strip())
            return moment if moment.tzinfo is UTC else (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        return datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
    except (ValueError, OverflowError, OSError):
        raise BodyRefused("Not a moment; write it like 2026-11-20T09:12:00Z.", field=field) from None
