"""The moments a basket counts as left alone, as abandoned and as given up: noted once per basket, in bulk, as events journeys read.

Found through `StoreWork` kind "idle", which the projection rings for the moment the next basket is due.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from retention.customers.changes import CART
from retention.customers.events import NewEvent, record_many, tell_readers
from retention.kit.arrays import array_of
from retention.orders.announcing import announce_abandoned
from retention.orders.baskets import GIVEN_UP_AFTER
from retention.orders.models import CartSettings
from retention.stores.models import StoreWork
from retention.stores.models.work import Taken
from retention.tenancy.context import require_store_id, store_context
from retention.tenancy.statistics import said_to_be_few

KIND = "idle"
CART_IDLE = "Cart Idle"
CART_ABANDONED = "Cart Abandoned"
BATCH = 1000
TOO_OLD = timedelta(days=1)  # an idle moment that long gone (late or backfilled events) is noted but is no news

# {column}: the moment that is noted; {before}: what must have been noted before. Both are ours, from the two stages below.
_NOTE = """
    WITH picked AS MATERIALIZED (
        SELECT id FROM orders_cart
        WHERE store_id = (SELECT %(store)s::bigint) AND state = 'open' AND {column} IS NULL AND {before} AND lines_count > 0
          AND last_activity_at <= %(until)s
        ORDER BY last_activity_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE orders_cart AS cart SET {column} = cart.last_activity_at + %(seconds)s * interval '1 second'
    FROM picked WHERE cart.store_id = (SELECT %(store)s::bigint) AND cart.id = picked.id AND cart.state = 'open' AND cart.{column} IS NULL
    RETURNING cart.customer_id, cart.public_id, cart.currency, cart.total_minor, cart.lines_count, cart.stage, cart.{column}
"""
_GIVE_UP = """
    WITH picked AS MATERIALIZED (
        SELECT id FROM orders_cart WHERE store_id = (SELECT %(store)s::bigint) AND state = 'open' AND last_activity_at < %(until)s
        ORDER BY last_activity_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE orders_cart AS cart SET state = 'expired', closed_at = cart.last_activity_at + %(seconds)s * interval '1 second'
    FROM picked WHERE cart.store_id = (SELECT %(store)s::bigint) AND cart.id = picked.id AND cart.state = 'open'
    RETURNING cart.customer_id
"""
_HUSH = f"""
    UPDATE orders_cart AS cart SET idle_at = cart.last_activity_at, abandoned_at = cart.last_activity_at
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS past(customer_id, moment)
    WHERE cart.store_id = (SELECT %s::bigint) AND cart.customer_id = past.customer_id AND {said_to_be_few("past.customer_id")}
      AND cart.state = 'open' AND cart.idle_at IS NULL
      AND cart.last_activity_at <= past.moment
"""  # noqa: S608 - the condition above
# The oldest basket of each stage: found by its index among all of a store, in one look at those of a few customers.
_FIRST = """
    SELECT (SELECT min(last_activity_at) FROM orders_cart
            WHERE store_id = store.id AND state = 'open' AND idle_at IS NULL AND lines_count > 0),
        (SELECT min(last_activity_at) FROM orders_cart
            WHERE store_id = store.id AND state = 'open' AND idle_at IS NOT NULL AND abandoned_at IS NULL AND lines_count > 0),
        (SELECT min(last_activity_at) FROM orders_cart WHERE store_id = store.id AND state = 'open')
    FROM (SELECT %s::bigint AS id) AS store
"""
_FIRST_OF = f"""
    SELECT min(last_activity_at) FILTER (WHERE lines_count > 0 AND idle_at IS NULL),
        min(last_activity_at) FILTER (WHERE lines_count > 0 AND idle_at IS NOT NULL AND abandoned_at IS NULL),
        min(last_activity_at)
    FROM unnest(%s::bigint[]) AS wanted(customer)
    JOIN orders_cart ON customer_id = customer AND {said_to_be_few("customer")} AND store_id = (SELECT %s::bigint) AND state = 'open'
"""  # noqa: S608 - the condition above


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
    first = _next_moment(_FIRST_OF, array_of(list(customer_ids)))
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
        tell_readers({row[0]: [CART] for row in rows}, now=now, living=())
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
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_GIVE_UP, _values(now=now, after=GIVEN_UP_AFTER))
        given_up = [customer_id for (customer_id,) in cursor.fetchall()]
        tell_readers({customer_id: [CART] for customer_id in given_up}, now=now, living=())
    return len(given_up)


def _values(*, now: datetime, after: timedelta) -> dict[str, Any]:
    return {"store": require_store_id(), "until": now - after, "limit": BATCH, "seconds": after.total_seconds()}


def _settle(taken: Taken) -> None:
    StoreWork.settle(KIND, taken, next_at=_next_moment(_FIRST))


def _next_moment(statement: str, *values: Any) -> datetime | None:
    """Return the earliest moment at which one of the open baskets has to be looked at again. statement: gives the oldest of each stage."""
    idle_after, abandoned_after = CartSettings.delays()
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, require_store_id()])
        firsts = cursor.fetchone()
    waits = (idle_after, abandoned_after, GIVEN_UP_AFTER + timedelta(seconds=1))
    return min((first + after for first, after in zip(firsts, waits, strict=True) if first is not None), default=None)
