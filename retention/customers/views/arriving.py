"""What is arriving: the last events of the store as they come in, and why one was not counted.

The page asks for its list again every two seconds, so nothing here reads more than the newest events: filters look among the
newest SEARCHED, the figures of the hour count as many and are kept for ten seconds.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import redis
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from retention.customers.models import CustomerEvent, EventName
from retention.customers.telling import words_of
from retention.customers.totals import count_arrived
from retention.dashboard.access import allows, needs
from retention.kit import clock

SHOWN, SEARCHED, NAMES = 50, 5_000, 300
KEPT_SECONDS = 10
SOURCES = {
    "api": gettext_lazy("Tracking API"),
    "shopify": gettext_lazy("Shopify"),
    "woocommerce": gettext_lazy("WooCommerce"),
    "csv": gettext_lazy("Import"),
    "form": gettext_lazy("Sign-up form"),
}


@needs("arriving.view")
@require_GET
def arriving(request: Any) -> HttpResponse:
    """Show the newest events. only=refused: those not counted; source, name: from where and which."""
    asked = {name: value for name in ("only", "source", "name") if (value := request.GET.get(name, "").replace("\x00", "")[:120])}
    context: dict[str, Any] = {
        "rows": [{"event": event, "words": words_of(event), "source": SOURCES.get(event.source, event.source)} for event in _events(asked)],
        "asked": asked,
        "query": urlencode(asked),
        "only_refused": asked.get("only") == "refused",
        "tabs": _tabs(asked),
        "searched": SEARCHED,
        "sees_people": allows(request.role, capability="customers.view"),
        "last_hour": _last_hour(),
    }
    fragment = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "arrived"
    if fragment:
        return render(request, "customers/_arrived.html", context)
    names = EventName.objects.order_by("name").values_list("name", flat=True)[:NAMES]
    return render(request, "customers/arriving.html", context | {"names": list(names), "sources": SOURCES.items()})


def _events(asked: dict[str, str]) -> list[CustomerEvent]:
    """Return the newest events that fit; a filter looks among the newest SEARCHED only."""
    rows = CustomerEvent.objects.told().select_related("customer").order_by("-received_at", "-id")
    if not asked:
        return list(rows[:SHOWN])
    newest = CustomerEvent.objects.told().order_by("-received_at", "-id").values_list("received_at", flat=True)[SEARCHED : SEARCHED + 1]
    since = newest.first()
    if since is not None:
        rows = rows.filter(received_at__gte=since)
    if asked.get("only") == "refused":
        rows = rows.exclude(refusal="")
    if "source" in asked:
        rows = rows.filter(source=asked["source"])
    if "name" in asked:
        rows = rows.filter(name=asked["name"])
    return list(rows[:SHOWN])


def _tabs(asked: dict[str, str]) -> list[dict[str, Any]]:
    more = {name: value for name, value in asked.items() if name != "only"}
    refused = asked.get("only") == "refused"
    return [
        {"label": _("Everything"), "url": f"?{urlencode(more)}", "current": not refused},
        {"label": _("Not counted"), "url": f"?{urlencode(more | {'only': 'refused'})}", "current": refused},
    ]


def _last_hour() -> dict[str, Any]:
    """Return how many events came in the last hour and how many were not counted, kept for ten seconds."""
    try:
        kept: dict[str, Any] | None = cache.get("customers:last-hour")
    except redis.RedisError:
        kept = None
    return kept or _count_last_hour()


def _count_last_hour() -> dict[str, Any]:
    counted = count_arrived(since=clock.now() - timedelta(hours=1), most=SEARCHED)
    found = {"all": counted.number, "refused": counted.refused, "more": counted.more}
    try:
        cache.set("customers:last-hour", found, KEPT_SECONDS)
    except redis.RedisError:
        return found
    return found
