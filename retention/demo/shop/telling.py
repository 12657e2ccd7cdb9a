"""What the pages tell the snippet, as calls of it: Segment's e-commerce names and properties.

A page tells what it shows, and what the last button did (`Visit.said`, noted in short and written out here).
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse

from retention.demo.shop.goods import CURRENCY, GOODS, Good
from retention.demo.shop.visit import Line, Visit

Call = list[Any]


def track(event: str, **properties: Any) -> Call:
    """Return the call that notes an event."""
    return ["track", event, properties]


def product_of(good: Good, *, quantity: int = 1) -> dict[str, Any]:
    """Return a product as it stands in events. Amounts are euros."""
    return {
        "product_id": good.sku,
        "sku": good.sku,
        "name": good.product.name,
        "category": good.shelf_name,
        "brand": "Lumen",
        "price": good.product.price_minor / 100,
        "currency": CURRENCY,
        "quantity": quantity,
        "url": settings.SITE_URL + reverse("demo_shop:product", args=[good.sku]),
        "image_url": settings.SITE_URL + static(good.picture),
    }


def products_of(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return a basket's products as they stand in events."""
    return [product_of(line.good, quantity=line.quantity) for line in lines]


def basket_of(visit: Visit) -> dict[str, Any]:
    """Return the basket as it stands in events, with the link that brings it back."""
    return {
        "cart_id": visit.cart_id,
        "checkout_id": visit.cart_id,
        "currency": CURRENCY,
        "value": visit.goods_minor / 100,
        "products": products_of(visit.lines()),
        "restore_url": settings.SITE_URL + reverse("demo_shop:restore", args=[visit.restore_token()]),
    }


def calls_for(visit: Visit) -> list[Call]:
    """Write out what the last buttons did, and forget it."""
    said, visit.said = visit.said, []
    return [_written_out(name, cart_id, values, visit=visit) for name, cart_id, *values in said]


def step_of(event: str, cart_id: str, step: int, **more: Any) -> Call:
    """Return the call that notes how far the checkout came."""
    return track(event, step=step, checkout_id=cart_id, currency=CURRENCY, **more)


def _written_out(name: str, cart_id: str, values: list[Any], *, visit: Visit) -> Call:
    if name == "identify":
        known = {key: visit.contact.get(key, "") for key in ("email", "first_name", "last_name")}
        return ["identify", {key: value for key, value in known.items() if value}]
    if name == "Checkout Step Completed":
        way = {"shipping_method": visit.delivery["way"]} if visit.delivery else {}
        return step_of(name, cart_id, values[0], **way)
    sku, quantity = values
    return track(name, cart_id=cart_id, **product_of(GOODS[sku], quantity=quantity))
