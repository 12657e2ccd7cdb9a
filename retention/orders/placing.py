"""Orders the shop's server reported: each number counts once, and the shop's later version replaces the earlier one.

Only trusted events reach this room; the projection sees to it. Which basket an order closed is worked out in `carting.py`,
refunds and returns in `refunding.py`. Reports arrive in any order: an order that is told of after its cancellation is cancelled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from retention.orders.amounts import Line, Unreadable
from retention.orders.models import Order, OrderLine
from retention.orders.reports import CANCELLED, COMPLETED, UPDATED, OrderTold, Told, cancelled_at, order_number, read_order
from retention.tenancy.bulk import update_rows
from retention.tenancy.context import require_store_id

_STATED = (
    *("label", "payment_state", "fulfilment_state", "subtotal_minor", "discount_minor", "shipping_minor", "tax_minor", "coupons"),
    *("cancelled_at", "currency", "total_minor", "placed_at", "reported_at"),
)
_OPEN = ("label", "subtotal_minor", "discount_minor", "shipping_minor", "tax_minor", "coupons", "cancelled_at")
# A cancellation that arrived before its order waits among the customer's events.
_EARLIER_CANCELLATIONS = """
    SELECT DISTINCT ON (fresh.order_id) fresh.order_id, coalesce(event.properties ->> 'cancelled_at', event.occurred_at::text)
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS fresh(order_id, customer_id, number)
    JOIN customers_customerevent AS event ON event.store_id = %s AND event.customer_id = fresh.customer_id
    WHERE event.name = %s AND event.kind = 'track' AND event.trusted
      AND coalesce(event.properties ->> 'order_id', event.properties ->> 'orderId') = fresh.number
    ORDER BY fresh.order_id, event.occurred_at
