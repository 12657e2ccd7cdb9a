"""Orders the shop's server reported: each number counts once, and the shop's later version replaces the earlier one.

Only trusted events reach this room; the projection sees to it. Which basket an order closed is worked out in `carting.py`,
refunds and returns in `refunding.py`. Reports arrive in any order: an order that is told of after its cancellation is cancelled.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection

from retention.catalog.describing import Described, descriptions
from retention.orders.amounts import Line, Unreadable
from retention.orders.earlier import lifted_at, told_of
from retention.orders.models import Order, OrderLine
from retention.orders.reports import CANCELLED, COMPLETED, UPDATED, OrderTold, Told, cancelled_at, order_number, read_order
from retention.tenancy.bulk import update_rows
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

_STATED = (
    *("label", "payment_state", "fulfilment_state", "subtotal_minor", "discount_minor", "shipping_minor", "tax_minor", "coupons"),
    *("cancelled_at", "currency", "total_minor", "placed_at", "reported_at", "source"),
)
_OPEN = ("label", "subtotal_minor", "discount_minor", "shipping_minor", "tax_minor", "coupons", "cancelled_at")
_LINE = ("product_id", "variant_id", "sku", "name", "category", "brand", "vendor", "quantity", "price_minor", "amount_minor")
_CANCEL = f"""
    UPDATE orders_order AS placed SET cancelled_at = gone.cancelled_at
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS gone(id, cancelled_at)
    WHERE placed.store_id = (SELECT %s::bigint) AND placed.id = gone.id AND {said_to_be_few("gone.id")}
        AND (placed.cancelled_at IS NULL OR placed.cancelled_at > gone.cancelled_at)
    RETURNING placed.id
