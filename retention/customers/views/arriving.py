"""What is arriving: the last events of the store as they come in, and why one was not counted."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from retention.customers.models import CustomerEvent
from retention.customers.telling import words_of
from retention.dashboard.access import allows, needs
from retention.kit import clock

SHOWN = 50


@needs("arriving.view")
@require_GET
def arriving(request: HttpRequest) -> HttpResponse:
    """Show the newest events; the page asks for its list again every two seconds."""
    only_refused = request.GET.get("only") == "refused"
    events = CustomerEvent.objects.select_related("customer").exclude(kind="own").order_by("-received_at", "-id")
    if only_refused:
        events = events.exclude(refusal="")
    context: dict[str, Any] = {
        "rows": [{"event": event, "words": words_of(event)} for event in events[:SHOWN]],
        "only_refused": only_refused,
        "sees_people": allows(getattr(request, "role", None), capability="customers.view"),
        "last_hour": _last_hour(),
    }
    only_list = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "arriving"
    return render(request, "customers/_arriving.html" if only_list else "customers/arriving.html", context)


def _last_hour() -> dict[str, int]:
    recent = CustomerEvent.objects.exclude(kind="own").filter(received_at__gte=clock.now() - timedelta(hours=1))
    return recent.aggregate(all=Count("id"), refused=Count("id", filter=~Q(refusal="")))
