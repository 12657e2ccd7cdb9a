"""Baskets as they are stored, with their lines: read and written for many customers at once, in a few statements.

What they are made of is worked out in `carting.py`. Rows are light records: instances of models would cost more than all else here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from retention.kit.arrays import array_of, column_of
from retention.kit.random_ids import random_ids
from retention.orders.amounts import Line
from retention.orders.baskets import Basket, Product
from retention.orders.models import Cart, CartLine
from retention.tenancy.bulk import insert_rows, update_rows
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import know_table, said_to_be_few

_OPEN, _BOUGHT, _RECOVERED, _EXPIRED, _MERGED = (
    *(Cart.State.OPEN.value, Cart.State.BOUGHT.value, Cart.State.RECOVERED.value),
    *(Cart.State.EXPIRED.value, Cart.State.MERGED.value),
)
_FIGURES = [
    *("currency", "total_minor", "lines_count", "stage", "shop_id", "restore_url"),
    *("started_at", "last_activity_at", "closed_at"),
]
_OF_BASKET = [*(name for name in _FIGURES if name != "lines_count"), "idle_at", "abandoned_at"]
_ROWS = f"""
    SELECT id, customer_id, state, currency, total_minor, lines_count, stage, shop_id, restore_url, started_at, last_activity_at, idle_at,
        abandoned_at, closed_at
    FROM unnest(%s::bigint[]) AS wanted(customer)
    JOIN orders_cart ON store_id = (SELECT %s::bigint) AND customer_id = customer AND {said_to_be_few("customer")}
    WHERE state <> 'merged' ORDER BY started_at, id
"""  # noqa: S608 - the condition above
_LINES = f"""
    SELECT cart_id, product_id, variant_id, name, quantity, price_minor, url, image_url
    FROM unnest(%s::bigint[]) AS wanted(cart)
    JOIN orders_cartline ON store_id = (SELECT %s::bigint) AND cart_id = cart AND {said_to_be_few("cart")} ORDER BY id
"""  # noqa: S608 - the condition above
# A basket that came back stays so, also when attribution says it while a batch is being worked out.
_SET_STATE = f"""
    UPDATE orders_cart AS cart SET state = told.state FROM unnest(%s::bigint[], %s::text[]) AS told(id, state)
    WHERE cart.store_id = (SELECT %s::bigint) AND cart.id = told.id AND {said_to_be_few("told.id")}
        AND cart.state <> told.state AND cart.state <> 'recovered'
"""  # noqa: S608 - the condition above
_EMPTY = f"""
    DELETE FROM orders_cartline AS line USING unnest(%s::bigint[]) AS told(cart)
    WHERE line.store_id = (SELECT %s::bigint) AND line.cart_id = told.cart AND {said_to_be_few("told.cart")}
"""  # noqa: S608 - the condition above
_TAKE_OUT = f"""
    DELETE FROM orders_cartline AS line USING unnest(%s::bigint[], %s::text[], %s::text[]) AS gone(cart_id, product_id, variant_id)
    WHERE line.store_id = (SELECT %s::bigint)
        AND line.cart_id = gone.cart_id AND line.product_id = gone.product_id AND line.variant_id = gone.variant_id
        AND {said_to_be_few("gone.cart_id")}
"""  # noqa: S608 - the condition above
_CHANGE = f"""
    UPDATE orders_cartline AS line SET name = told.name, quantity = told.quantity, price_minor = told.price_minor, url = told.url,
        image_url = told.image_url
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::integer[], %s::bigint[], %s::text[], %s::text[])
        AS told(cart_id, product_id, variant_id, name, quantity, price_minor, url, image_url)
    WHERE line.store_id = (SELECT %s::bigint)
        AND line.cart_id = told.cart_id AND line.product_id = told.product_id AND line.variant_id = told.variant_id
        AND {said_to_be_few("told.cart_id")}
"""  # noqa: S608 - the condition above
_LINK = f"""
    UPDATE orders_order AS placed SET cart_id = bought.cart_id
    FROM unnest(%s::bigint[], %s::bigint[]) AS bought(cart_id, order_id)
    WHERE placed.store_id = (SELECT %s::bigint) AND placed.id = bought.order_id AND {said_to_be_few("bought.order_id")}
        AND placed.cart_id IS DISTINCT FROM bought.cart_id
"""  # noqa: S608 - the condition above
Lines = dict[Product, Line]


class Stored(msgspec.Struct, eq=False, gc=False):
    """One basket as it is stored, but for those that joined another; the fields are those of `Cart`."""

    pk: int
    customer_id: int
    state: str
    currency: str
    total_minor: int
    lines_count: int
    stage: str
    shop_id: str
    restore_url: str
    started_at: datetime
    last_activity_at: datetime
    idle_at: datetime | None
    abandoned_at: datetime | None
    closed_at: datetime | None


class Written(msgspec.Struct):
    """What becomes of a basket: the row it has, if any, and what the history makes of it; none: it joined another.

    lines: what the row's basket held, where that was read.
    """

    customer_id: int
    row: Stored | None
    basket: Basket | None
    lines: Lines | None = None


def read_rows(customer_ids: Collection[int]) -> dict[int, list[Stored]]:
    """Return the baskets of customers by customer, oldest first."""
    found: dict[int, list[Stored]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [array_of(list(customer_ids)), require_store_id()])
        for row in cursor.fetchall():
            found[row[1]].append(Stored(*row))
    return found


def read_lines_of(rows: Sequence[Stored]) -> dict[int, Lines]:
    """Return what baskets hold, by the basket's number, as they are stored: without what only orders keep."""
    found: dict[int, Lines] = defaultdict(dict)
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_LINES, [array_of([row.pk for row in rows]), require_store_id()])
            for cart_id, *line in cursor.fetchall():
                found[cart_id][line[0], line[1]] = Line(*line)
    return found


