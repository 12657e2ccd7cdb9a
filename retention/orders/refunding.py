"""Money given back and goods on their way back: each number counts once, in whatever order the shop tells of them.

A refund that arrives before its order waits without one and is joined when the order comes. Runs in the caller's transaction.
"""

from collections.abc import Iterable, Sequence

from django.db import connection

from retention.orders.amounts import Unreadable
from retention.orders.models import Refund, RefundLine, Return, ReturnLine
from retention.orders.reports import RefundTold, ReturnTold, Told, read_refund, read_return
from retention.tenancy.bulk import update_rows
from retention.tenancy.context import require_store_id

_JOIN = """
    UPDATE orders_refund AS refund SET order_id = placed.id, total_minor = coalesce(refund.total_minor, placed.total_minor)
    FROM orders_order AS placed
    WHERE refund.store_id = %s AND refund.order_id IS NULL AND placed.store_id = refund.store_id AND placed.number = refund.order_number
      AND refund.order_number = ANY(%s)
    RETURNING placed.id
"""
# Never more is given back than was paid; what the refunds say decides over what the shop's word for the state was.
_SUM = """
    UPDATE orders_order AS placed SET refunded_minor = least(sums.total, placed.total_minor),
        payment_state = CASE WHEN sums.total >= placed.total_minor THEN 'refunded' ELSE 'part_refunded' END
    FROM (
        SELECT order_id, sum(total_minor) AS total FROM orders_refund
        WHERE store_id = %(store)s AND order_id = ANY(%(orders)s) GROUP BY order_id
    ) AS sums
    WHERE placed.store_id = %(store)s AND placed.id = sums.order_id AND sums.total > 0
"""


def take_refunds(reports: Sequence[Told], *, currency: str) -> dict[int, str]:
    """Store the refunds that are new; return by event id why the others do not count."""
    refusals: dict[int, str] = {}
    read: dict[str, RefundTold] = {}
    for told in reports:
        try:
            one = read_refund(told, usual=currency)
        except Unreadable as error:
            refusals[told.event_id] = str(error)[:200]
            continue
        if one.number in read:
            refusals[told.event_id] = f"Refund {one.number[:100]} was counted already."
        else:
            read[one.number] = one
    for number in Refund.objects.filter(number__in=list(read)).values_list("number", flat=True):
        refusals[read.pop(number).told.event_id] = f"Refund {number[:100]} was counted already."
    rows = Refund.objects.bulk_create([_refund(one) for one in read.values()])
    RefundLine.objects.bulk_create(
        [
            RefundLine(
                refund=row,
                position=position,
                product_id=line.product_id,
                variant_id=line.variant_id,
                name=line.name,
                quantity=line.quantity,
                amount_minor=line.worth_minor,
            )
            for row, one in zip(rows, read.values(), strict=True)
            for position, line in enumerate(one.lines, start=1)
        ]
    )
    return refusals


def join_refunds(numbers: Iterable[str], *, order_ids: Iterable[int]) -> set[int]:
    """Join waiting refunds to their orders and bring the orders' sums up to date; return the orders concerned.

    numbers: of orders that are new, and of orders that new refunds name. order_ids: orders that were changed otherwise.
    """
    touched = set(order_ids)
    wanted = sorted({number for number in numbers if number})
    if not wanted and not touched:
        return touched
    store_id = require_store_id()
    with connection.cursor() as cursor:
        cursor.execute(_JOIN, [store_id, wanted])
        touched |= {order_id for (order_id,) in cursor.fetchall()}
        cursor.execute(_SUM, {"store": store_id, "orders": sorted(touched)})
    return touched


def take_returns(reports: Sequence[Told], *, currency: str) -> dict[int, str]:
    """Store returns and their newer states; return by event id why a report does not count."""
    refusals: dict[int, str] = {}
    latest: dict[str, ReturnTold] = {}
    for told in reports:
        try:
            one = read_return(told, usual=currency)
        except Unreadable as error:
            refusals[told.event_id] = str(error)[:200]
            continue
        if one.number not in latest or one.version >= latest[one.number].version:
            latest[one.number] = one
    there = {row.number: row for row in Return.objects.filter(number__in=list(latest))}
    changed = [
        _update(there[number], one) for number, one in latest.items() if number in there and one.version >= there[number].reported_at
    ]
    update_rows(changed, ["state", "reported_at", "requested_at"])
    fresh = [one for number, one in latest.items() if number not in there]
    rows = Return.objects.bulk_create([_return(one) for one in fresh])
    ReturnLine.objects.bulk_create(
        [
            ReturnLine(
                of_return=row,
                position=position,
                product_id=line.product_id,
                variant_id=line.variant_id,
                name=line.name,
                quantity=line.quantity,
            )
            for row, one in zip(rows, fresh, strict=True)
            for position, line in enumerate(one.lines, start=1)
        ]
    )
    return refusals


def _refund(one: RefundTold) -> Refund:
    return Refund(
        customer_id=one.told.customer_id,
        number=one.number,
        order_number=one.order_number,
        currency=one.currency,
        total_minor=one.total_minor,
        reason=one.reason,
        source=one.told.source,
        refunded_at=one.refunded_at,
        received_at=one.told.received_at,
    )


def _return(one: ReturnTold) -> Return:
    return Return(
        customer_id=one.told.customer_id,
        number=one.number,
        order_number=one.order_number,
        state=one.state,
        source=one.told.source,
        requested_at=one.requested_at,
        reported_at=one.version,
    )


def _update(row: Return, one: ReturnTold) -> Return:
    row.state, row.reported_at, row.requested_at = one.state, one.version, min(row.requested_at, one.requested_at)
    return row
