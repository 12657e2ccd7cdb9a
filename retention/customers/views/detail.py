"""One customer: who they are, may we write, what happened, and the panels of upper rooms."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from retention.customers.models import Customer
from retention.customers.panels import panels
from retention.customers.permissions import CHANNELS, permissions_of
from retention.customers.telling import tell
from retention.dashboard.access import allows, needs
from retention.dashboard.paging import read_page
from retention.kit import clock

EVENTS_A_PAGE = 50


@needs("customers.view")
@require_GET
def customer_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one customer of the store."""
    customer = get_object_or_404(Customer.objects.prefetch_related("consents"), public_id=public_id)
    now = clock.now()
    page = read_page(customer.events.all(), order=("-occurred_at", "-id"), cursor=request.GET.get("cursor", ""), size=EVENTS_A_PAGE)
    context: dict[str, Any] = {
        "customer": customer,
        "permissions": permissions_of(list(customer.consents.all()), channels=CHANNELS),
        "days": tell(page.rows, now=now),
        "page": page,
        "panels": _panels(request, customer),
        "may_export": allows(getattr(request, "role", None), capability="customers.export"),
        "may_erase": allows(getattr(request, "role", None), capability="customers.erase"),
    }
    only_timeline = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "timeline"
    return render(request, "customers/_timeline.html" if only_timeline else "customers/detail.html", context)


def _panels(request: HttpRequest, customer: Customer) -> list[dict[str, Any]]:
    now = clock.now()
    shown = ((panel, panel.context(request, customer, now)) for panel in sorted(panels, key=lambda panel: panel.order))
    return [{"title": panel.title, "template": panel.template, **found} for panel, found in shown if found is not None]
