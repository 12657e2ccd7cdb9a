"""What a shop's server says about orders, refunds and returns, read from an event's properties; no database here.

Names and properties are those of Segment's e-commerce v2, with what shops know beside them (states, parts of the sum, versions, what a
line came to). What a report states as nothing (`discount: 0`, `coupons: []`, `cancelled_at: null`) is nothing; what it leaves out stays.
A report with `sold: false` is about an order that was not paid: it changes one that counted, and makes none. No moment lies ahead of the
event's arrival.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from retention.orders.amounts import Line, Unreadable, read_amount, read_currency, read_lines, read_moment, read_text, read_worths

COMPLETED, UPDATED, CANCELLED, REFUNDED, RETURNED = (
    "Order Completed",
    "Order Updated",
    "Order Cancelled",
    "Order Refunded",
    "Return Updated",
)
NAMES = frozenset({COMPLETED, UPDATED, CANCELLED, REFUNDED, RETURNED})
_PAYMENT = {
    "paid": "paid", "pending": "pending", "authorized": "pending", "partially_paid": "pending", "unpaid": "pending",
    "part_refunded": "part_refunded", "partially_refunded": "part_refunded", "refunded": "refunded",
    "voided": "voided", "expired": "voided",
}  # fmt: skip
_FULFILMENT = {
    "open": "open", "unfulfilled": "open", "unshipped": "open", "partial": "partial", "partially_fulfilled": "partial",
    "done": "done", "fulfilled": "done", "shipped": "done",
}  # fmt: skip
_RETURN_STATES = frozenset({"requested", "approved", "declined", "in_transit", "received", "closed", "cancelled"})
_PARTS = {"subtotal": "subtotal_minor", "discount": "discount_minor", "shipping": "shipping_minor", "tax": "tax_minor"}
_WHOLE = frozenset({"discount", "shipping", "tax", "coupons", "cancelled_at", "products"})


@dataclass(frozen=True)
class Told:
    """Who said it, about whom, and when: the event around the properties."""

    event_id: int
    name: str
    customer_id: int
    properties: Mapping[str, Any]
    at: datetime
    received_at: datetime
    source: str = "api"
    backfill: bool = False


@dataclass(frozen=True)
class OrderTold:
    """An order as it stands by this report. version: the shop's moment of it; versioned: the shop named one itself.

    values: columns of the order by name; only what the report states. lines: None where it names no products at all. whole: it leaves
    nothing out. sold: False when it tells of a purchase that came to nothing.
    """

    told: Told
    number: str
    currency: str
    total_minor: int
    placed_at: datetime
    version: datetime
    versioned: bool
    lines: list[Line] | None
    values: dict[str, Any] = field(default_factory=dict)
    whole: bool = False
    sold: bool = True


@dataclass(frozen=True)
class RefundTold:
    """Money given back. total_minor: None means everything the order came to."""

    told: Told
    number: str
    order_number: str
    currency: str
    total_minor: int | None
    refunded_at: datetime
    reason: str
    lines: list[Line]


@dataclass(frozen=True)
class ReturnTold:
    """Goods on their way back."""

    told: Told
    number: str
    order_number: str
    state: str
    requested_at: datetime
    version: datetime
    lines: list[Line]


def read_order(told: Told, *, usual: str) -> OrderTold:
    """Return an order's report; raises Unreadable with the property that cannot be used."""
    properties = dict(told.properties)
    number = order_number(told)
    currency = read_currency(properties, usual=usual)
    name = next((name for name in ("total", "revenue", "value") if properties.get(name) is not None), None)
    if name is None:
        raise Unreadable("properties.total is missing.")
    version = report_moment(told, "updated_at")
    placed_at = report_moment(told, "placed_at" if properties.get("placed_at") else "created_at")
    stated = properties.get("products") is not None
    return OrderTold(
        told=told,
        number=number,
        currency=currency,
        total_minor=read_amount(properties[name], currency=currency, field=f"properties.{name}"),
        placed_at=placed_at or told.at,
        version=version or told.at,
        versioned=version is not None,
        lines=read_worths(properties, read_lines(properties, currency=currency), currency=currency) if stated else None,
        values=_values(told, currency=currency),
        whole=properties.keys() >= _WHOLE,
        sold=properties.get("sold") is not False,
    )


