"""Baskets from events, for many customers at once: what is new is added; what arrived late makes the history be read again.

The rules of a basket are in `baskets.py`, their rows in `basket_rows.py`. Runs in the caller's transaction, under the lock of `identify`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from types import MappingProxyType
from typing import Any

import msgspec
from django.db import connection

from retention.customers.identifying import BASKET_COUNTS_SQL
from retention.customers.personal_data import Pair, run_for_pairs
from retention.kit.arrays import array_of
from retention.kit.stored_json import read_json
from retention.orders.amounts import Unreadable
from retention.orders.basket_rows import Lines, Stored, Written, as_basket, read_lines_of, read_rows, write
from retention.orders.baskets import EVENTS, Basket, Change, Purchase, fold, read_change
from retention.orders.models import Cart, Order
from retention.tenancy.context import require_store_id

OPEN = Cart.State.OPEN.value
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
CLOCKS_DIFFER = timedelta(days=1)  # at most, between the machine that took an event and this one
# Each person's rows are looked up by themselves, whatever the planner believes. Nothing is told more than a day before it happens, so the
# months to look in follow from when it happened. As an array: of two plain bounds the planner believes that next to nothing lies between
# them, and would read all that a store was told since, once for each person.
_HISTORY = f"""
    SELECT event.* FROM unnest(%(people)s::bigint[], %(moments)s::timestamptz[]) AS since(customer_id, moment) CROSS JOIN LATERAL (
        SELECT event.customer_id, event.id, event.name, event.occurred_at,
            CASE WHEN event.id = ANY(%(at_hand)s::bigint[]) THEN NULL ELSE event.properties END
        FROM customers_customerevent AS event
        WHERE event.store_id = (SELECT %(store)s::bigint) AND event.customer_id = since.customer_id AND event.occurred_at > since.moment
            AND event.received_at > ANY(ARRAY[since.moment - interval '2 days']) AND event.received_at <= %(until)s::timestamptz
            AND event.name = ANY(%(names)s) AND event.refusal = '' AND event.kind = 'track' AND {BASKET_COUNTS_SQL}
        OFFSET 0
    ) AS event
"""  # noqa: S608 - a fragment of ours
_PURCHASES = """
    SELECT placed.* FROM unnest(%(people)s::bigint[], %(moments)s::timestamptz[]) AS since(customer_id, moment) CROSS JOIN LATERAL (
        SELECT customer_id, id, placed_at FROM orders_order
        WHERE store_id = (SELECT %(store)s::bigint) AND customer_id = since.customer_id AND placed_at > since.moment OFFSET 0
    ) AS placed
"""
# Of several open baskets of one person the survivor's stays, else the one touched last; the others join it.
_JOIN_OPEN = """
    , ranked AS (
        SELECT cart.id, row_number() OVER (
            PARTITION BY coalesce(pair.survivor, cart.customer_id) ORDER BY pair.survivor IS NOT NULL, last_activity_at DESC, cart.id
        ) AS place
        FROM orders_cart AS cart LEFT JOIN pair ON pair.loser = cart.customer_id
        WHERE cart.store_id = %s AND cart.state = 'open' AND (pair.loser IS NOT NULL OR cart.customer_id IN (SELECT survivor FROM pair))
    )
    UPDATE orders_cart AS cart SET state = 'merged', closed_at = cart.last_activity_at FROM ranked
    WHERE ranked.id = cart.id AND ranked.place > 1
"""
_FOLLOW = "UPDATE orders_cart AS cart SET customer_id = pair.survivor FROM pair WHERE cart.store_id = %s AND cart.customer_id = pair.loser"


class _Plan(msgspec.Struct):
    """What must be read for one customer: from when on, the basket to start with, and the rows that will be written again."""

    since: datetime
    start: Basket | None = None
    rows: list[Stored] = msgspec.field(default_factory=list)
    lines: dict[int, Lines] = msgspec.field(default_factory=dict)


def update_carts(
    earliest: Mapping[int, datetime],
    *,
    currency: str,
    now: datetime | None = None,
    at_hand: Mapping[int, dict[str, Any]] = MappingProxyType({}),
) -> dict[int, str]:
    """Bring the baskets of customers up to date after new basket events or orders of theirs were stored.

    earliest: the moment of each customer's earliest new one. currency: the store's, for events that name none. now: all of their events
    arrived by then, so later months need not be looked into; without it they are. at_hand: properties of events that were read already.
    Returns why an event cannot be read, by event id; such an event changes nothing.
    """
    if not earliest:
        return {}
    plans = _plans(earliest)
    until = None if now is None else now + CLOCKS_DIFFER
    changes, refusals = _changes(plans, currency=currency, until=until, at_hand=at_hand)
    purchases = _purchases(plans)
    closed_by = _orders_of(row for plan in plans.values() if plan.start is None for row in plan.rows)
    written: list[Written] = []
    for customer_id, plan in plans.items():
        baskets = fold(changes[customer_id], purchases[customer_id], start=plan.start)
        _carry_moments(plan.rows, baskets)
        for row, basket in _match(plan.rows, baskets, closed_by=closed_by):
            written.append(Written(customer_id, row, basket, None if row is None else plan.lines.get(row.pk)))
    write(written)
    return refusals


def move_carts(pairs: Sequence[Pair]) -> None:
    """Give the losers' baskets to the survivors and read the joined history again (the events have moved before)."""
    run_for_pairs(_JOIN_OPEN, pairs)
    run_for_pairs(_FOLLOW, pairs)
    with_carts = (
        Cart.objects.filter(customer_id__in={pair.survivor for pair in pairs}).values_list("customer_id", "store__currency").distinct()
    )
    for currency in {currency for _, currency in with_carts}:
        update_carts({customer_id: BEGINNING for customer_id, _ in with_carts}, currency=currency)


