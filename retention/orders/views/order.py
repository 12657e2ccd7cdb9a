"""One order: its lines, the parts of its sum, what was given back, what is on its way back, and the basket it came from."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from retention.dashboard.access import allows, needs
from retention.orders.models import Order, Return
from retention.orders.views.orders import SOURCES


@needs("orders.view")
@require_GET
def order(request: Any, public_id: str) -> HttpResponse:
    """Show one order."""
    found = get_object_or_404(Order.objects.select_related("customer", "cart"), public_id=public_id)
    context: dict[str, Any] = {
        "order": found,
        "lines": list(found.lines.order_by("position")),
        "refunds": list(found.refunds.prefetch_related("lines").order_by("refunded_at", "id")),
        "returns": list(Return.objects.filter(order_number=found.number).prefetch_related("lines").order_by("requested_at", "id")),
        "source": SOURCES.get(found.source, found.source),
        "net_minor": found.total_minor - found.refunded_minor,
        "sees_people": allows(request.role, capability="customers.view"),
    }
    return render(request, "orders/order.html", context)
