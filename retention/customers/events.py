"""Writing the spine: our own events about a customer, and the news for everyone who reads it.

Storefront events come in through the intake room. A new reader of the spine is a line in `READERS`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from retention.customers.changes import LIVING, of_own_event
from retention.customers.counting import COUNT_LIVED_SQL, count_events, counted
from retention.customers.models import CustomerEvent
from retention.kit.arrays import array_of, texts_of
from retention.kit.random_ids import random_ids
from retention.kit.stored_json import read_json
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

READERS: tuple[str, ...] = ("journeys", "segments")
PICKY: tuple[str, ...] = ("segments",)  # readers that look only at what changed, and are told
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
        "Email Complained",
        "Email Delivered",
        "Email Link Clicked",
        "Email Opened",
        "On-site Clicked",
        "On-site Closed",
        "On-site Shown",
        "Preferences Changed",
        "Product Back In Stock",
        "Product Price Dropped",
        "Product Running Low",
        "Push Clicked",
        "Push Delivered",
        "Push Failed",
        "SMS Delivered",
        "SMS Failed",
        "SMS Link Clicked",
        "SMS Received",
        "Segment Entered",
        "Segment Left",
        "Shop Left",
        "Signed Up",
        "Survey Answered",
        "Unsubscribed",
    }
)
_PENDING = """
    INSERT INTO customers_pending (store_id, customer_id, reader, about)
    SELECT %s, customer_id, reader, CASE WHEN reader = ANY(%s) THEN about::jsonb ELSE '[]' END
    FROM unnest(%s::bigint[], %s::text[], %s::boolean[]) AS told(customer_id, about, is_living) CROSS JOIN unnest(%s::text[]) AS reader
    WHERE is_living OR reader = ANY(%s)
    ORDER BY reader DESC, customer_id
    ON CONFLICT (store_id, reader, customer_id) DO UPDATE SET about = CASE
        WHEN jsonb_array_length(customers_pending.about) <= 60 THEN customers_pending.about || excluded.about
        WHEN (customers_pending.about || excluded.about) ? '~' THEN '["*", "~"]' ELSE '["*"]' END
    WHERE NOT customers_pending.about @> excluded.about
"""  # not "do nothing": this locks the row, unchanged or not, so a reader cannot delete it before the event it speaks of is committed.
# Segments come first: their worker holds its own news while it writes some for the journeys.
_TAKE = f"""
    WITH picked AS MATERIALIZED (
        SELECT waiting.id FROM customers_pending AS waiting
        JOIN customers_customer AS customer ON customer.store_id = waiting.store_id AND customer.id = waiting.customer_id
        WHERE waiting.store_id = %(store)s AND waiting.reader = %(reader)s
        ORDER BY waiting.id LIMIT %(limit)s FOR UPDATE OF waiting SKIP LOCKED FOR KEY SHARE OF customer SKIP LOCKED
    )
    DELETE FROM customers_pending AS news USING picked
    WHERE news.store_id = %(store)s AND news.id = picked.id AND {said_to_be_few("picked.id")}
    RETURNING news.customer_id, news.about
"""  # noqa: S608 - the condition above
_BACKFILL = """
    INSERT INTO customers_customerevent
        (store_id, public_id, customer_id, kind, name, anonymous_id, external_id, properties, context, occurred_at, received_at, trusted,
         backfill, source, projected_at, refusal)
    SELECT %(store)s, public_id, customer_id, %(kind)s, name, '', '', properties, '{{}}', occurred_at, %(now)s, true,
        true, %(source)s, %(now)s, ''
    FROM {told}
"""
_ROWS = """
    jsonb_to_recordset(%(rows)s::jsonb) AS event(public_id uuid, customer_id bigint, name text, properties jsonb, occurred_at timestamptz)
"""
_BACKFILL_ROWS = _BACKFILL.format(told=_ROWS)
_TOLD = f"WITH lived AS ({_BACKFILL} RETURNING customer_id, name, occurred_at) {COUNT_LIVED_SQL}"


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
    about: dict[int, set[str]] = {}
    for event in events:
        about.setdefault(event.customer_id, set()).update(of_own_event(event.name))
    tell_readers(about, now=now)
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
            told: dict[str, Any] = {
                "store": require_store_id(),
                "kind": kind,
                "now": now,
                "source": source,
                "rows": msgspec.json.encode(rows).decode(),
            }
            cursor.execute(_BACKFILL_ROWS, told)
    count_events(((one.customer_id, one.name, moment) for one, moment in zip(events, moments, strict=True)), now=now)


def record_backfill_of(told: str, parameters: Mapping[str, Any], *, names: Collection[str], source: str, kind: str, now: datetime) -> None:
    """Do the same for the events a SELECT tells of, in one statement.

    told: its text, with columns public_id, customer_id, name, properties (jsonb) and occurred_at; parameters: its values by name. names: of
    all its events.
    """
    own: dict[str, Any] = {"store": require_store_id(), "kind": kind, "now": now, "source": source, **counted(names, now=now)}
    with connection.cursor() as cursor:
        cursor.execute(_TOLD.format(told=f"({told}) AS event"), {**parameters, **own})


def tell_readers(changed: Mapping[int, Collection[str]], *, now: datetime, living: Collection[int] | None = None) -> None:
    """Leave readers a row per customer and ring for them, in the caller's transaction; a row that is there is added to.

    changed: what changed of each customer, in the words of `changes.py`. living: for whom something happened now (None: for all); what is
    told about the past is for PICKY readers alone. A reader's name is its kind in `StoreWork`.
    """
    if not changed:
        return
    store_id, alive = require_store_id(), set(changed if living is None else living)
    people, written = sorted(changed), dict[frozenset[str], str]()  # of most people the same changed
    texts = [_written({*changed[one], LIVING} if one in alive else changed[one], known=written) for one in people]
    rows = [array_of(people), texts_of(texts), array_of([one in alive for one in people])]
    with connection.cursor() as cursor:
        cursor.execute(_PENDING, [store_id, list(PICKY), *rows, list(READERS), list(PICKY)])
    for reader in READERS if alive else PICKY:
        StoreWork.ring(reader, store_id=store_id, due_at=now)


def _written(about: Collection[str], *, known: dict[frozenset[str], str]) -> str:
    """Return names of what changed as JSON; known: those written before."""
    names = frozenset(about)
    if names not in known:
        known[names] = msgspec.json.encode(sorted(names)).decode()
    return known[names]


def take_pending(reader: str, *, limit: int) -> dict[int, frozenset[str]]:
    """Take the news of up to so many customers of the active store for a reader, in the transaction that does the work.

    Return what changed of each, in the words of `changes.py`; nothing for a reader that is not PICKY. Read what happened afterwards, in the
    same transaction: then nothing is lost, and what is undone is news again. Customers somebody else writes at this moment are left for the
    next look: who holds their news and waits for them would wait for one who waits for the news.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"store": require_store_id(), "reader": reader, "limit": limit})
        return {customer_id: frozenset(read_json(about)) for customer_id, about in cursor.fetchall()}
