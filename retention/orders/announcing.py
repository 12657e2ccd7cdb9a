"""What merchants' own systems hear of orders and baskets: the webhook types, and what each carries. Amounts are whole minor units."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from retention.orders.models import Cart, Order
from retention.webhooks.outbox import News, announce_many, wanted_types
from retention.webhooks.types import WebhookType, webhook_types

CREATED = "order.created"
UPDATED = "order.updated"
ABANDONED = "cart.abandoned"


def add_types() -> None:
    """Add the types of this room to the register; called once at start-up."""
    order = {
        "id": "…", "number": "1001", "currency": "EUR", "total_minor": 9390, "shipping_minor": 490, "refunded_minor": 0,
        "payment_state": "paid", "placed_at": "2026-11-20T12:00:00+00:00", "cancelled_at": None,
    }  # fmt: skip
    webhook_types.add(CREATED, WebhookType(_("An order came in"), _("The order with its amounts and lines"), {"order": order}))
    webhook_types.add(UPDATED, WebhookType(_("An order changed, was cancelled or refunded"), _("The order as it is now"), {"order": order}))
    cart = {"id": "…", "currency": "EUR", "total_minor": 8900, "lines_count": 1, "stage": "checkout"}
    webhook_types.add(
        ABANDONED, WebhookType(_("A basket was left alone"), _("The basket with its amount and how far the shopper came"), {"cart": cart})
    )


def newest_order() -> int:
    """Return the highest row of the active store's orders, to tell afterwards which are new; 0 when nobody hears of orders."""
    if not {CREATED, UPDATED} & wanted_types():
        return 0
    return int(Order.objects.aggregate(highest=Max("pk"))["highest"] or 0)


def announce_changes(order_ids: Iterable[int], *, numbers: Iterable[str], newest_before: int, now: datetime) -> int:
    """Say which of these orders are new and which changed; return how many were written down.

    numbers: of the orders that were told of as they happen; history is not announced. newest_before: what `newest_order` said before.
    """
    if not {CREATED, UPDATED} & wanted_types():
        return 0
    touched = set(Order.objects.filter(pk__in=list(order_ids), number__in=list(numbers)).values_list("pk", flat=True))
    fresh = {number for number in touched if number > newest_before}
    return announce_orders(CREATED, fresh, now=now) + announce_orders(UPDATED, touched - fresh, now=now)


def announce_orders(kind: str, order_ids: Iterable[int], *, now: datetime) -> int:
    """Say that orders came in or changed, each as it stands now; return how many were written down."""
    wanted = sorted(set(order_ids))
    if not wanted or kind not in wanted_types():
        return 0
    rows = Order.objects.filter(pk__in=wanted).select_related("customer").prefetch_related("lines").order_by("pk")
    return announce_many([_news(kind, row, order_data(row), "order") for row in rows], now=now)


def announce_abandoned(public_ids: Sequence[Any], *, now: datetime) -> int:
    """Say that baskets were left alone; return how many were written down."""
    if not public_ids or ABANDONED not in wanted_types():
        return 0
    rows = Cart.objects.filter(public_id__in=public_ids).select_related("customer").order_by("pk")
    return announce_many([_news(ABANDONED, row, cart_data(row), "cart") for row in rows], now=now)


def order_data(order: Order) -> dict[str, Any]:
    """Return an order with its lines as plain JSON values."""
    words = (
        *(
            "number",
            "label",
            "currency",
            "total_minor",
            "subtotal_minor",
            "discount_minor",
            "shipping_minor",
            "tax_minor",
            "refunded_minor",
        ),
        *("payment_state", "fulfilment_state", "coupons"),
    )
    of_line = ("product_id", "variant_id", "sku", "name", "quantity", "price_minor", "amount_minor")
    lines = [{name: getattr(line, name) for name in of_line} for line in sorted(order.lines.all(), key=lambda line: line.position)]
    return {
        "id": str(order.public_id),
        **{name: getattr(order, name) for name in words},
        "lines": lines,
        "placed_at": order.placed_at.isoformat(),
        "cancelled_at": order.cancelled_at.isoformat() if order.cancelled_at else None,
    }


def cart_data(cart: Cart) -> dict[str, Any]:
    """Return a basket as plain JSON values."""
    words = ("currency", "total_minor", "lines_count", "stage")
    return {
        "id": str(cart.public_id),
        **{name: getattr(cart, name) for name in words},
        "last_activity_at": cart.last_activity_at.isoformat(),
    }


def _news(kind: str, row: Any, data: dict[str, Any], word: str) -> News:
    customer = row.customer
    who = {"customer": {"id": str(customer.public_id), "email": customer.email}} if customer is not None else {}
    return News(kind, {word: data, **who}, about=customer.public_id if customer is not None else None)
