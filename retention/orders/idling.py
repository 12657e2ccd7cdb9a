"""The moments a basket counts as left alone, as abandoned and as given up: noted once per basket, in bulk, as events journeys read.

Found through `StoreWork` kind "idle", which the projection rings for the moment the next basket is due.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Min, QuerySet

from retention.customers.events import NewEvent, record_many
from retention.orders.announcing import announce_abandoned
from retention.orders.baskets import GIVEN_UP_AFTER
from retention.orders.models import Cart, CartSettings
from retention.stores.models import StoreWork
from retention.stores.models.work import Taken
from retention.tenancy.context import require_store_id, store_context

KIND = "idle"
CART_IDLE = "Cart Idle"
CART_ABANDONED = "Cart Abandoned"
BATCH = 1000
TOO_OLD = timedelta(days=1)  # an idle moment that long gone (late or backfilled events) is noted but is no news

# {column}: the moment that is noted; {before}: what must have been noted before. Both are ours, from the two stages below.
_NOTE = """
    WITH picked AS MATERIALIZED (
        SELECT id FROM orders_cart
        WHERE store_id = %(store)s AND state = 'open' AND {column} IS NULL AND {before} AND lines_count > 0
          AND last_activity_at <= %(until)s
        ORDER BY last_activity_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE orders_cart AS cart SET {column} = cart.last_activity_at + %(seconds)s * interval '1 second'
    FROM picked WHERE cart.store_id = %(store)s AND cart.id = picked.id AND cart.state = 'open' AND cart.{column} IS NULL
    RETURNING cart.customer_id, cart.public_id, cart.currency, cart.total_minor, cart.lines_count, cart.stage, cart.{column}
"""
_GIVE_UP = """
    WITH picked AS MATERIALIZED (
        SELECT id FROM orders_cart WHERE store_id = %(store)s AND state = 'open' AND last_activity_at < %(until)s
        ORDER BY last_activity_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE orders_cart AS cart SET state = 'expired', closed_at = cart.last_activity_at + %(seconds)s * interval '1 second'
    FROM picked WHERE cart.store_id = %(store)s AND cart.id = picked.id AND cart.state = 'open'
"""
_HUSH = """
    UPDATE orders_cart AS cart SET idle_at = cart.last_activity_at, abandoned_at = cart.last_activity_at
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS past(customer_id, moment)
    WHERE cart.store_id = %s AND cart.customer_id = past.customer_id AND cart.state = 'open' AND cart.idle_at IS NULL
      AND cart.last_activity_at <= past.moment
"""


@dataclass(frozen=True)
class _Stage:
    """One moment of a basket nobody touches: its column, what was noted before, and the event that says so."""

    column: str
    before: str
    event: str

    def statement(self) -> str:
        """Return the statement that notes it."""
        return _NOTE.format(column=self.column, before=self.before)


_IDLE = _Stage("idle_at", "true", CART_IDLE)
_ABANDONED = _Stage("abandoned_at", "idle_at IS NOT NULL", CART_ABANDONED)


def note_idle(*, now: datetime, stores: int = 50) -> int:
    """Note every basket left alone by `now` in the stores that are due; return how many. Call it outside a transaction."""
    noted = 0
    for taken in StoreWork.take(KIND, now=now, limit=stores):
        with store_context(taken.store_id):
            noted += note_idle_in_store(now=now)
            _settle(taken)
    return noted


def note_idle_in_store(*, now: datetime) -> int:
    """Note the active store's baskets that are left alone or abandoned and close the ones given up; return how many moments were noted."""
    idle_after, abandoned_after = CartSettings.delays()
    noted = _note_all(_IDLE, now=now, after=idle_after) + _note_all(_ABANDONED, now=now, after=abandoned_after)
    while _give_up_batch(now=now) == BATCH:
        continue
    return noted


def ring_for_idle(customer_ids: Iterable[int]) -> None:
    """Ring for the next moment of these customers' open baskets, in the caller's transaction."""
    first = _next_moment(Cart.objects.open().filter(customer_id__in=list(customer_ids)))
    if first is not None:
        StoreWork.ring(KIND, store_id=require_store_id(), due_at=first)


def hush(customers: Mapping[int, datetime]) -> None:
    """Let baskets that only old news made pass without an event. customers: with the last moment that was told about the past."""
    if customers:
        with connection.cursor() as cursor:
            cursor.execute(_HUSH, [list(customers), list(customers.values()), require_store_id()])


def _note_all(stage: _Stage, *, now: datetime, after: timedelta) -> int:
    noted, more = 0, True
    while more:
        count = _note_batch(stage, now=now, after=after)
        noted, more = noted + count, count == BATCH
    return noted


def _note_batch(stage: _Stage, *, now: datetime, after: timedelta) -> int:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(stage.statement(), _values(now=now, after=after))
            rows = cursor.fetchall()
        news = [
            NewEvent(
                customer_id,
                stage.event,
                {
                    "cart_id": str(public_id),
                    "currency": currency,
                    "total_minor": total_minor,
                    "lines_count": lines_count,
                    "stage": reached,
                },
                moment,
            )
            for customer_id, public_id, currency, total_minor, lines_count, reached, moment in rows
            if now - moment < TOO_OLD
        ]
        if news:
            record_many(news, now=now)
            announce_abandoned([one.properties["cart_id"] for one in news if one.name == CART_ABANDONED], now=now)
    return len(rows)


def _give_up_batch(*, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_UP, _values(now=now, after=GIVEN_UP_AFTER))
        return int(cursor.rowcount)


def _values(*, now: datetime, after: timedelta) -> dict[str, Any]:
    return {"store": require_store_id(), "until": now - after, "limit": BATCH, "seconds": after.total_seconds()}


def _settle(taken: Taken) -> None:
    StoreWork.settle(KIND, taken, next_at=_next_moment(Cart.objects.open()))


def _next_moment(carts: QuerySet[Cart]) -> datetime | None:
    """Return the earliest moment at which one of these open baskets has to be looked at again."""
    idle_after, abandoned_after = CartSettings.delays()
    filled = carts.filter(lines_count__gt=0)
    waits = (
        (filled.filter(idle_at=None), idle_after),
        (filled.filter(idle_at__isnull=False, abandoned_at=None), abandoned_after),
        (carts, GIVEN_UP_AFTER + timedelta(seconds=1)),
    )
    firsts = ((rows.aggregate(first=Min("last_activity_at"))["first"], after) for rows, after in waits)
    return min((first + after for first, after in firsts if first is not None), default=None)
