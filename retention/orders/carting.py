"""Baskets from events, for many customers at once: what is new is added; what arrived late makes the history be read again.

The rules of a basket are in `baskets.py`. Runs in the caller's transaction, under the lock of `identify`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import connection

from retention.customers.identifying import BASKET_COUNTS_SQL
from retention.customers.models import CustomerEvent
from retention.customers.personal_data import Pair, run_for_pairs
from retention.orders.amounts import Line, Unreadable
from retention.orders.baskets import EVENTS, Basket, Change, Purchase, fold, read_change
from retention.orders.models import Cart, CartLine, Order
from retention.tenancy.bulk import update_rows
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import know_table

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_HISTORY = f"""
    SELECT event.customer_id, event.id, event.name, event.properties, event.occurred_at
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS since(customer_id, moment)
    JOIN customers_customerevent AS event ON event.customer_id = since.customer_id AND event.occurred_at > since.moment
    WHERE event.store_id = %s AND event.name = ANY(%s) AND event.refusal = '' AND event.kind = 'track' AND {BASKET_COUNTS_SQL}
"""  # noqa: S608 - a fragment of ours
_PURCHASES = """
    SELECT placed.customer_id, placed.id, placed.placed_at
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS since(customer_id, moment)
    JOIN orders_order AS placed ON placed.customer_id = since.customer_id AND placed.placed_at > since.moment
    WHERE placed.store_id = %s
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
_LINK = """
    UPDATE orders_order AS placed SET cart_id = bought.cart_id
    FROM unnest(%s::bigint[], %s::bigint[]) AS bought(cart_id, order_id)
    WHERE placed.store_id = %s AND placed.id = bought.order_id AND placed.cart_id IS DISTINCT FROM bought.cart_id
"""
# A basket that came back stays so, also when attribution says it while a batch is being worked out.
_SET_STATE = """
    UPDATE orders_cart AS cart SET state = told.state FROM unnest(%s::bigint[], %s::text[]) AS told(id, state)
    WHERE cart.store_id = %s AND cart.id = told.id AND cart.state <> told.state AND cart.state <> 'recovered'
"""
_FOLLOW = "UPDATE orders_cart AS cart SET customer_id = pair.survivor FROM pair WHERE cart.store_id = %s AND cart.customer_id = pair.loser"


@dataclass
class _Plan:
    """What must be read for one customer: from when on, the basket to start with, and the rows that will be written again."""

    since: datetime
    start: Basket | None = None
    rows: list[Cart] = field(default_factory=list)


def update_carts(earliest: Mapping[int, datetime], *, currency: str) -> dict[int, str]:
    """Bring the baskets of customers up to date after new basket events or orders of theirs were stored.

    earliest: the moment of each customer's earliest new one. currency: the store's, for events that name none.
    Returns why an event cannot be read, by event id; such an event changes nothing.
    """
    if not earliest:
        return {}
    plans = _plans(earliest)
    changes, refusals = _changes(plans, currency=currency)
    purchases = _purchases(plans)
    closed_by = _orders_of(row for plan in plans.values() if plan.start is None for row in plan.rows)
    written: list[tuple[int, Cart | None, Basket | None]] = []
    for customer_id, plan in plans.items():
        baskets = fold(changes[customer_id], purchases[customer_id], start=plan.start)
        _carry_moments(plan.rows, baskets)
        written += [(customer_id, row, basket) for row, basket in _match(plan.rows, baskets, closed_by=closed_by)]
    _write(written)
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
    rows: dict[int, list[Cart]] = defaultdict(list)
    for cart in Cart.objects.filter(customer_id__in=list(earliest)).exclude(state=Cart.State.MERGED).order_by("started_at", "id"):
        rows[cart.customer_id].append(cart)
    plans: dict[int, _Plan] = {}
    starting: list[Cart] = []
    for customer_id, moment in earliest.items():
        last = rows[customer_id][-1] if rows[customer_id] else None
        if last is not None and last.state == Cart.State.OPEN and moment > last.last_activity_at:
            starting.append(last)
            plans[customer_id] = _Plan(since=last.last_activity_at, rows=[last])
            continue
        since = max(
            (cart.closed_at for cart in rows[customer_id] if cart.closed_at is not None and cart.closed_at < moment), default=BEGINNING
        )
        plans[customer_id] = _Plan(since=since, rows=[cart for cart in rows[customer_id] if cart.started_at > since])
    for cart, basket in _stored_baskets(starting):
        plans[cart.customer_id].start = basket
    return plans


