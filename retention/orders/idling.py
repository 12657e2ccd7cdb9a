"""The moment a basket counts as left alone: noted once per basket, in bulk, as an event that journeys read.

Found through `StoreWork` kind "idle", which the projection rings for the moment the next basket is due.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Min, QuerySet

from retention.customers.events import NewEvent, record_many
from retention.orders.models import Cart, CartSettings
from retention.stores.models import StoreWork
from retention.stores.models.work import Taken
from retention.tenancy.context import require_store_id, store_context

KIND = "idle"
CART_IDLE = "Cart Idle"
BATCH = 1000
TOO_OLD = timedelta(days=1)  # an idle moment that long gone (late or backfilled events) is noted but is no news

_NOTE = """
    WITH picked AS MATERIALIZED (
        SELECT id FROM orders_cart
        WHERE store_id = %(store)s AND state = 'open' AND idle_at IS NULL AND lines_count > 0 AND last_activity_at <= %(until)s
        ORDER BY last_activity_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE orders_cart AS cart SET idle_at = cart.last_activity_at + %(seconds)s * interval '1 second'
    FROM picked WHERE cart.store_id = %(store)s AND cart.id = picked.id AND cart.state = 'open' AND cart.idle_at IS NULL
    RETURNING cart.customer_id, cart.public_id, cart.currency, cart.total_minor, cart.lines_count, cart.stage, cart.idle_at
"""


def note_idle(*, now: datetime, stores: int = 50) -> int:
    """Note every basket left alone by `now` in the stores that are due; return how many. Call it outside a transaction."""
    noted = 0
    for taken in StoreWork.take(KIND, now=now, limit=stores):
        with store_context(taken.store_id):
            noted += note_idle_in_store(now=now)
            _settle(taken)
    return noted


def note_idle_in_store(*, now: datetime) -> int:
    """Note the active store's baskets that are left alone, batch by batch, each basket once; return how many."""
    noted, more = 0, True
    idle_after = CartSettings.idle_after()
    while more:
        count = _note_batch(now=now, idle_after=idle_after)
        noted, more = noted + count, count == BATCH
    return noted


def ring_for_idle(customer_ids: Iterable[int]) -> None:
    """Ring for the moment the first of these customers' open baskets will count as left alone, in the caller's transaction."""
    waiting = _waiting().filter(customer_id__in=list(customer_ids))
    first = waiting.aggregate(first=Min("last_activity_at"))["first"]
    if first is not None:
        StoreWork.ring(KIND, store_id=require_store_id(), due_at=first + CartSettings.idle_after())


def _note_batch(*, now: datetime, idle_after: timedelta) -> int:
    store_id = require_store_id()
    with transaction.atomic():
        with connection.cursor() as cursor:
            values: dict[str, Any] = {"store": store_id, "until": now - idle_after, "limit": BATCH, "seconds": idle_after.total_seconds()}
            cursor.execute(_NOTE, values)
            rows = cursor.fetchall()
        news = [
            NewEvent(
                customer_id,
                CART_IDLE,
                {
                    "cart_id": str(public_id),
                    "currency": currency,
                    "total_minor": total_minor,
                    "lines_count": lines_count,
                    "stage": stage,
                },
                idle_at,
            )
            for customer_id, public_id, currency, total_minor, lines_count, stage, idle_at in rows
            if now - idle_at < TOO_OLD
        ]
        if news:
            record_many(news, now=now)
    return len(rows)


def _settle(taken: Taken) -> None:
    first = _waiting().aggregate(first=Min("last_activity_at"))["first"]
    StoreWork.settle(KIND, taken, next_at=None if first is None else first + CartSettings.idle_after())


def _waiting() -> QuerySet[Cart]:
    """Return the open baskets that are not left alone yet."""
    waiting: QuerySet[Cart] = Cart.objects.open().filter(idle_at=None, lines_count__gt=0)
    return waiting