def as_basket(row: Stored, lines: Lines) -> Basket:
    """Return a stored basket as a fold goes on from it."""
    return Basket(
        row.started_at,
        row.last_activity_at,
        row.currency,
        stage=row.stage,
        lines=dict(lines),
        cart_id=row.pk,
        shop_id=row.shop_id,
        restore_url=row.restore_url,
    )


def write(written: Sequence[Written]) -> None:
    """Write baskets, their lines and their orders' links, each in one statement; what closes comes before what opens."""
    rows = [one.row for one in written if one.row is not None]
    before = {row.pk: (row.idle_at, row.abandoned_at, row.state) for row in rows}
    for one in written:
        if one.row is not None:
            _fill(one.row, one.basket)
    update_rows([row for row in rows if before[row.pk][:2] != (row.idle_at, row.abandoned_at)], ["idle_at", "abandoned_at"], model=Cart)
    _set_states([row for row in rows if row.state not in (_OPEN, before[row.pk][2])])
    # Open ones get their state again, for one may have been given up since it was read.
    update_rows(rows, ["state", *_FIGURES], model=Cart, kept=("state", _RECOVERED))
    kept = [(one.row.pk, one.basket, one.lines) for one in written if one.row is not None and one.basket is not None]
    kept += _make([(one.customer_id, one.basket) for one in written if one.row is None and one.basket is not None])
    _write_lines(kept)
    bought = [(cart_id, basket.order_id) for cart_id, basket, _ in kept if basket.order_id is not None]
    if bought:
        _run(_LINK, *map(list, zip(*bought, strict=True)))


def _make(fresh: Sequence[tuple[int, Basket]]) -> list[tuple[int, Basket, Lines | None]]:
    """Store new baskets, without their lines; return their numbers."""
    names = random_ids(len(fresh))
    rows = [
        {
            "public_id": name,
            "customer_id": customer_id,
            "state": _state_of(basket),
            "lines_count": len(basket.lines),
            **{of_basket: getattr(basket, of_basket) for of_basket in _OF_BASKET},
        }
        for name, (customer_id, basket) in zip(names, fresh, strict=True)
    ]
    made = insert_rows(Cart, rows)
    know_table(Cart, made=len(made))
    return [(made[name], basket, {}) for name, (_, basket) in zip(names, fresh, strict=True)]


def _fill(row: Stored, basket: Basket | None) -> None:
    """Copy what the history says into a stored row; without a basket the row joined another."""
    if basket is None:
        row.state, row.closed_at = _MERGED, row.closed_at or row.last_activity_at
        return
    if row.state != _RECOVERED:
        row.state = _state_of(basket)
    row.idle_at, row.abandoned_at = row.idle_at or basket.idle_at, row.abandoned_at or basket.abandoned_at
    row.shop_id, row.restore_url = basket.shop_id, basket.restore_url
    row.currency, row.stage = basket.currency, basket.stage
    row.total_minor, row.lines_count = basket.total_minor, len(basket.lines)
    row.started_at, row.last_activity_at, row.closed_at = basket.started_at, basket.last_activity_at, basket.closed_at


def _state_of(basket: Basket) -> str:
    if basket.closed_at is None:
        return _OPEN
    return _EXPIRED if basket.order_id is None else _BOUGHT


def _set_states(rows: Sequence[Stored]) -> None:
    if rows:
        _run(_SET_STATE, [row.pk for row in rows], [row.state for row in rows])


def _write_lines(kept: Iterable[tuple[int, Basket, Lines | None]]) -> None:
    """Write what differs from the lines that were read; where none were, or they changed places, all of them anew."""
    emptied: list[int] = []
    gone: list[tuple[int, str, str]] = []
    changed: list[tuple[Any, ...]] = []
    fresh: list[dict[str, Any]] = []
    for cart_id, basket, before in kept:
        if before is None or not _in_their_places(before, basket.lines):
            emptied.append(cart_id)
            before = {}
        gone += [(cart_id, *product) for product in before if product not in basket.lines]
        for product, line in basket.lines.items():
            known = before.get(product)
            if known is None:
                fresh.append(_values(cart_id, line))
            elif known[:7] != line[:7]:
                changed.append((cart_id, *line[:7]))
    if emptied:
        _run(_EMPTY, emptied)
    if gone:
        _run(_TAKE_OUT, *map(list, zip(*gone, strict=True)))
    if changed:
        _run(_CHANGE, *map(column_of, zip(*changed, strict=True)))
    insert_rows(CartLine, fresh)
    know_table(CartLine, made=len(fresh))


def _in_their_places(before: Mapping[Product, Line], after: Mapping[Product, Line]) -> bool:
    """Say whether what stays in a basket keeps its order, and what is new stands behind it."""
    stays = [product for product in before if product in after]
    return list(after)[: len(stays)] == stays


def _values(cart_id: int, line: Line) -> dict[str, Any]:
    """Return a line by the names of `CartLine`, the shortest first (see `tenancy/bulk.py`)."""
    return {
        "url": line.url,
        "name": line.name,
        "cart_id": cart_id,
        "quantity": line.quantity,
        "image_url": line.image_url,
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "price_minor": line.price_minor,
    }


def _run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, require_store_id()])