def _stored_baskets(carts: Sequence[Cart]) -> list[tuple[Cart, Basket]]:
    lines: dict[int, dict[tuple[str, str], Line]] = defaultdict(dict)
    for line in CartLine.objects.filter(cart__in=carts).order_by("id"):
        product = (line.product_id, line.variant_id)
        lines[line.cart_id][product] = Line(*product, line.name, line.quantity, line.price_minor, line.url, line.image_url)
    return [
        (
            cart,
            Basket(
                cart.started_at,
                cart.last_activity_at,
                cart.currency,
                stage=cart.stage,
                lines=lines[cart.pk],
                cart_id=cart.pk,
                shop_id=cart.shop_id,
                restore_url=cart.restore_url,
            ),
        )
        for cart in carts
    ]


def _changes(plans: Mapping[int, _Plan], *, currency: str) -> tuple[dict[int, list[Change]], dict[int, str]]:
    changes: dict[int, list[Change]] = defaultdict(list)
    refusals: dict[int, str] = {}
    events = CustomerEvent.objects.raw(_HISTORY, [*_since(plans), require_store_id(), list(EVENTS)])
    for event in events:
        try:
            change = read_change(event.name, event.properties, at=event.occurred_at, event_id=event.pk, currency=currency)
        except Unreadable as error:
            refusals[event.pk] = str(error)[:200]
            continue
        changes[event.customer_id].append(change)
    return changes, refusals


def _purchases(plans: Mapping[int, _Plan]) -> dict[int, list[Purchase]]:
    purchases: dict[int, list[Purchase]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_PURCHASES, [*_since(plans), require_store_id()])
        for customer_id, order_id, placed_at in cursor.fetchall():
            purchases[customer_id].append(Purchase(placed_at, order_id))
    return purchases


def _since(plans: Mapping[int, _Plan]) -> tuple[list[int], list[datetime]]:
    return list(plans), [plan.since for plan in plans.values()]


def _orders_of(rows: Iterable[Cart]) -> dict[int, set[int]]:
    """Return which orders each stored basket was closed by."""
    found: dict[int, set[int]] = defaultdict(set)
    wanted = [row.pk for row in rows]
    for cart_id, order_id in Order.objects.filter(cart_id__in=wanted).values_list("cart_id", "pk") if wanted else ():
        found[cart_id].add(order_id)
    return found


def _match(
    rows: Sequence[Cart], baskets: Sequence[Basket], *, closed_by: Mapping[int, set[int]]
) -> Iterable[tuple[Cart | None, Basket | None]]:
    """Pair stored baskets with the ones the history makes: what is surest first, so that a row stays the basket it always was.

    A basket without a row is new; a row without a basket joined another, unless it came back, which is final.
    """
    ways: list[Callable[[Cart, Basket], bool]] = [
        lambda row, basket: row.pk == basket.cart_id,
        lambda row, basket: basket.order_id is not None and basket.order_id in closed_by.get(row.pk, ()),
        lambda row, basket: basket.started_at <= row.last_activity_at <= basket.last_activity_at,
        _overlap,
    ]
    left = sorted(rows, key=lambda row: (row.state == Cart.State.OPEN, row.last_activity_at), reverse=True)
    paired: dict[int, Cart] = {}
    for way in ways:
        for place, basket in enumerate(baskets):
            row = next((row for row in left if place not in paired and _may_be(row, basket) and way(row, basket)), None)
            if row is not None:
                paired[place] = row
                left.remove(row)
    yield from ((paired.get(place), basket) for place, basket in enumerate(baskets))
    yield from ((row, None) for row in left if row.state != Cart.State.RECOVERED)


