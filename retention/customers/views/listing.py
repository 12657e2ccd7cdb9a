"""The list of customers: who, where, may we write, and what upper rooms know about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from retention.customers.models import Customer
from retention.customers.panels import facts
from retention.customers.permissions import CHANNELS, Permission, permissions_of
from retention.dashboard.access import allows, needs
from retention.dashboard.paging import Page, read_page

PAGE_SIZE = 25
ORDER = ("-created_at", "-id")


@dataclass(frozen=True)
class Row:
    """A customer as a line of the list."""

    customer: Customer
    permissions: list[Permission]
    facts: list[tuple[str, str, str]]  # label, css, text


@needs("customers.view")
@require_GET
def customer_list(request: HttpRequest) -> HttpResponse:
    """Show the store's customers, newest first; `q` finds an address by its beginning, `view=visitors` those without one."""
    search, visitors = request.GET.get("q", ""), request.GET.get("view") == "visitors"
    known = Customer.objects.known()
    chosen = Customer.objects.visitors() if visitors else known
    found = chosen.found_by(search) if search.strip() else chosen
    page = read_page(found.prefetch_related("consents"), order=ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    context: dict[str, Any] = {
        "page": Page(_rows(request, page.rows), page.start, page.total, page.next, page.back),
        "columns": _columns(),
        "search": search,
        "may_export": allows(getattr(request, "role", None), capability="customers.export"),
        "may_import": allows(getattr(request, "role", None), capability="customers.import"),
        "visitors": visitors,
        "tabs": [
            {"label": _("Known by name"), "url": "?", "current": not visitors, "count": None},
            {"label": _("Visitors without a name"), "url": "?view=visitors", "current": visitors, "count": None},
        ],
    }
    if request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "customers":
        return render(request, "customers/_list.html", context)
    counts = {"known_count": known.count(), "writable_count": known.who_allow("email").count()}
    return render(request, "customers/list.html", context | counts)


def _columns() -> list[dict[str, Any]]:
    ordered = sorted(facts, key=lambda fact: fact.order)
    return [
        {"label": _("Customer")},
        {"label": _("Where")},
        {"label": _("May we write?")},
        *({"label": fact.label, "css": fact.css} for fact in ordered),
        {"label": _("Last seen")},
    ]


def _rows(request: HttpRequest, customers: Sequence[Customer]) -> list[Any]:
    ids = [customer.pk for customer in customers]
    known = [(fact, fact.texts(request, ids)) for fact in sorted(facts, key=lambda fact: fact.order)]
    return [
        Row(
            customer,
            permissions_of(list(customer.consents.all()), channels=CHANNELS),
            [(str(fact.label), fact.css, texts.get(customer.pk, "")) for fact, texts in known],
        )
        for customer in customers
    ]
