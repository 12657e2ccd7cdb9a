"""What the customers' pages and the home page say about baskets and orders."""

from collections.abc import Mapping
from datetime import datetime
from itertools import accumulate
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from retention.customers.models import Customer, CustomerEvent
from retention.customers.panels import Words
from retention.dashboard.drawings import Axis, nice_ticks, steps
from retention.dashboard.figures import write_money, write_number, write_time_ago
from retention.dashboard.home_parts import Counter
from retention.kit.money import decimals_of
from retention.orders.amounts import Unreadable, read_amount, read_currency
from retention.orders.models import Cart, Order, Refund, Return
from retention.orders.revenue import sales_by_day

ORDERS_SHOWN, STEPS = 8, 60
COUNTS = Q(cancelled_at=None) & ~Q(payment_state=Order.Payment.VOIDED)  # called off or never paid is no order


def value_panel(request: HttpRequest, customer: Customer, now: datetime) -> Mapping[str, Any] | None:
    """Return a customer's newest orders, what all of them come to and how that grew, or nothing without an order."""
    placed = Order.objects.filter(customer_id=customer.pk)
    orders = list(placed.order_by("-placed_at", "-id")[:ORDERS_SHOWN])
    if not orders:
        return None
    counted = placed.filter(COUNTS)
    sums = counted.values("currency").annotate(
        count=Count("id"), spent=Sum(F("total_minor") - F("refunded_minor")), refunded=Sum("refunded_minor"), saved=Sum("discount_minor")
    )
    rows = [_less_credit(row, customer) for row in sums.order_by("currency")]
    return {"orders": orders, "sums": rows, "steps": _steps(counted, currency=request.store.currency)}  # type: ignore[attr-defined]


def _less_credit(row: dict[str, Any], customer: Customer) -> dict[str, Any]:
    """Take from a sum what was given back without naming an order."""
    credits = Refund.objects.filter(customer_id=customer.pk, order=None, order_number="", currency=row["currency"])
    back = credits.aggregate(back=Sum("total_minor", default=0))["back"]
    return row | {"spent": max(0, row["spent"] - back), "refunded": row["refunded"] + back}


def _steps(counted: QuerySet[Order], *, currency: str) -> str:
    """Draw how much somebody spent in all, order by order, in the store's currency; nothing under two orders."""
    newest = counted.filter(currency=currency).order_by("-placed_at", "-id").values_list("placed_at", "total_minor", "refunded_minor")
    rows = sorted(newest[:STEPS])
    if len(rows) < 2:
        return ""
    spent = list(accumulate(total - refunded for _at, total, refunded in rows))
    unit = 10 ** decimals_of(currency)
    ticks = nice_ticks(max(spent) / unit)
    words = tuple(write_money(int(tick * unit), currency=currency, compact=True) for tick in ticks)
    names = [formats.date_format(timezone.localtime(rows[place][0]), "M Y") for place in (0, -1)]
    label = _("Total spent from %(first)s to %(last)s: %(sum)s in %(count)s orders") % {
        "first": names[0],
        "last": names[1],
        "sum": write_money(spent[-1], currency=currency, cents=True),
        "count": write_number(len(rows)),
    }
    points = [(at.timestamp(), sum_minor / unit) for (at, _total, _refunded), sum_minor in zip(rows, spent, strict=True)]
    return steps(points, axis=Axis(ticks, words), names=names, label=label)


def basket_panel(request: HttpRequest, customer: Customer, now: datetime) -> Mapping[str, Any] | None:
    """Return a customer's open basket, or nothing when it is empty."""
    cart = Cart.objects.open().filter(customer_id=customer.pk, lines_count__gt=0).prefetch_related("lines").first()
    if cart is None:
        return None
    amount = write_money(cart.total_minor, currency=cart.currency, cents=True)
    ago = write_time_ago(cart.last_activity_at, now=now)
    left = _("A basket of %(amount)s was left alone %(ago)s.") if cart.idle_at else _("There is a basket of %(amount)s, touched %(ago)s.")
    return {"cart": cart, "lines": list(cart.lines.all()), "lead": left % {"amount": amount, "ago": ago}}


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
    return Counter(_("Open baskets"), write_number(count), sub if count else _("None is being filled"), order=30, zero=not count)


def tell_order(event: CustomerEvent) -> Words:
    """Put what became of an order into words."""
    titles = {
        "Order Completed": ("package", _("Ordered, number %(number)s"), "good"),
        "Order Updated": ("package", _("Order %(number)s changed"), ""),
        "Order Cancelled": ("ban", _("Order %(number)s was called off"), "warn"),
        "Order Refunded": ("arrow-back-up", _("Got money back for order %(number)s"), "warn"),
    }
    icon, title, tone = titles[event.name]
    number = event.properties.get("order_id") or event.properties.get("orderId") or "?"
    return Words(icon, title % {"number": str(number)[:120]}, _what(event), tone=tone)


def tell_return(event: CustomerEvent) -> Words:
    """Put the news of a return into words."""
    states = dict(Return.State.choices)
    state = str(event.properties.get("state", ""))
    number = str(event.properties.get("order_id") or "?")[:120]
    return Words("arrow-back-up", _("Return for order %(number)s") % {"number": number}, str(states.get(state, state)))


def _what(event: CustomerEvent) -> str:
    """Return the amount and the first products of an order event, as far as they are told."""
    told = event.properties
    money = _amount(told.get("total", told.get("revenue", told.get("value"))), told)
    products = told.get("products")
    names = (
        [str(one.get("name") or one.get("product_id") or "")[:80] for one in products[:3] if isinstance(one, dict)]
        if isinstance(products, list)
        else []
    )
    return ", ".join(part for part in (money, *names) if part)


def _amount(amount: Any, told: dict[str, Any]) -> str:
    """Return an amount as money is written, or as it was told where it names no currency we know."""
    try:
        currency = read_currency(told, usual="")
        return write_money(read_amount(amount, currency=currency, field="amount"), currency=currency, cents=True)
    except Unreadable:
        plain = isinstance(amount, str | int | float) and not isinstance(amount, bool)
        return f"{amount} {told.get('currency', '')}".strip()[:120] if plain else ""


def tell_idle(event: CustomerEvent) -> Words:
    """Put a basket left alone into words."""
    total, currency = event.properties.get("total_minor"), event.properties.get("currency")
    amount = write_money(total, currency=currency, cents=True) if isinstance(total, int) and isinstance(currency, str) else ""
    return Words("shopping-cart", _("Left a basket of %(amount)s") % {"amount": amount}, tone="warn")
