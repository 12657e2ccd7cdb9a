"""Storing events from inside the product: shops' webhooks, forms and imports, in their own transaction and their store's context.

The door for storefronts, which answers thousands of requests, is `door.py` with `writing.py`; both share the statement.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import connection

from retention.intake.reading import Row
from retention.intake.writing import WRITE
from retention.tenancy.context import require_store_id


def store_events(rows: Sequence[Row], *, now: datetime) -> None:
    """Store events of the active store whose key is new, and ring for the projection, in the caller's transaction.

    rows: `key` from `reading.key_of(message_id)`, so that telling twice changes nothing. Raises ValueError for another store's row.
    """
    if not rows:
        return
    store_id = require_store_id()
    if any(row.store_id != store_id for row in rows):
        raise ValueError("An event belongs to another store than the active one.")
    with connection.cursor() as cursor:
        cursor.execute(WRITE, {"rows": msgspec.json.encode(rows).decode(), "due_at": now, "stores": [store_id]})