def _plans(earliest: Mapping[int, datetime]) -> dict[int, _Plan]:
    """Decide per customer how far back to read: only what is new when it is newer than all we know, else from the basket it fell into."""
    rows = read_rows(earliest)
    plans: dict[int, _Plan] = {}
    starting: list[Stored] = []
    for customer_id, moment in earliest.items():
        last = rows[customer_id][-1] if customer_id in rows else None
        if last is not None and last.state == OPEN and moment > last.last_activity_at:
            starting.append(last)
            plans[customer_id] = _Plan(since=last.last_activity_at, rows=[last])
            continue
        known = rows.get(customer_id, [])
        since = max((row.closed_at for row in known if row.closed_at is not None and row.closed_at < moment), default=BEGINNING)
        plans[customer_id] = _Plan(since=since, rows=[row for row in known if row.started_at > since])
    lines = read_lines_of(starting)
    for row in starting:
        plan, held = plans[row.customer_id], lines[row.pk]
        plan.start, plan.lines = as_basket(row, held), {row.pk: held}
    return plans


def _changes(
    plans: Mapping[int, _Plan], *, currency: str, until: datetime | None, at_hand: Mapping[int, dict[str, Any]]
) -> tuple[dict[int, list[Change]], dict[int, str]]:
    changes: dict[int, list[Change]] = defaultdict(list)
    refusals: dict[int, str] = {}
    with connection.cursor() as cursor:
        asked = {"names": list(EVENTS), "until": until or "infinity", "at_hand": array_of(list(at_hand))}
        cursor.execute(_HISTORY, {**_since(plans), **asked})
        events = cursor.fetchall()
    for customer_id, event_id, name, occurred_at, text in events:
        properties = at_hand[event_id] if text is None else read_json(text)
        try:
            change = read_change(name, properties, at=occurred_at, event_id=event_id, currency=currency)
        except Unreadable as error:
            refusals[event_id] = str(error)[:200]
            continue
        changes[customer_id].append(change)
    return changes, refusals


def _purchases(plans: Mapping[int, _Plan]) -> dict[int, list[Purchase]]:
    purchases: dict[int, list[Purchase]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_PURCHASES, _since(plans))
        for customer_id, order_id, placed_at in cursor.fetchall():
            purchases[customer_id].append(Purchase(placed_at, order_id))
    return purchases


def _since(plans: Mapping[int, _Plan]) -> dict[str, Any]:
    return {
        "people": array_of(list(plans)),
        "moments": array_of([plan.since for plan in plans.values()]),
        "store": require_store_id(),
    }


def _orders_of(rows: Iterable[Stored]) -> dict[int, set[int]]:
    """Return which orders each stored basket was closed by."""
    found: dict[int, set[int]] = defaultdict(set)
    wanted = [row.pk for row in rows]
    for cart_id, order_id in Order.objects.filter(cart_id__in=wanted).values_list("cart_id", "pk") if wanted else ():
        found[cart_id].add(order_id)
    return found


def _match(
    rows: Sequence[Stored], baskets: Sequence[Basket], *, closed_by: Mapping[int, set[int]]
) -> Iterable[tuple[Stored | None, Basket | None]]:
    """Pair stored baskets with the ones the history makes: what is surest first, so that a row stays the basket it always was.

    A basket without a row is new; a row without a basket joined another, unless it came back, which is final.
    """
    if not rows or (len(rows) == len(baskets) == 1 and rows[0].pk == baskets[0].cart_id):
        yield from zip_longest(rows, baskets)  # nearly all: nobody's first basket, or the one that goes on
        return
    ways: list[Callable[[Stored, Basket], bool]] = [
        lambda row, basket: row.pk == basket.cart_id,
        lambda row, basket: basket.order_id is not None and basket.order_id in closed_by.get(row.pk, ()),
        lambda row, basket: basket.started_at <= row.last_activity_at <= basket.last_activity_at,
        _overlap,
    ]
    left = sorted(rows, key=lambda row: (row.state == Cart.State.OPEN, row.last_activity_at), reverse=True)
    paired: dict[int, Stored] = {}
    for way in ways:
        for place, basket in enumerate(baskets):
            row = next((row for row in left if place not in paired and _may_be(row, basket) and way(row, basket)), None)
            if row is not None:
                paired[place] = row
                left.remove(row)
    yield from ((paired.get(place), basket) for place, basket in enumerate(baskets))
    yield from ((row, None) for row in left if row.state != Cart.State.RECOVERED)


def _may_be(row: Stored, basket: Basket) -> bool:
    return row.state != Cart.State.RECOVERED or basket.order_id is not None


def _overlap(row: Stored, basket: Basket) -> bool:
    return row.started_at <= basket.last_activity_at and basket.started_at <= row.last_activity_at


def _carry_moments(rows: Sequence[Stored], baskets: Sequence[Basket]) -> None:
    """Let baskets keep the moments that were noted while another row stood for them, so that nothing is told twice."""
    for basket in baskets:
        for row in rows:
            if row.idle_at is not None and _overlap(row, basket) and (basket.closed_at is None or row.idle_at <= basket.closed_at):
                basket.idle_at = basket.idle_at or row.idle_at
                basket.abandoned_at = basket.abandoned_at or row.abandoned_at
