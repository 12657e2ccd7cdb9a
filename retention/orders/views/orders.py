"""The orders of a store, newest first, and what the chosen ones come to."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from retention.dashboard.access import allows, needs
from retention.dashboard.paging import read_page
from retention.kit import clock
from retention.orders.models import Order
from retention.orders.telling import COUNTS

PAGE_SIZE = 25
ORDER = ("-placed_at", "-id")
PERIODS = {
    "7": gettext_lazy("Last 7 days"),
    "30": gettext_lazy("Last 30 days"),
    "90": gettext_lazy("Last 90 days"),
    "365": gettext_lazy("Last 12 months"),
    "all": gettext_lazy("Ever"),
}
SOURCES = {"api": "API", "shopify": "Shopify", "woocommerce": "WooCommerce", "csv": gettext_lazy("Import")}


@needs("orders.view")
@require_GET
def orders(request: Any) -> HttpResponse:
    """Show the orders. q: a whole number or name of an order; payment, fulfilment, source: exactly so; period: a key of PERIODS."""
    names = ("q", "payment", "fulfilment", "source", "period")
    asked = {name: value for name in names if (value := request.GET.get(name, "").strip().replace("\x00", "")[:120])}
    period = asked.get("period", "all" if "q" in asked else "30")
    period = period if period in PERIODS else "30"
    rows = _chosen(asked, period)
    page = read_page(rows.select_related("customer"), order=ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    context: dict[str, Any] = {
        "page": page,
        "asked": asked,
        "search": asked.get("q", ""),
        "period": period,
        "period_words": PERIODS[period],
        "periods": PERIODS.items(),
        "payments": Order.Payment.choices,
        "fulfilments": Order.Fulfilment.choices,
        "sources": SOURCES.items(),
        "sums": _sums(rows) if period != "all" or "q" in asked else None,
        "sees_people": allows(request.role, capability="customers.view"),
        "label": _("Orders"),
    }
    fragment = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "orders"
    return render(request, "orders/_orders.html" if fragment else "orders/orders.html", context)


def _chosen(asked: dict[str, str], period: str) -> QuerySet[Order]:
    rows: QuerySet[Order] = Order.objects.all()
    if "q" in asked:
        text = asked["q"].removeprefix("#")
        rows = rows.filter(Q(number=text) | Q(label__in=[text, f"#{text}"]))
    if period != "all":
        rows = rows.filter(placed_at__gte=clock.now() - timedelta(days=int(period)))
    exact = {"payment_state": asked.get("payment"), "fulfilment_state": asked.get("fulfilment"), "source": asked.get("source")}
    return rows.filter(**{name: value for name, value in exact.items() if value})


def _sums(rows: QuerySet[Order]) -> list[dict[str, Any]]:
    """Return how many orders there are per currency, what they brought after refunds, and what was given back."""
    counted = rows.filter(COUNTS).order_by().values("currency")
    found: Any = counted.annotate(count=Count("pk"), net=Sum(F("total_minor") - F("refunded_minor")), back=Sum("refunded_minor"))
    return list(found.order_by("-count", "currency"))
