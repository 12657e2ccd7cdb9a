"""Writing the spine: our own events about a customer, and the news for everyone who reads it.

Storefront events come in through the intake room. A new reader of the spine is a line in `READERS`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from retention.customers.counting import count_events
from retention.customers.models import CustomerEvent
from retention.kit.random_ids import random_ids
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id

READERS: tuple[str, ...] = ("journeys", "segments")
RUNG: tuple[str, ...] = ("journeys",)  # readers with somebody at work; the others find their rows when they begin
# What only the product itself says. A shop or a visitor that sends one of these names starts and ends nothing.
OWN_NAMES = frozenset(
    {
        "Cart Abandoned",
        "Cart Idle",
        "Customer Imported",
        "Customer Saved",
        "Customers Merged",
        "Data Requested",
        "Email Bounced",
        "Email Delivered",
        "Email Link Clicked",
        "Preferences Changed",
        "Signed Up",
        "Unsubscribed",
    }
)
_PENDING = """
    INSERT INTO customers_pending (store_id, customer_id, reader)
    SELECT %s, customer_id, reader FROM unnest(%s::bigint[]) AS customer_id CROSS JOIN unnest(%s::text[]) AS reader
    ORDER BY reader, customer_id
    ON CONFLICT (store_id, reader, customer_id) DO UPDATE SET reader = excluded.reader WHERE false
"""  # not "do nothing": this locks the row, unchanged, so a reader cannot delete it before the event it speaks of is committed
_BACKFILL = """
    INSERT INTO customers_customerevent
        (store_id, public_id, customer_id, kind, name, anonymous_id, external_id, properties, context, occurred_at, received_at, trusted,
         backfill, source, projected_at, refusal)
    SELECT %s, public_id, customer_id, %s, name, '', '', properties, '{}', occurred_at, %s, true, true, %s, %s, ''
    FROM jsonb_to_recordset(%s::jsonb) AS event(public_id uuid, customer_id bigint, name text, properties jsonb, occurred_at timestamptz)
"""


@dataclass(frozen=True)
class NewEvent:
    """One thing of our own that happened to a customer."""

    customer_id: int
    name: str
    properties: dict[str, Any] = field(default_factory=dict)
    occurred_at: datetime | None = None


def record(customer_id: int, *, name: str, now: datetime, properties: dict[str, Any] | None = None) -> CustomerEvent:
    """Write one event of our own and the news of it, in the caller's transaction."""
    return record_many([NewEvent(customer_id, name, properties or {})], now=now)[0]


def record_many(events: Sequence[NewEvent], *, now: datetime) -> list[CustomerEvent]:
    """Write events of our own, count them and leave the news, in a few statements and in the caller's transaction."""
    rows = CustomerEvent.objects.bulk_create(
        [
            CustomerEvent(
                customer_id=event.customer_id,
                kind="own",
                name=event.name,
                properties=event.properties,
                occurred_at=event.occurred_at or now,
                received_at=now,
                projected_at=now,
                trusted=True,
                source="own",
            )
            for event in events
        ]
    )
    count_events(((event.customer_id, event.name, event.occurred_at or now) for event in events), now=now)
    tell_readers((event.customer_id for event in events), now=now)
    return rows


def record_backfill(events: Sequence[NewEvent], *, source: str, now: datetime, kind: str = "own") -> None:
    """Write events that tell of the past, in the caller's transaction: on the timeline and counted, but news for nobody."""
    moments = [one.occurred_at or now for one in events]
    rows = [
        {"public_id": name, "customer_id": one.customer_id, "name": one.name, "properties": one.properties, "occurred_at": moment}
        for one, moment, name in zip(events, moments, random_ids(len(events)), strict=True)
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_BACKFILL, [require_store_id(), kind, now, source, now, msgspec.json.encode(rows).decode()])
    count_events(((one.customer_id, one.name, moment) for one, moment in zip(events, moments, strict=True)), now=now)


def tell_readers(customer_ids: Iterable[int], *, now: datetime) -> None:
    """Leave each reader a row per customer and ring for those at work, in the caller's transaction; a row that is there says the same.

    A reader's name is its kind in `StoreWork`.
    """
    wanted = sorted(set(customer_ids))
    if not wanted:
        return
    store_id = require_store_id()
    with connection.cursor() as cursor:
        cursor.execute(_PENDING, [store_id, wanted, list(READERS)])
    for reader in RUNG:
        StoreWork.ring(reader, store_id=store_id, due_at=now)
