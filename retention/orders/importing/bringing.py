"""Orders and credit notes the store does not know, written from where they were staged: a few statements, whatever their number.

PostgreSQL reads them where they are, and is told beside them what it cannot know: whose each is and the ids, in arrays in the order of
the rows. A join would depend on what the planner believes of a table that was empty a moment ago.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from retention.customers.events import record_backfill_of
from retention.customers.importing.kinds import Thing
from retention.kit.arrays import array_of
from retention.kit.random_ids import random_ids
from retention.orders.importing.buyers import Buyers
from retention.orders.importing.columns import TEXTS
from retention.orders.importing.meeting import SOURCE
from retention.orders.models import Order, Refund
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import know_table

_ROOM = "SET LOCAL work_mem = '32MB'"  # a batch's lines are kept for the question after their orders; on disk they cost a sixteenth more
# place: of a row among those that are asked for, to find what belongs to it in the arrays beside.
_THINGS = """(
    SELECT *, row_number() OVER (ORDER BY id) AS place, ("values" ->> 'minor')::bigint AS minor,
        ("values" ->> 'minor')::bigint < 0 OR ("values" ->> 'back')::bool AS is_credit
    FROM customers_importrow
    WHERE store_id = (SELECT %(store)s::bigint) AND id BETWEEN %(first)s AND %(last)s AND id = ANY(%(things)s::bigint[])
) AS thing"""
_ORDERS = f"""
    INSERT INTO orders_order
        (store_id, public_id, number, label, customer_id, currency, total_minor, subtotal_minor, discount_minor, shipping_minor, tax_minor,
         refunded_minor, payment_state, fulfilment_state, coupons, source, placed_at, received_at)
    SELECT store_id, (%(public_ids)s::uuid[])[place], key, key, nullif((%(customers)s::bigint[])[place], 0), "values" ->> 'currency',
        minor, minor, 0, 0, 0, 0, 'paid', 'done', '[]', %(source)s, ("values" ->> 'placed_at')::timestamptz, %(now)s
    FROM {_THINGS} WHERE NOT is_credit ORDER BY id
    RETURNING id, number
"""  # noqa: S608 - the lines above
_REFUNDS = f"""
    INSERT INTO orders_refund
        (store_id, public_id, number, order_number, customer_id, currency, total_minor, reason, source, refunded_at, received_at)
    SELECT store_id, (%(public_ids)s::uuid[])[place], key, '', nullif((%(customers)s::bigint[])[place], 0), "values" ->> 'currency',
        -minor, '', %(source)s, ("values" ->> 'placed_at')::timestamptz, %(now)s
    FROM {_THINGS} WHERE is_credit ORDER BY id
    RETURNING id, number
"""  # noqa: S608 - the lines above
_HAPPENED = f"""
    SELECT (%(event_ids)s::uuid[])[place] AS public_id, (%(customers)s::bigint[])[place] AS customer_id,
        CASE WHEN is_credit THEN 'Order Refunded' ELSE 'Order Completed' END AS name,
        jsonb_build_object(CASE WHEN is_credit THEN 'refund_id' ELSE 'order_id' END, key, 'currency', "values" ->> 'currency',
            'total', ltrim("values" ->> 'stored', '-')) AS properties,
        ("values" ->> 'placed_at')::timestamptz AS occurred_at
    FROM {_THINGS} WHERE (%(customers)s::bigint[])[place] <> 0
