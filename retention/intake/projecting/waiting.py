"""The stored events that wait for their effects, read lightly: a model's instance would cost more than the event's effects do."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import connection

from retention.kit.stored_json import read_json
from retention.tenancy.context import require_store_id

_WAITING = """
    SELECT id, kind, name, anonymous_id, external_id, properties, context -> 'traits', occurred_at, received_at, trusted, backfill, source
    FROM customers_customerevent WHERE store_id = %s AND projected_at IS NULL AND (occurred_at, id) > (%s, %s)
    ORDER BY occurred_at, id LIMIT %s
"""
MOST_LETTERS = 4 << 20  # of JSON in a batch: taken apart it is twenty times as large at worst
PIECE = 250  # events read at first, to know how long they are; then as many as there is room for
_BEFORE_ALL = (datetime(1, 1, 1, tzinfo=UTC), 0)


class Waiting(msgspec.Struct, gc=False):
    """One stored event; the fields are those of `CustomerEvent`. traits: those in its context, the rest of which says nothing here."""

    pk: int
    kind: str
    name: str
    anonymous_id: str
    external_id: str
    properties: dict[str, Any]
    traits: dict[str, Any]
    occurred_at: datetime
    received_at: datetime
    trusted: bool
    backfill: bool
    source: str


def read_waiting(size: int) -> list[Waiting]:
    """Return the active store's oldest events that wait, at most so many and of long ones fewer, as they were lived."""
    events: list[Waiting] = []
    letters, after, piece = 0, _BEFORE_ALL, min(size, PIECE)
    while piece and (rows := _rows(after, piece)):
        for row in rows:
            letters += len(row[5]) + len(row[6] or "")
            if letters > MOST_LETTERS and events:
                return events
            events.append(Waiting(*_parsed(row)))
        after = (events[-1].occurred_at, events[-1].pk)
        short_of = min(size - len(events), (MOST_LETTERS - letters) * len(events) // max(1, letters))
        piece = max(0, short_of) if len(rows) == piece else 0
    return events


def _rows(after: tuple[datetime, int], most: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [require_store_id(), *after, most])
        return cursor.fetchall()


def _parsed(row: Any) -> list[Any]:
    return [*row[:5], read_json(row[5]), _traits(row[6]), *row[7:]]


def _traits(text: str | None) -> dict[str, Any]:
    found = None if text is None else read_json(text)
    return found if isinstance(found, dict) else {}
