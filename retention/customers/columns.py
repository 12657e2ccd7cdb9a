"""The columns of the customers list: which there are, which are usual, and what stands in a cell.

A column of what an upper room knows comes through `panels.facts`. A new column of our own is an entry in COLUMNS.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from retention.customers.models import Consent, Customer
from retention.customers.panels import facts
from retention.customers.permissions import CHANNELS, permissions_of
from retention.dashboard.figures import write_money, write_number, write_time_ago
from retention.dashboard.templatetags.ui import birthday


@dataclass(frozen=True)
class Seen:
    """What cells are written with: the moment and the store's money."""

    now: datetime
    currency: str


@dataclass(frozen=True)
class Column:
    """One column. sort: the order a click on its head asks for. css: of the cell; "wide" is left out on phones."""

    label: str | Promise
    text: Callable[[Customer, Seen], str]
    css: str = ""
    sort: str = ""


@dataclass(frozen=True)
class Cell:
    """One cell of a row; the permissions are icons, drawn already."""

    label: str
    text: str = ""
    css: str = ""


@dataclass(frozen=True)
class Row:
    """A customer as a line of the list."""

    customer: Customer
    cells: list[Cell]


def _where(customer: Customer, seen: Seen) -> str:
    return ", ".join(part for part in (customer.city, customer.country) if part)


def _ago(moment: datetime | None, seen: Seen) -> str:
    return _("never") if moment is None else write_time_ago(moment, now=seen.now)


COLUMNS: dict[str, Column] = {
    "where": Column(gettext_lazy("Where"), _where, "mut wide"),
    "may": Column(gettext_lazy("May we write?"), lambda customer, seen: _icons(customer, seen), "may"),
    "orders": Column(gettext_lazy("Orders"), lambda customer, seen: write_number(customer.orders_count), "n wide", "orders"),
    "spent": Column(
        gettext_lazy("Spent"), lambda customer, seen: write_money(customer.spent_minor, currency=seen.currency, cents=True), "n b", "spent"
    ),
    "last_order": Column(gettext_lazy("Last order"), lambda customer, seen: _ago(customer.last_order_at, seen), "mut", "last_order"),
    "last_seen": Column(gettext_lazy("Last seen"), lambda customer, seen: _ago(customer.last_seen_at, seen), "mut wide"),
    "known_since": Column(gettext_lazy("First heard of"), lambda customer, seen: _ago(customer.created_at, seen), "mut wide", "newest"),
    "phone": Column(gettext_lazy("Phone"), lambda customer, seen: customer.phone, "mut tnum wide"),
    "birthday": Column(gettext_lazy("Birthday"), lambda customer, seen: birthday(customer.birthday), "mut wide"),
    "language": Column(gettext_lazy("Language"), lambda customer, seen: customer.language, "mut wide"),
}
USUAL = ("where", "may", "orders", "spent", "last_order", "last_seen")


def chosen_columns(wanted: Sequence[str]) -> list[str]:
    """Return the wanted columns that exist, in their own order; the usual ones when none does."""
    return [key for key in COLUMNS if key in wanted] or list(USUAL)


def rows_of(request: HttpRequest, customers: Sequence[Customer], *, columns: Sequence[str], seen: Seen) -> list[Any]:
    """Return the lines of one page; each upper room is asked once for all of them."""
    ids = [customer.pk for customer in customers]
    known = [(str(fact.label), f"{fact.css} wide", fact.texts(request, ids)) for fact in sorted(facts, key=lambda fact: fact.order)]
    shown = [(str(COLUMNS[key].label), COLUMNS[key].css, COLUMNS[key].text) for key in columns]
    return [
        Row(
            customer,
            [
                *(Cell(label, text(customer, seen), css) for label, css, text in shown),
                *(Cell(label, texts.get(customer.pk, ""), css) for label, css, texts in known),
            ],
        )
        for customer in customers
    ]


def _icons(customer: Customer, seen: Seen) -> str:
    said = {consent.channel: consent.status for consent in customer.consents.all()}
    return _drawn(tuple(said.get(channel, "") for channel in CHANNELS), get_language() or "")


@lru_cache(maxsize=1_000)  # four answers on three channels, in each language: the same few pictures on every row
def _drawn(statuses: tuple[str, ...], language: str) -> str:
    told = [Consent(channel=channel, status=status) for channel, status in zip(CHANNELS, statuses, strict=True) if status]
    return render_to_string("customers/_permission_icons.html", {"permissions": permissions_of(told, channels=CHANNELS)})