def _may_be(row: Cart, basket: Basket) -> bool:
    return row.state != Cart.State.RECOVERED or basket.order_id is not None


def _overlap(row: Cart, basket: Basket) -> bool:
    return row.started_at <= basket.last_activity_at and basket.started_at <= row.last_activity_at


def _carry_moments(rows: Sequence[Cart], baskets: Sequence[Basket]) -> None:
    """Let baskets keep the moments that were noted while another row stood for them, so that nothing is told twice."""
    for basket in baskets:
        for row in rows:
            if row.idle_at is not None and _overlap(row, basket) and (basket.closed_at is None or row.idle_at <= basket.closed_at):
                basket.idle_at = basket.idle_at or row.idle_at
                basket.abandoned_at = basket.abandoned_at or row.abandoned_at


def _write(written: Sequence[tuple[int, Cart | None, Basket | None]]) -> None:
    """Write baskets, their lines and their orders' links, each in one statement; what closes comes before what opens."""
    before = {row.pk: (row.idle_at, row.abandoned_at) for _, row, _ in written if row is not None}
    changed = [_fill(row, basket) for _, row, basket in written if row is not None]
    update_rows([row for row in changed if before[row.pk] != (row.idle_at, row.abandoned_at)], ["idle_at", "abandoned_at"])
    _set_states([row for row in changed if row.state != Cart.State.OPEN])
    _set_states([row for row in changed if row.state == Cart.State.OPEN])
    update_rows(
        changed,
        [
            *("currency", "total_minor", "lines_count", "stage", "shop_id", "restore_url"),
            *("started_at", "last_activity_at", "closed_at"),
        ],
    )
    fresh = [
        (_fill(Cart(customer_id=customer_id), basket), basket) for customer_id, row, basket in written if row is None and basket is not None
    ]
    Cart.objects.bulk_create([cart for cart, _ in fresh])
    know_table(Cart, made=len(fresh))
    kept = [(row, basket) for _, row, basket in written if row is not None and basket is not None] + fresh
    CartLine.objects.filter(cart__in=[cart for cart, _ in kept]).delete()
    CartLine.objects.bulk_create([_line(cart, line) for cart, basket in kept for line in basket.lines.values()])
    bought = [(cart.pk, basket.order_id) for cart, basket in kept if basket.order_id is not None]
    if bought:
        with connection.cursor() as cursor:
            cursor.execute(_LINK, [[cart_id for cart_id, _ in bought], [order_id for _, order_id in bought], require_store_id()])


def _set_states(carts: Sequence[Cart]) -> None:
    if carts:
        with connection.cursor() as cursor:
            cursor.execute(_SET_STATE, [[cart.pk for cart in carts], [cart.state for cart in carts], require_store_id()])


def _fill(cart: Cart, basket: Basket | None) -> Cart:
    """Copy what the history says into the row; without a basket the row joined another."""
    if basket is None:
        cart.state, cart.closed_at = Cart.State.MERGED, cart.closed_at or cart.last_activity_at
        return cart
    if cart.state != Cart.State.RECOVERED:
        cart.state = _state_of(basket)
    cart.idle_at, cart.abandoned_at = cart.idle_at or basket.idle_at, cart.abandoned_at or basket.abandoned_at
    cart.shop_id, cart.restore_url = basket.shop_id, basket.restore_url
    cart.currency, cart.stage = basket.currency, basket.stage
    cart.total_minor, cart.lines_count = basket.total_minor, len(basket.lines)
    cart.started_at, cart.last_activity_at, cart.closed_at = basket.started_at, basket.last_activity_at, basket.closed_at
    return cart


def _state_of(basket: Basket) -> str:
    if basket.closed_at is None:
        return str(Cart.State.OPEN)
    return str(Cart.State.EXPIRED if basket.order_id is None else Cart.State.BOUGHT)


def _line(cart: Cart, line: Line) -> CartLine:
    return CartLine(
        cart=cart,
        product_id=line.product_id,
        variant_id=line.variant_id,
        name=line.name,
        quantity=line.quantity,
        price_minor=line.price_minor,
        url=line.url,
        image_url=line.image_url,
    )
