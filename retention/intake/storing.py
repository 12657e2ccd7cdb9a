"""Storing events from inside the product: shops' webhooks, forms and imports, in their own transaction and their store's context.

The door for storefronts, which answers thousands of requests, is `door.py` with `writing.py`.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from retention.intake.committing import once_each
from retention.intake.reading import Row
from retention.intake.statements import ring_statement, store_statement, text_of
from retention.tenancy.context import require_store_id

_WRITE = f"{store_statement('%(rows)s::jsonb')}; {ring_statement('%(due_at)s', '%(stores)s::bigint[]')}"


def store_events(rows: Sequence[Row], *, now: datetime) -> None:
    """Store events of the active store whose key is new, and ring for the projection, in the caller's transaction.

    rows: `key` from `reading.key_of(message_id, by=...)`, so that telling twice changes nothing. Raises ValueError for another store's row.
    """
    if not rows:
        return
    store_id = require_store_id()
    if any(row.store_id != store_id for row in rows):
        raise ValueError("An event belongs to another store than the active one.")
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"rows": text_of(once_each(rows)), "due_at": now, "stores": [store_id]})
