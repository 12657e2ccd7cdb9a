"""How well a product sells: pieces and money of the last 30 and 90 days, for the page of one product."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest

from retention.catalog.models import Product
from retention.orders.models import Order, OrderLine

PERIODS = (30, 90)


def sold_panel(request: HttpRequest, product: Product, now: datetime) -> Mapping[str, Any]:
    """Return what was sold of a product in each period, in the store's currency; orders called off or never paid do not count."""
    since = now - timedelta(days=max(PERIODS))
    currency = request.store.currency  # type: ignore[attr-defined]
    lines = OrderLine.objects.filter(
        product_id=product.shop_id, order__placed_at__gte=since, order__cancelled_at=None, order__currency=currency
    ).exclude(order__payment_state=Order.Payment.VOIDED)
    periods = []
    for days in PERIODS:
        within = Q(order__placed_at__gte=now - timedelta(days=days))
        periods.append(
            {
                "days": days,
                **lines.filter(within).aggregate(
                    pieces=Sum("quantity", default=0), money=Sum(F("amount_minor"), default=0), orders=Count("order_id", distinct=True)
                ),
            }
        )
    return {"periods": periods}
