"""Opened mails: from loads of the picture to receipts. A load by a machine or a privacy proxy counts as a load and as nothing more."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from campaigns.sending.receipts import origins_of
from retention.customers.events import NewEvent, record_many
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

OPENED = "Email Opened"
_TAKE = f"""
    WITH picked AS MATERIALIZED (
        SELECT id FROM campaigns_opening WHERE store_id = %(store)s AND noted_at IS NULL ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE campaigns_opening AS opening SET noted_at = %(now)s FROM picked
    WHERE opening.store_id = %(store)s AND opening.id = picked.id AND {said_to_be_few("picked.id")}
    RETURNING opening.message_id, opening.customer_id, opening.at, opening.suspected <> ''
"""  # noqa: S608 - the condition above
# The old values are read by a join on the row itself: what was empty before this statement is a first time.
_FIRST = f"""
    UPDATE campaigns_message AS m SET loaded_at = least(m.loaded_at, v.loaded_at), opened_at = least(m.opened_at, v.opened_at)
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS v(id, loaded_at, opened_at)
    JOIN campaigns_message AS before ON before.id = v.id AND before.store_id = %s
    WHERE m.store_id = %s AND m.id = v.id AND {said_to_be_few("v.id")}
    RETURNING m.id, m.customer_id, m.opened_at, before.opened_at IS NULL AND v.opened_at IS NOT NULL
"""  # noqa: S608 - the condition above


def note_openings(*, now: datetime, limit: int = 1000) -> int:
    """Turn loads nobody looked at yet into receipts, in one transaction; a mail is opened once, however often it is looked at."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE, {"store": require_store_id(), "limit": limit, "now": now})
        loads = cursor.fetchall()
        loaded: dict[int, datetime] = {}
        opened: dict[int, datetime] = {}
        for message_id, _customer_id, at, suspected in loads:
            loaded[message_id] = min(at, loaded.get(message_id, at))
            if not suspected:
                opened[message_id] = min(at, opened.get(message_id, at))
        if not loaded:
            return 0
        ids = sorted(loaded)
        moments: list[Any] = [[loaded[pk] for pk in ids], [opened.get(pk) for pk in ids]]
        cursor.execute(_FIRST, [ids, *moments, require_store_id(), require_store_id()])
        first = [(pk, customer_id, at) for pk, customer_id, at, is_first in cursor.fetchall() if is_first]
        origins = origins_of(pk for pk, _customer_id, _at in first)
        happened = [
            NewEvent(customer_id, OPENED, {"message_id": pk, "channel": "email"} | origins.get(pk, {}), occurred_at=at)
            for pk, customer_id, at in first
        ]
        if happened:
            record_many(happened, now=now)
    return len(loads)
