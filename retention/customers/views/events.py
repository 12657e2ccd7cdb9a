"""One event as it arrived: what it says, who it belongs to, when it came, and its raw form."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from retention.customers.models import CustomerEvent
from retention.customers.telling import words_of
from retention.dashboard.access import needs

_FACTS = (
    "order_id",
    "total",
    "revenue",
    "value",
    "currency",
    "product_id",
    "sku",
    "name",
    "price",
    "quantity",
    "cart_id",
    "coupon",
    "title",
    "path",
    "url",
    "query",
)


@needs("customers.view")
@require_GET
def event(request: HttpRequest, arrival: int, public_id: UUID) -> HttpResponse:
    """Show one event; as a fragment only its raw form. arrival: `CustomerEvent.arrival`, which leads to its month."""
    found = get_object_or_404(CustomerEvent.objects.arrived_as(public_id, arrival=arrival).select_related("customer"))
    context: dict[str, Any] = {"event": found, "raw": _raw(found)}
    if request.headers.get("HX-Request") == "true":
        return render(request, "customers/_raw.html", context)
    return render(request, "customers/event.html", context | {"words": words_of(found), "facts": _facts(found)})


def _facts(event: CustomerEvent) -> list[tuple[str, str]]:
    """Return the properties a person looks for first."""
    plain = ((name, event.properties.get(name)) for name in _FACTS)
    return [(name.replace("_", " "), str(value)[:300]) for name, value in plain if isinstance(value, str | int | float) and value != ""]


def _raw(event: CustomerEvent) -> str:
    names = {"kind": event.kind, "name": event.name, "anonymousId": event.anonymous_id, "userId": event.external_id}
    whole = {name: value for name, value in names.items() if value} | {"properties": event.properties, "context": event.context}
    return json.dumps(whole, indent=2, ensure_ascii=False, sort_keys=False)
