"""What the customers' pages and the home page say about baskets and orders."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Sum
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from retention.customers.models import Customer, CustomerEvent
from retention.customers.panels import Words
from retention.dashboard.figures import write_money, write_number, write_time_ago
from retention.dashboard.home_parts import Counter
from retention.kit import clock
from retention.orders.models import Cart, Order
from retention.orders.revenue import sales_by_day


def order_counts(request: HttpRequest, customer_ids: Sequence[int]) -> Mapping[int, str]:
    """Return how many orders each customer placed."""
    rows = Order.objects.filter(customer_id__in=customer_ids).values("customer_id").annotate(count=Count("id"))
    return dict.fromkeys(customer_ids, "0") | {row["customer_id"]: write_number(row["count"]) for row in rows}


def money_spent(request: HttpRequest, customer_ids: Sequence[int]) -> Mapping[int, str]:
    """Return what each customer spent in the store's currency."""
    currency = request.store.currency  # type: ignore[attr-defined]
    rows = Order.objects.filter(customer_id__in=customer_ids, currency=currency).values("customer_id").annotate(spent=Sum("total_minor"))
    return {row["customer_id"]: write_money(row["spent"], currency=currency, cents=True) for row in rows}


def last_orders(request: HttpRequest, customer_ids: Sequence[int]) -> Mapping[int, str]:
    """Return how long ago each customer's last order was."""
    now = clock.now()
    rows = Order.objects.filter(customer_id__in=customer_ids).values("customer_id").annotate(last=Max("placed_at"))
    return {row["customer_id"]: write_time_ago(row["last"], now=now) for row in rows}


def value_panel(request: HttpRequest, customer: Customer, now: datetime) -> Mapping[str, Any] | None:
    """Return a customer's orders and what they come to, or nothing without an order."""
    orders = list(Order.objects.filter(customer_id=customer.pk).order_by("-placed_at", "-id")[:10])
    if not orders:
        return None
    sums = Order.objects.filter(customer_id=customer.pk).values("currency").annotate(count=Count("id"), spent=Sum("total_minor"))
    return {"orders": orders, "sums": list(sums.order_by("currency"))}


def basket_panel(request: HttpRequest, customer: Customer, now: datetime) -> Mapping[str, Any] | None:
    """Return a customer's open basket, or nothing when it is empty."""
    cart = Cart.objects.open().filter(customer_id=customer.pk, lines_count__gt=0).prefetch_related("lines").first()
    return None if cart is None else {"cart": cart, "lines": list(cart.lines.all())}


def orders_counter(request: HttpRequest, now: datetime) -> Counter:
    """Count the orders of 30 days and what they brought, in the store's currency."""
    store = request.store  # type: ignore[attr-defined]
    days = sales_by_day(currency=store.currency, zone=store.timezone, now=now)
    count, total = sum(day.orders for day in days), sum(day.total_minor for day in days)
    money = write_money(total, currency=store.currency) if count else write_number(0)
    sub = ngettext("%(count)s order", "%(count)s orders", count) % {"count": write_number(count)}
    return Counter(_("Revenue in 30 days"), money, sub if count else _("No order yet"), order=20, zero=not count)


def baskets_counter(request: HttpRequest, now: datetime) -> Counter:
    """Count the baskets that are filled at this moment, and the ones left alone."""
    filled = Cart.objects.open().filter(lines_count__gt=0)
    count, idle = filled.count(), filled.exclude(idle_at=None).count()
    sub = ngettext("%(count)s left alone", "%(count)s left alone", idle) % {"count": write_number(idle)}
    return Counter(_("Open baskets"), write_number(count), sub if count else _("No basket yet"), order=30, zero=not count)


def tell_order(event: CustomerEvent) -> Words:
    """Put an order into words."""
    number = event.properties.get("order_id") or event.properties.get("orderId") or "?"
    return Words("package", _("Ordered, number %(number)s") % {"number": str(number)[:120]}, tone="good")


def tell_idle(event: CustomerEvent) -> Words:
    """Put a basket left alone into words."""
    total, currency = event.properties.get("total_minor"), event.properties.get("currency")
    amount = write_money(total, currency=currency, cents=True) if isinstance(total, int) and isinstance(currency, str) else ""
    return Words("shopping-cart", _("Left a basket of %(amount)s") % {"amount": amount}, tone="warn")