"""  # noqa: S608 - the condition above
Stored = tuple[Any, ...]


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
    """A batch being worked out: all orders by number, which are new, which changed, and the report whose lines are written.

    stored: the lines an order has now. counted: numbers of which an "Order Completed" counted.
    """

    orders: dict[str, Order]
    fresh: dict[str, Order] = field(default_factory=dict)
    changed: dict[str, Order] = field(default_factory=dict)
    lines: dict[str, OrderTold] = field(default_factory=dict)
    stored: dict[str, list[Stored]] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)

    def write_lines_of(self, one: OrderTold) -> bool:
        """Let this report's lines be the order's; False when they are already, or it names none."""
        if one.lines is None:
            return False
        told = [_stored(line) for line in one.lines]
        if told == self.stored.get(one.number, []):
            return False
        self.stored[one.number], self.lines[one.number] = told, one
        return True

    def note_changed(self, number: str) -> None:
        """Write this order again; one that is new is written anyway."""
        if number not in self.fresh:
            self.changed[number] = self.orders[number]


def place_orders(reports: Sequence[Told], *, currency: str) -> Placed:
    """Store the orders that are new and the versions that are newer, in a fixed number of statements.

    currency: the store's, for reports that name none. Of the versions of an order the latest counts, whichever event tells it. Of two
    "Order Completed" with one number the second is refused: nothing is sold twice.
    """
    placed = Placed()
    read = _described(_read(reports, placed, currency=currency))
    work = _Work({order.number: order for order in Order.objects.filter(number__in={one.number for one in read})})
    work.stored = _stored_lines(work.orders.values())
    work.counted = _counted_before(work.orders, read)
    for one in read:
        _take(work, one, placed)
    _catch_up(work, read, currency=currency)
    _write(work)
    placed.touched = {order.pk for order in (work.fresh | work.changed).values()}
    return placed


def cancel_orders(reports: Sequence[Told]) -> Placed:
    """Note orders that were called off, unless a later version says that they stand; one not known yet is cancelled when it arrives."""
    placed = Placed()
    moments: dict[str, list[datetime]] = {}
    for told in reports:
        try:
            number, moment = order_number(told), cancelled_at(told)
        except Unreadable as error:
            placed.refusals[told.event_id] = str(error)[:200]
            continue
        moments.setdefault(number, []).append(moment)
    rows = list(Order.objects.filter(number__in=moments))
    doubtful = [order for order in rows if order.reported_at is not None and min(moments[order.number]) < order.reported_at]
    said = told_of(doubtful, names=[COMPLETED, UPDATED])
    gone = [(order.pk, _called_off(moments[order.number], lifted=lifted_at(said.get(order.number, ())))) for order in rows]
    placed.touched = _cancel([(pk, moment) for pk, moment in gone if moment is not None])
    return placed


def _take(work: _Work, one: OrderTold, placed: Placed) -> None:
    """Let one report make an order, replace an earlier version of it, or fill what a later version left open."""
    order = work.orders.get(one.number)
    if order is None and not one.sold:
        return
    if one.told.name == COMPLETED and one.number in work.counted:
        placed.refusals[one.told.event_id] = f"Order {one.number[:100]} was counted already."
    if one.told.name == COMPLETED:
        work.counted.add(one.number)
    if order is None:
        order = work.orders[one.number] = work.fresh[one.number] = _fill(_new(one), one)
        work.write_lines_of(one)
    elif _is_newer(one, order):
        placed.note(order.customer_id or one.told.customer_id, order.placed_at)
        before = _seen(order)
        _fill(order, one)
        if work.write_lines_of(one) or before != _seen(order):
            work.note_changed(one.number)
    elif _fill_blanks(work, order, one):
        work.note_changed(one.number)
    placed.note(order.customer_id or one.told.customer_id, order.placed_at)


def _read(reports: Sequence[Told], placed: Placed, *, currency: str) -> list[OrderTold]:
    read = []
    for told in reports:
        try:
            read.append(read_order(told, usual=currency))
        except Unreadable as error:
            placed.refusals[told.event_id] = str(error)[:200]
    return read


def _described(read: Sequence[OrderTold]) -> list[OrderTold]:
    """Let the catalogue say category, brand and vendor of a line that names none, as it stands when the order comes in."""
    lines = [line for one in read for line in one.lines or ()]
    known = descriptions({line.product_id for line in lines if not (line.category and line.brand and line.vendor)}) if lines else {}
    if not known:
        return list(read)
    return [
        one if one.lines is None else replace(one, lines=[_line(line, known.get(line.product_id)) for line in one.lines]) for one in read
    ]


def _line(line: Line, known: Described | None) -> Line:
    if known is None:
        return line
    return line._replace(category=line.category or known.category, brand=line.brand or known.brand, vendor=line.vendor or known.vendor)


def _counted_before(orders: Mapping[str, Order], read: Iterable[OrderTold]) -> set[str]:
    """Return the numbers of known orders of which an "Order Completed" counted before this batch; one may be known by its updates only."""
    batch = {one.told.event_id for one in read}
    told = told_of(
        [orders[one.number] for one in read if one.told.name == COMPLETED and one.number in orders],
        names=[COMPLETED],
    )
    return {number for number, reports in told.items() if any(report.event_id not in batch for report in reports)}


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
    """Copy what the report states; the earliest moment stays the one it was placed at, and a cancellation after this version stands."""
    gone = order.cancelled_at
    for name, value in one.values.items():
        setattr(order, name, value)
    if gone is not None and (order.cancelled_at is not None or gone >= one.version):
        order.cancelled_at = min(filter(None, (gone, order.cancelled_at)))
    order.currency, order.total_minor, order.reported_at, order.source = one.currency, one.total_minor, one.version, one.told.source
    order.placed_at = min(order.placed_at, one.placed_at)
    return order


def _seen(order: Order) -> Stored:
    """Return what a report can change; how it is paid only while the refunds do not say it."""
    return tuple(getattr(order, name) for name in _STATED if name != "payment_state" or not order.refunded_minor)


def _fill_blanks(work: _Work, order: Order, one: OrderTold) -> bool:
    """Take from an earlier version what the later one did not say, so that the order of arrival does not matter; False for nothing.

    A shop that tells its orders whole has left nothing open.
    """
    open_now = () if one.whole else [name for name in _OPEN if getattr(order, name) in (None, "", 0, []) and one.values.get(name)]
    for name in open_now:
        setattr(order, name, one.values[name])
    earlier = one.placed_at < order.placed_at
    order.placed_at = min(order.placed_at, one.placed_at)
    with_lines = not one.whole and not work.stored.get(one.number) and work.write_lines_of(one)
    return bool(open_now) or earlier or with_lines


def _stored_lines(orders: Iterable[Order]) -> dict[str, list[Stored]]:
    found: dict[str, list[Stored]] = {}
    rows = OrderLine.objects.filter(order__in=orders).order_by("order_id", "position")
    for number, *line in rows.values_list("order__number", *_LINE):
        found.setdefault(number, []).append(tuple(line))
    return found


def _stored(line: Line) -> Stored:
    return tuple(line.worth_minor if name == "amount_minor" else getattr(line, name) for name in _LINE)


def _write(work: _Work) -> None:
    Order.objects.bulk_create(work.fresh.values())
    update_rows(list(work.changed.values()), _STATED)
    OrderLine.objects.filter(order__in=[work.changed[number] for number in work.lines if number in work.changed]).delete()
    OrderLine.objects.bulk_create(
        [
            OrderLine(order=work.orders[number], position=position, **dict(zip(_LINE, line, strict=True)))
            for number in work.lines
            for position, line in enumerate(work.stored[number], start=1)
        ]
    )


def _catch_up(work: _Work, read: Sequence[OrderTold], *, currency: str) -> None:
    """Let new orders hear what was said of them before they were known: that they were called off, or came to nothing after all."""
    said = told_of(work.fresh.values(), names=[CANCELLED], unsold=True)
    for number, reports in said.items():
        order, moments = work.fresh[number], list[datetime]()
        for told in reports:
            try:
                if told.name == CANCELLED:
                    moments.append(cancelled_at(told))
                elif (one := read_order(told, usual=currency)).version > (order.reported_at or order.placed_at):
                    _fill(order, one)
            except Unreadable:
                continue
        batch = [one.told for one in read if one.number == number]
        gone = _called_off(moments, lifted=lifted_at([*batch, *reports]))
        if gone is not None:
            order.cancelled_at = min(gone, order.cancelled_at or gone)


def _called_off(moments: Iterable[datetime], *, lifted: datetime | None) -> datetime | None:
    """Return the first moment of these that no later version took back, or None."""
    return min((moment for moment in moments if lifted is None or moment >= lifted), default=None)


def _cancel(rows: Sequence[tuple[int, datetime]]) -> set[int]:
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_CANCEL, [[pk for pk, _ in rows], [moment for _, moment in rows], require_store_id()])
        return {pk for (pk,) in cursor.fetchall()}