"""  # noqa: S608 - the lines above
# The lines of each thing are read once, and then one after the other: functions in FROM would keep them all first.
_LINES = f"""(
    SELECT store_id, pk, generate_subscripts(products, 1) AS place, unnest(products) AS product, unnest(names) AS name, numbers
    FROM (
        SELECT store_id, pk, {TEXTS.format(column=1)} AS products, {TEXTS.format(column=2)} AS names,
            concat('{{', lines[3], '}}')::bigint[] AS numbers
        FROM (
            SELECT store_id, "values", trim_array(lines, 0) AS lines, (%(heads)s::bigint[])[row_number() OVER (ORDER BY id)] AS pk
            FROM customers_importrow
            WHERE store_id = (SELECT %(store)s::bigint) AND id BETWEEN %(first)s AND %(last)s AND id = ANY(%(things)s::bigint[]) OFFSET 0
        ) AS kept OFFSET 0
    ) AS told
) AS line"""  # noqa: S608 - the lines above
ORDER_LINES = f"""
    INSERT INTO orders_orderline
        (store_id, order_id, position, product_id, variant_id, sku, name, category, brand, vendor, quantity, price_minor, amount_minor)
    SELECT line.store_id, pk, place, line.product, '', '', line.name,
        coalesce(shelf.path, ''), coalesce(about.brand, ''), coalesce(about.vendor, ''),
        numbers[place * 3 - 2], numbers[place * 3 - 1], numbers[place * 3]
    FROM {_LINES}
    LEFT JOIN catalog_product AS about ON about.store_id = line.store_id AND about.shop_id = line.product AND about.state <> 'seen'
    LEFT JOIN catalog_category AS shelf ON shelf.store_id = line.store_id AND shelf.id = about.category_id
"""  # noqa: S608 - the lines above
REFUND_LINES = f"""
    INSERT INTO orders_refundline (store_id, refund_id, position, product_id, variant_id, name, quantity, amount_minor)
    SELECT store_id, pk, place, product, '', name, greatest(0, -numbers[place * 3 - 2]), -numbers[place * 3] FROM {_LINES}
"""  # noqa: S608 - the lines above


def bring_in(things: Sequence[Thing], buyers: Buyers, *, now: datetime) -> None:
    """Write staged things that are new as orders and refunds, with their lines and events. Call it inside a transaction."""
    if not things:
        return
    rows = {thing.key: thing.pk for thing in sorted(things, key=lambda thing: thing.pk)}
    customers = [buyers.of_thing.get(pk, 0) for pk in rows.values()]
    told = {"source": SOURCE, "now": now, **_asked(list(rows.values()))}
    told |= {"customers": array_of(customers), "public_ids": _ids(len(rows)), "event_ids": _ids(len(rows))}
    orders = _insert(_ORDERS, told, rows)
    know_table(Order, made=len(orders))
    refunds = _insert(_REFUNDS, told, rows)
    know_table(Refund, made=len(refunds))
    if len(orders) + len(refunds) != len(rows):
        raise LookupError("Things of an import went while they were brought in.")
    write_lines(ORDER_LINES, orders)
    write_lines(REFUND_LINES, refunds)
    names = [name for name, heads in (("Order Completed", orders), ("Order Refunded", refunds)) if _any_named(heads, buyers)]
    record_backfill_of(_HAPPENED, told, names=names, source=SOURCE, kind="track", now=now)


def write_lines(statement: str, heads: Sequence[tuple[int, int]]) -> None:
    """Write the lines of staged things in one statement. heads: the row of each thing, and of the order or refund it became."""
    if heads:
        things, pks = zip(*sorted(heads), strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_ROOM)
            cursor.execute(statement, {**_asked(things), "heads": array_of(pks)})


def _insert(statement: str, told: dict[str, Any], rows: dict[str, int]) -> list[tuple[int, int]]:
    """Insert orders or refunds, and return the row of each thing with the row it became."""
    with connection.cursor() as cursor:
        cursor.execute(statement, told)
        return [(rows[number], pk) for pk, number in cursor.fetchall()]


def _any_named(heads: Sequence[tuple[int, int]], buyers: Buyers) -> bool:
    return any(thing in buyers.of_thing for thing, _pk in heads)


def _asked(things: Sequence[int]) -> dict[str, Any]:
    """Return what a statement needs to find staged things, in the order of their rows."""
    return {"store": require_store_id(), "first": things[0], "last": things[-1], "things": array_of(things)}


def _ids(count: int) -> str:
    return f"{{{','.join(random_ids(count))}}}"