"""
_CANCEL = """
    UPDATE orders_order AS placed SET cancelled_at = coalesce(placed.cancelled_at, gone.cancelled_at)
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS gone(id, cancelled_at) WHERE placed.store_id = %s AND placed.id = gone.id
"""


@dataclass
class Placed:
    """What a batch of reports did. moments: when the orders that are new (or moved) were placed, by customer; touched: order ids."""

    moments: dict[int, datetime] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    refusals: dict[int, str] = field(default_factory=dict)

    def note(self, customer_id: int, moment: datetime) -> None:
        """Keep the earliest moment of a customer."""
        self.moments[customer_id] = min(self.moments.get(customer_id, moment), moment)


@dataclass
class _Work:
    """A batch being worked out: all orders by number, which are new, which changed, and the report whose lines are written."""

    orders: dict[str, Order]
    fresh: dict[str, Order] = field(default_factory=dict)
    changed: dict[str, Order] = field(default_factory=dict)
    lines: dict[str, OrderTold] = field(default_factory=dict)
    with_lines: set[str] = field(default_factory=set)

    def write_lines_of(self, one: OrderTold) -> None:
        """Let this report's lines be the order's."""
        if one.lines:
            self.lines[one.number] = one
            self.with_lines.add(one.number)


def place_orders(reports: Sequence[Told], *, currency: str) -> Placed:
    """Store the orders that are new and the versions that are newer, in a fixed number of statements.

    currency: the store's, for reports that name none. Of two "Order Completed" with one number the first counts, unless the second
    carries a later `updated_at`; of "Order Updated" the latest version counts.
    """
    placed = Placed()
    read = _read(reports, placed, currency=currency)
    work = _Work({order.number: order for order in Order.objects.filter(number__in={one.number for one in read})})
    work.with_lines = set(OrderLine.objects.filter(order__in=work.orders.values()).values_list("order__number", flat=True))
    for one in read:
        _take(work, one, placed)
    _write(work)
    _cancel_early(list(work.fresh.values()))
    placed.touched = {order.pk for order in (work.fresh | work.changed).values()}
    return placed


def cancel_orders(reports: Sequence[Told]) -> Placed:
    """Note orders that were called off; one that is not known yet is cancelled when it arrives."""
    placed = Placed()
    moments: dict[str, datetime] = {}
    for told in reports:
        try:
            number, moment = order_number(told), cancelled_at(told)
        except Unreadable as error:
            placed.refusals[told.event_id] = str(error)[:200]
            continue
        moments[number] = min(moments.get(number, moment), moment)
    rows = list(Order.objects.filter(number__in=moments).only("pk", "number"))
    _run_cancel([(order.pk, moments[order.number]) for order in rows])
    placed.touched = {order.pk for order in rows}
    return placed


def _take(work: _Work, one: OrderTold, placed: Placed) -> None:
    """Let one report make an order, replace an earlier version of it, or fill what a later version left open."""
    order = work.orders.get(one.number)
    if order is None:
        work.orders[one.number] = work.fresh[one.number] = _fill(_new(one), one)
        work.write_lines_of(one)
    elif _is_newer(one, order):
        placed.note(order.customer_id or one.told.customer_id, order.placed_at)
        _fill(order, one)
        work.write_lines_of(one)
        _note_changed(work, one.number)
    else:
        if one.told.name == COMPLETED:
            placed.refusals[one.told.event_id] = f"Order {one.number[:100]} was counted already."
        filled = _fill_blanks(order, one)
        if one.lines and one.number not in work.with_lines:
            work.write_lines_of(one)
            filled = True
        if filled:
            _note_changed(work, one.number)
    placed.note(work.orders[one.number].customer_id or one.told.customer_id, work.orders[one.number].placed_at)


def _note_changed(work: _Work, number: str) -> None:
    if number not in work.fresh:
        work.changed[number] = work.orders[number]


def _read(reports: Sequence[Told], placed: Placed, *, currency: str) -> list[OrderTold]:
    read = []
    for told in reports:
        try:
            read.append(read_order(told, usual=currency))
        except Unreadable as error:
            placed.refusals[told.event_id] = str(error)[:200]
    return read


def _is_newer(one: OrderTold, order: Order) -> bool:
    if order.reported_at is None:
        return one.versioned or one.told.name == UPDATED
    if one.told.name == COMPLETED and not one.versioned:
        return False
    return one.version > order.reported_at or (one.version == order.reported_at and one.told.name == UPDATED)


def _new(one: OrderTold) -> Order:
    return Order(
        customer_id=one.told.customer_id,
        number=one.number,
        placed_at=one.placed_at,
        received_at=one.told.received_at,
        source=one.told.source,
    )


def _fill(order: Order, one: OrderTold) -> Order:
    """Copy what the report states; the earliest moment stays the one it was placed at, and a cancellation is final."""
    before = order.cancelled_at
    for name, value in one.values.items():
        setattr(order, name, value)
    order.cancelled_at = before or order.cancelled_at
    order.currency, order.total_minor, order.reported_at = one.currency, one.total_minor, one.version
    order.placed_at = min(order.placed_at, one.placed_at)
    return order


def _fill_blanks(order: Order, one: OrderTold) -> bool:
    """Take from an earlier version what the later one did not say, so that the order of arrival does not matter."""
    blank = {name: value for name, value in one.values.items() if name in _OPEN and getattr(order, name) in (None, "", 0, [])}
    for name, value in blank.items():
        setattr(order, name, value)
    earlier = one.placed_at < order.placed_at
    order.placed_at = min(order.placed_at, one.placed_at)
    return bool(blank) or earlier


def _write(work: _Work) -> None:
    Order.objects.bulk_create(work.fresh.values())
    update_rows(list(work.changed.values()), _STATED)
    OrderLine.objects.filter(order__in=[work.changed[number] for number in work.lines if number in work.changed]).delete()
    OrderLine.objects.bulk_create(
        [
            order_line(work.orders[number], line, position=position)
            for number, one in work.lines.items()
            for position, line in enumerate(one.lines, start=1)
        ]
    )


def order_line(order: Order, line: Line, *, position: int) -> OrderLine:
    """Return a line of an order as it is stored."""
    return OrderLine(
        order=order,
        position=position,
        product_id=line.product_id,
        variant_id=line.variant_id,
        sku=line.sku,
        name=line.name,
        category=line.category,
        brand=line.brand,
        quantity=line.quantity,
        price_minor=line.price_minor,
        amount_minor=line.quantity * line.price_minor,
    )


def _cancel_early(orders: Sequence[Order]) -> None:
    """Cancel new orders whose cancellation came first."""
    known = [order for order in orders if order.customer_id is not None]
    if not known:
        return
    columns: list[list[Any]] = [[order.pk for order in known], [order.customer_id for order in known], [order.number for order in known]]
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER_CANCELLATIONS, [*columns, require_store_id(), CANCELLED])
        rows = cursor.fetchall()
    _run_cancel(rows)


def _run_cancel(rows: Sequence[tuple[int, Any]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_CANCEL, [[pk for pk, _ in rows], [moment for _, moment in rows], require_store_id()])
