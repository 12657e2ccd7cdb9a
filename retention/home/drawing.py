"""What the home page draws: what the shop took per day, as bars and as a table."""

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from retention.dashboard.figures import write_money, write_number
from retention.kit.money import decimals_of
from retention.orders.revenue import DayOfSales, sales_by_day

Chart = dict[str, Any]


def revenue_chart(store: Any, *, now: datetime) -> Chart | None:
    """Return the chart of 30 days' revenue in the store's currency, or nothing while there is no order in them."""
    days = sales_by_day(currency=store.currency, zone=store.timezone, now=now)
    if not any(day.orders for day in days):
        return None
    names = [date_format(day.day, "j M") for day in days]
    unit = 10 ** decimals_of(store.currency)
    data = {
        "labels": names,
        "currency": store.currency,
        "series": [{"label": _("Revenue"), "values": [day.total_minor / unit for day in days]}],
    }
    rows = [
        [name, write_money(day.total_minor, currency=store.currency), write_number(day.orders)]
        for name, day in zip(names, days, strict=True)
    ]
    return {"data": data, "table": {"head": [_("Day"), _("Revenue"), _("Orders")], "rows": rows}, "finding": _finding(days, store.currency)}


def _finding(days: list[DayOfSales], currency: str) -> str:
    orders = sum(day.orders for day in days)
    best = max(days, key=lambda day: day.total_minor)
    words = ngettext(
        "%(money)s from %(count)s order in 30 days; the best day was %(day)s with %(best)s.",
        "%(money)s from %(count)s orders in 30 days; the best day was %(day)s with %(best)s.",
        orders,
    )
    return words % {
        "money": write_money(sum(day.total_minor for day in days), currency=currency),
        "count": write_number(orders),
        "day": date_format(best.day, "j F"),
        "best": write_money(best.total_minor, currency=currency),
    }
