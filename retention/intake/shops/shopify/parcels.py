"""What becomes of an order after it is paid: parcels on their way, goods on their way back. They name the order and not the customer."""

from typing import Any

from retention.intake.shops.reading import filled, identity, moment, needed, parts, pieces, text
from retention.intake.shops.results import Happened, Message, Person, Result
from retention.intake.shops.shopify.people import of_order

_RETURNS = {
    "requested": "requested", "open": "approved", "declined": "declined", "canceled": "cancelled", "cancelled": "cancelled",
    "closed": "closed",
}  # fmt: skip


def read_parcel(message: Message) -> list[Result]:
    """fulfillments/create and fulfillments/update: a parcel with its carrier and number."""
    body = message.body
    order_id = needed(body, "order_id")
    said = filled(
        order_id=order_id,
        shipment_id=needed(body, "id"),
        state=text(body, "shipment_status", longest=40) or text(body, "status", longest=40),
        carrier=text(body, "tracking_company", longest=120),
        tracking_number=text(body, "tracking_number", longest=120),
        tracking_url=text(body, "tracking_url", longest=2000),
        products=[_goods(one, "quantity") for one in parts(body, "line_items")],
    )
    return [Happened("Shipment Updated", Person(anonymous=of_order(order_id)), said, moment(body, "updated_at") or message.at)]


def read_parcel_news(message: Message) -> list[Result]:
    """fulfillment_events/create: the carrier saw the parcel."""
    body = message.body
    order_id = needed(body, "order_id")
    said = filled(
        order_id=order_id,
        shipment_id=needed(body, "fulfillment_id"),
        state=text(body, "status", longest=40),
        message=text(body, "message", longest=200),
    )
    at = moment(body, "happened_at") or moment(body, "created_at") or message.at
    return [Happened("Shipment Updated", Person(anonymous=of_order(order_id)), said, at)]


def read_return(message: Message) -> list[Result]:
    """returns/request, approve and the rest: where a return stands. The body has no moment of its own."""
    body = message.body
    order_id = needed(body, "order", "id")
    said = filled(
        order_id=order_id,
        return_id=needed(body, "id"),
        state=_RETURNS.get(text(body, "status", longest=40).lower(), "approved"),
        updated_at=message.at.isoformat(),
        products=[goods for one in parts(body, "return_line_items") if (goods := _returned(one))],
    )
    return [Happened("Return Updated", Person(anonymous=of_order(order_id)), said, message.at)]


def _returned(one: dict[str, Any]) -> dict[str, Any]:
    line = one.get("line_item") or (one.get("fulfillment_line_item") or {}).get("line_item") or {}
    goods = _goods({**line, "quantity": one.get("quantity")}, "quantity")
    reason = text(one, "return_reason", longest=200)
    return {**goods, **filled(reason=reason)} if goods.get("product_id") and goods.get("quantity") else {}


def _goods(line: dict[str, Any], quantity: str) -> dict[str, Any]:
    names = (identity(line, "product_id"), identity(line, "variant_id"), text(line, "sku", longest=120), identity(line, "id"))
    return filled(
        product_id=next((name for name in names if name), ""),
        variant_id=identity(line, "variant_id"),
        sku=text(line, "sku", longest=120),
        name=text(line, "title") or text(line, "name"),
        quantity=pieces(line, quantity),
    )
