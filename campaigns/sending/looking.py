"""How far into what is due a look of one connection goes, where a store has several: one walks over what leaves by the others.

A look ends after so many rows. The next begins where nothing was found for this connection; some time after it came to the end it begins at
the very front again, for what was given back. Kept by each process for itself: whoever knows no place begins at the front.
"""

import math
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from retention.tenancy.context import require_store_id

LOOK_AT = 20
"""A look goes over so many times as many rows as a whole slice has, however few the pace lets through."""
AFRESH_SECONDS = 60.0

Place = tuple[datetime, int]
_END = """
    SELECT due_at, id FROM campaigns_message
    WHERE store_id = %(store)s AND is_ready AND channel = %(channel)s AND due_at <= %(now)s [[after]]
    ORDER BY due_at, id OFFSET %(rows)s LIMIT 1
"""
BETWEEN_SQL = {
    "after": "AND (m.due_at, m.id) >= (%(from_due)s::timestamptz, %(from_id)s::bigint)",
    "before": "AND (m.due_at, m.id) < (%(to_due)s::timestamptz, %(to_id)s::bigint)",
}


@dataclass(frozen=True)
class Look:
    """From a place, or from the front, to another, or to the end of what is due."""

    start: Place | None
    end: Place | None

    @property
    def sql(self) -> str:
        """Return the conditions on a message `m`."""
        return (BETWEEN_SQL["after"] if self.start else "") + " " + (BETWEEN_SQL["before"] if self.end else "")

    def values(self) -> dict[str, Any]:
        """Return the parameters of `sql`."""
        (from_due, from_id), (to_due, to_id) = self.start or (None, None), self.end or (None, None)
        return {"from_due": from_due, "from_id": from_id, "to_due": to_due, "to_id": to_id}


_places: dict[int, tuple[Place, float]] = {}  # where a connection looks on, and until when: without end until it came to the end


def begin(connection_id: int, *, channel: str, now: datetime, limit: int) -> Look:
    """Return where a connection looks now. limit: so many messages are a whole slice."""
    place, until = _places.get(connection_id, (None, 0.0))
    if place is not None and time.monotonic() > until:
        _places.pop(connection_id, None)
        place = None
    after = "AND (due_at, id) >= (%(from_due)s::timestamptz, %(from_id)s::bigint)" if place else ""
    values = Look(place, None).values() | {"store": require_store_id(), "channel": channel, "now": now, "rows": LOOK_AT * limit}
    with connection.cursor() as cursor:
        cursor.execute(_END.replace("[[after]]", after), values)
        row = cursor.fetchone()
    return Look(place, None if row is None else (row[0], row[1]))


def go_on(connection_id: int, look: Look) -> bool:
    """Note that a look found nothing; return whether there is more to look at."""
    _, until = _places.get(connection_id, (None, math.inf))
    if look.end is not None:
        _places[connection_id] = (look.end, until)
    elif look.start is not None and until == math.inf:
        _places[connection_id] = (look.start, time.monotonic() + AFRESH_SECONDS)
    return look.end is not None
