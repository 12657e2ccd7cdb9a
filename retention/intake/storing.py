"""Storing events from inside the product: shops' webhooks, forms and imports, in their own transaction and their store's context.

The door for storefronts, which answers thousands of requests, is `door.py` with `writing.py`.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import connection

from retention.intake.reading import Row
from retention.tenancy.context import require_store_id

# Keys, events whose key was new, and a ring for the store's projection.
_WRITE = """
    WITH incoming AS MATERIALIZED (
        SELECT *, row_number() OVER () AS place FROM jsonb_to_recordset(%(rows)s::jsonb) AS row(
            store_id bigint, key text, kind text, name text, anonymous_id text, external_id text,
            properties jsonb, context jsonb, occurred_at timestamptz, received_at timestamptz, trusted boolean,
            source text, backfill boolean)
    ), fresh AS (
        INSERT INTO customers_eventkey (store_id, key, seen_on)
        SELECT store_id, decode(key, 'hex'), min(received_at)::date FROM incoming GROUP BY store_id, key ORDER BY store_id, key
        ON CONFLICT (store_id, key) DO NOTHING
        RETURNING store_id, encode(key, 'hex') AS key
    ), once AS (
        SELECT DISTINCT ON (store_id, key) incoming.* FROM incoming JOIN fresh USING (store_id, key) ORDER BY store_id, key, place
    )
    INSERT INTO customers_customerevent
        (public_id, store_id, kind, name, anonymous_id, external_id, properties, context, occurred_at, received_at, trusted, refusal,
         source, backfill)
    SELECT gen_random_uuid(), store_id, kind, name, anonymous_id, external_id, properties, context, occurred_at, received_at, trusted, '',
        source, backfill
    FROM once ORDER BY place;
    INSERT INTO stores_storework (store_id, kind, due_at, rung)
    SELECT store_id, 'project', %(due_at)s, 1 FROM unnest(%(stores)s::bigint[]) AS store_id ORDER BY store_id
    ON CONFLICT (store_id, kind) DO UPDATE SET
        due_at = least(stores_storework.due_at, excluded.due_at), rung = stores_storework.rung + 1
"""


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
        cursor.execute(_WRITE, {"rows": msgspec.json.encode(rows).decode(), "due_at": now, "stores": [store_id]})
