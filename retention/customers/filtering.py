"""The filters of the customers list, one entry each: what it keeps, and the sentence its chip says.

A filter reads its own words of the cleaned form (`forms/filters.py`); a new one is an entry in FILTERS and its fields there.
Every condition stands on an index of its own or is cheap beside one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from retention.customers.models import AttributeValue, Consent
from retention.customers.models.customer import CustomerQuerySet
from retention.customers.permissions import CHANNELS
from retention.customers.totals import SILENT_AFTER
from retention.dashboard.figures import write_money, write_number
from retention.kit.words import fold

Cleaned = Mapping[str, Any]
VIEWS: dict[str, str | Promise] = {
    "known": gettext_lazy("Known by name"),
    "visitors": gettext_lazy("Visitors"),
    "once": gettext_lazy("Bought once"),
    "back": gettext_lazy("Came back"),
    "silent": gettext_lazy("Long silent"),
}
SORTS: dict[str, tuple[str, ...]] = {
    "newest": ("-created_at", "-id"),
    "spent": ("-spent_minor", "-id"),
    "orders": ("-orders_count", "-id"),
    "last_order": ("-last_order_at", "-id"),
    "name": ("name_key", "id"),
}


@dataclass(frozen=True)
class Asking:
    """What filters need besides their own words: the moment, and the money the store counts in."""

    now: datetime
    currency: str


@dataclass(frozen=True)
class Filter:
    """One kind of filter. names: its words in the address. say: the chip as (before, strong)."""

    names: tuple[str, ...]
    keep: Callable[[Cleaned, Asking], Q]
    say: Callable[[Cleaned, Asking], tuple[str, str]]

    def used(self, cleaned: Cleaned) -> bool:
        """Say whether somebody asked for it."""
        return any(cleaned.get(name) not in (None, "") for name in self.names)


def of_view(rows: CustomerQuerySet, view: str, *, now: datetime) -> CustomerQuerySet:
    """Return the people of a built-in view."""
    if view == "visitors":
        return rows.visitors()
    kept = {
        "once": Q(orders_count=1),
        "back": Q(orders_count__gte=2),
        "silent": Q(orders_count__gte=1, last_order_at__lt=now - SILENT_AFTER),
    }.get(view)
    return rows.known() if kept is None else rows.filter(kept)


def used_filters(cleaned: Cleaned) -> list[Filter]:
    """Return the filters somebody asked for, in the order of the form."""
    return [one for one in FILTERS if one.used(cleaned)]


def narrow(rows: CustomerQuerySet, cleaned: Cleaned, *, asking: Asking, without: Filter | None = None) -> CustomerQuerySet:
    """Return the rows that fit every filter in use, or every one but `without`."""
    for one in used_filters(cleaned):
        if one is not without:
            rows = rows.filter(one.keep(cleaned, asking))
    return rows


def _range(cleaned: Cleaned, name: str, column: str) -> Q:
    bounds = {f"{column}__gte": cleaned.get(f"{name}_from"), f"{column}__lte": cleaned.get(f"{name}_to")}
    return Q(**{key: value for key, value in bounds.items() if value is not None})


def _say_range(low: str | None, high: str | None) -> str:
    if low is not None and high is not None:
        return low if low == high else _("%(low)s to %(high)s") % {"low": low, "high": high}
    return _("at least %(low)s") % {"low": low} if low is not None else _("at most %(high)s") % {"high": high}


def _place(cleaned: Cleaned, asking: Asking) -> Q:
    wanted = Q(country=cleaned["country"]) if cleaned.get("country") else ~Q(country="")
    return wanted & Q(city=cleaned["city"]) if cleaned.get("city") else wanted


def _say_place(cleaned: Cleaned, asking: Asking) -> tuple[str, str]:
    city, country = cleaned.get("city"), cleaned.get("country")
    return (_("City is"), f"{city}, {country}" if country else str(city)) if city else (_("Country is"), str(country))


def _allowed(cleaned: Cleaned, asking: Asking) -> Q:
    channel, _dot, status = cleaned["may"].partition(".")
    said = Consent.objects.filter(customer_id=OuterRef("pk"), channel=channel)
    return Q(~Exists(said)) if status == "never" else Q(Exists(said.filter(status=status)))


def _say_allowed(cleaned: Cleaned, asking: Asking) -> tuple[str, str]:
    channel, _dot, status = cleaned["may"].partition(".")
    words = {"granted": _("said yes"), "refused": _("said no"), "pending": _("has not confirmed"), "never": _("was never asked")}
    return str(CHANNELS[channel][1]), words[status]


def _say_orders(cleaned: Cleaned, asking: Asking) -> tuple[str, str]:
    low, high = cleaned.get("orders_from"), cleaned.get("orders_to")
    return _("Orders"), _say_range(*(None if bound is None else write_number(bound) for bound in (low, high)))


def _say_spent(cleaned: Cleaned, asking: Asking) -> tuple[str, str]:
    low, high = cleaned.get("spent_from"), cleaned.get("spent_to")
    return _("Spent"), _say_range(*(None if bound is None else write_money(bound, currency=asking.currency) for bound in (low, high)))


def _days(count: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": write_number(count)}


def _quiet(cleaned: Cleaned, asking: Asking) -> Q:
    return Q(orders_count__gte=1, last_order_at__lt=asking.now - timedelta(days=cleaned["quiet_days"]))


def _active(cleaned: Cleaned, asking: Asking) -> Q:
    return Q(last_order_at__gte=asking.now - timedelta(days=cleaned["active_days"]))


def _new(cleaned: Cleaned, asking: Asking) -> Q:
    return Q(created_at__gte=asking.now - timedelta(days=cleaned["new_days"]))


def _month(asking: Asking) -> date:
    return timezone.localtime(asking.now).date()


def _birthday(cleaned: Cleaned, asking: Asking) -> Q:
    month = _month(asking).month
    return Q(birth_md__gte=month * 100 + 1, birth_md__lte=month * 100 + 31)


def _attribute(cleaned: Cleaned, asking: Asking) -> Q:
    told = AttributeValue.objects.filter(customer_id=OuterRef("pk"), attribute__key=cleaned["attribute"])
    value = cleaned.get("attribute_value") or ""
    return Q(Exists(told.filter(folded_value=fold(value)))) if value else Q(Exists(told))


def _say_attribute(cleaned: Cleaned, asking: Asking) -> tuple[str, str]:
    value = cleaned.get("attribute_value") or ""
    key = cleaned["attribute"]
    return (_("%(attribute)s is") % {"attribute": key}, value) if value else (key, _("is known"))


FILTERS: list[Filter] = [
    Filter(("country", "city"), _place, _say_place),
    Filter(("may",), _allowed, _say_allowed),
    Filter(("orders_from", "orders_to"), lambda cleaned, asking: _range(cleaned, "orders", "orders_count"), _say_orders),
    Filter(("spent_from", "spent_to"), lambda cleaned, asking: _range(cleaned, "spent", "spent_minor"), _say_spent),
    Filter(
        ("quiet_days",),
        _quiet,
        lambda cleaned, asking: (_("Last order more than"), _("%(days)s ago") % {"days": _days(cleaned["quiet_days"])}),
    ),
    Filter(("active_days",), _active, lambda cleaned, asking: (_("Ordered in the last"), _days(cleaned["active_days"]))),
    Filter(("new_days",), _new, lambda cleaned, asking: (_("First heard of in the last"), _days(cleaned["new_days"]))),
    Filter(("birthday",), _birthday, lambda cleaned, asking: (_("Birthday in"), formats.date_format(_month(asking), "F"))),
    Filter(("attribute", "attribute_value"), _attribute, _say_attribute),
]
