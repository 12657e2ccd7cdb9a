"""Orders the shop's server reported: each number counts once, whatever is sent again.

Only trusted events reach this room; the projection sees to it. Which basket an order closed is worked out in `carting.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from retention.orders.amounts import Line, Unreadable, read_amount, read_currency, read_lines
from retention.orders.models import Order, OrderLine


@dataclass(frozen=True)
class Report:
    """One event that says an order was completed."""

    event_id: int
    customer_id: int
    properties: dict[str, Any]
    placed_at: datetime
    received_at: datetime


@dataclass(frozen=True)
class _Read:
    report: Report
    number: str
    currency: str
    total_minor: int
    lines: list[Line]


def place_orders(reports: Sequence[Report], *, currency: str) -> tuple[list[Report], dict[int, str]]:
    """Store the orders that are new, in three statements; return their reports, and by event id why the others do not count.

    currency: the store's, for reports that name none. Of two reports with one number the first counts.
    """
    read: list[_Read] = []
    refusals: dict[int, str] = {}
    for report in reports:
        try:
            read.append(_read(report, currency=currency))
        except Unreadable as error:
            refusals[report.event_id] = str(error)[:200]
    seen = set(Order.objects.filter(number__in=[one.number for one in read]).values_list("number", flat=True))
    fresh: list[_Read] = []
    for one in read:
        if one.number in seen:
            refusals[one.report.event_id] = f"Order {one.number[:100]} was counted already."
        else:
            seen.add(one.number)
            fresh.append(one)
    _store(fresh)
    return [one.report for one in fresh], refusals


def _read(report: Report, *, currency: str) -> _Read:
    properties = report.properties
    number = properties.get("order_id") or properties.get("orderId")
    text = str(number).strip() if isinstance(number, str | int) and not isinstance(number, bool) else ""
    if not text or len(text) > 120:
        raise Unreadable("properties.order_id is missing." if not text else "properties.order_id is longer than 120 characters.")
    stated = read_currency(properties, usual=currency)
    field = next((name for name in ("total", "revenue", "value") if properties.get(name) is not None), None)
    if field is None:
        raise Unreadable("properties.total is missing.")
    total = read_amount(properties[field], currency=stated, field=f"properties.{field}")
    return _Read(report, text, stated, total, read_lines(properties, currency=stated))


def _store(fresh: Sequence[_Read]) -> None:
    orders = Order.objects.bulk_create(
        [
            Order(
                customer_id=one.report.customer_id,
                number=one.number,
                currency=one.currency,
                total_minor=one.total_minor,
                placed_at=one.report.placed_at,
                received_at=one.report.received_at,
            )
            for one in fresh
        ]
    )
    OrderLine.objects.bulk_create(
        [
            OrderLine(
                order=order,
                position=position,
                product_id=line.product_id,
                name=line.name,
                quantity=line.quantity,
                price_minor=line.price_minor,
            )
            for order, one in zip(orders, fresh, strict=True)
            for position, line in enumerate(one.lines, start=1)
        ]
    )