def read_refund(told: Told, *, usual: str) -> RefundTold:
    """Return a refund's report; raises Unreadable with the property that cannot be used."""
    properties = dict(told.properties)
    number, currency = order_number(told), read_currency(properties, usual=usual)
    name = next((name for name in ("total", "amount", "value", "revenue") if properties.get(name) is not None), None)
    lines = read_worths(properties, read_lines(properties, currency=currency, fewest=0), currency=currency)
    total = None if name is None else read_amount(properties[name], currency=currency, field=f"properties.{name}")
    if total is None and lines:
        total = sum(line.worth_minor for line in lines)
    at = report_moment(told, "refunded_at") or told.at
    own = read_text(properties.get("refund_id") or properties.get("refundId"), longest=120)
    return RefundTold(
        told=told,
        number=own or f"{number[:90]}:{at:%Y%m%d%H%M%S%f}",
        order_number=number,
        currency=currency,
        total_minor=total,
        refunded_at=at,
        reason=read_text(properties.get("reason"), longest=200),
        lines=lines,
    )


def read_return(told: Told, *, usual: str) -> ReturnTold:
    """Return a return's report; raises Unreadable with the property that cannot be used."""
    properties = dict(told.properties)
    number = read_text(properties.get("return_id") or properties.get("returnId"), longest=120)
    if not number:
        raise Unreadable("properties.return_id is missing.")
    state = read_text(properties.get("state") or properties.get("status"), longest=40).lower()
    if state not in _RETURN_STATES:
        raise Unreadable(f"properties.state: This must be one of {', '.join(sorted(_RETURN_STATES))}.")
    return ReturnTold(
        told=told,
        number=number,
        order_number=read_text(properties.get("order_id") or properties.get("orderId"), longest=120),
        state=state,
        requested_at=report_moment(told, "requested_at") or told.at,
        version=report_moment(told, "updated_at") or told.at,
        lines=read_lines(properties, currency=read_currency(properties, usual=usual)),
    )


def order_number(told: Told) -> str:
    """Return the shop's own number of the order; raises Unreadable without one."""
    properties = told.properties
    text = read_text(properties.get("order_id") or properties.get("orderId"), longest=121)
    if not text or len(text) > 120:
        raise Unreadable("properties.order_id is missing." if not text else "properties.order_id is longer than 120 characters.")
    return text


def cancelled_at(told: Told) -> datetime:
    """Return when an order was called off."""
    return report_moment(told, "cancelled_at") or told.at


def report_moment(told: Told, name: str) -> datetime | None:
    """Return a moment the report states, at the latest the one we heard of it: a clock that is wrong by years must not freeze an order."""
    moment = read_moment(told.properties.get(name), field=f"properties.{name}")
    return min(moment, told.received_at) if moment else None


def _values(told: Told, *, currency: str) -> dict[str, Any]:
    """Return the columns that a report states; what it leaves out stays as it was."""
    properties = told.properties
    found: dict[str, Any] = {}
    for name, column in _PARTS.items():
        if properties.get(name) is not None:
            found[column] = read_amount(properties[name], currency=currency, field=f"properties.{name}")
        elif name in properties:
            found[column] = None if name == "subtotal" else 0
    label = read_text(properties.get("order_name") or properties.get("label"), longest=120)
    payment = _PAYMENT.get(read_text(properties.get("payment_state") or properties.get("financial_status"), longest=40).lower())
    fulfilment = _FULFILMENT.get(read_text(properties.get("fulfilment_state") or properties.get("fulfillment_status"), longest=40).lower())
    stated = {"label": label, "payment_state": payment, "fulfilment_state": fulfilment}
    found |= {name: value for name, value in stated.items() if value}
    if "coupons" in properties or "coupon" in properties:
        found["coupons"] = _coupons(properties)
    if "cancelled_at" in properties:
        found["cancelled_at"] = report_moment(told, "cancelled_at")
    return found


def _coupons(properties: Mapping[str, Any]) -> list[str]:
    stated = properties.get("coupons")
    codes = stated if isinstance(stated, list) else [properties.get("coupon")]
    return [code for code in (read_text(one, longest=80) for one in codes) if code]
