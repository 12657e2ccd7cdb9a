"""The baskets of a store: filled now, left alone, come back, bought, given up."""

from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from retention.dashboard.access import allows, needs
from retention.dashboard.paging import read_page
from retention.orders.models import Cart

PAGE_SIZE, COUNTED = 25, 10_000
ORDER = ("-last_activity_at", "-id")
VIEWS: dict[str, tuple[str | Promise, Q]] = {
    "filled": (gettext_lazy("Filled now"), Q(state=Cart.State.OPEN, idle_at=None)),
    "left": (gettext_lazy("Left alone"), Q(state=Cart.State.OPEN, idle_at__isnull=False)),
    "back": (gettext_lazy("Came back"), Q(state=Cart.State.RECOVERED)),
    "bought": (gettext_lazy("Bought"), Q(state=Cart.State.BOUGHT)),
    "given_up": (gettext_lazy("Given up"), Q(state=Cart.State.EXPIRED)),
}
MEANINGS: dict[str, str | Promise] = {
    "filled": gettext_lazy("Something is in it, and it was touched not long ago."),
    "left": gettext_lazy("Nobody touched it for an hour, or what your settings say. After a day of that it counts as abandoned."),
    "back": gettext_lazy("Left alone, and bought after all because of a message."),
    "bought": gettext_lazy("It ended in an order without our doing."),
    "given_up": gettext_lazy("Nobody touched it for 14 days. What they put in later is another basket."),
}


@needs("orders.view")
@require_GET
def baskets(request: Any) -> HttpResponse:
    """Show the baskets of one view, the one touched last first. view: a key of VIEWS."""
    view = request.GET.get("view", "")
    view = view if view in VIEWS else "filled"
    rows = Cart.objects.filter(VIEWS[view][1], lines_count__gt=0)
    page = read_page(rows.select_related("customer"), order=ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    context: dict[str, Any] = {
        "page": page,
        "view": view,
        "meaning": MEANINGS[view],
        "tabs": [{"label": label, "url": f"?view={key}", "current": key == view, "count": None} for key, (label, _q) in VIEWS.items()],
        "sees_people": allows(request.role, capability="customers.view"),
        "label": _("Baskets"),
    }
    if request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "baskets":
        return render(request, "orders/_baskets.html", context)
    return render(request, "orders/baskets.html", context | {"worth": _worth(request.store.currency)})


def _worth(currency: str) -> dict[str, Any]:
    """Return how many baskets are filled and left alone and what they hold, among the last touched COUNTED of the store's currency."""
    open_now: QuerySet[Cart] = Cart.objects.open().filter(lines_count__gt=0, currency=currency).order_by(*ORDER)
    newest = open_now.values("pk", "idle_at", "total_minor")[:COUNTED]
    left = Q(idle_at__isnull=False)
    return newest.aggregate(
        filled=Count("pk", filter=~left),
        left=Count("pk", filter=left),
        filled_minor=Sum("total_minor", filter=~left, default=0),
        left_minor=Sum("total_minor", filter=left, default=0),
    )


@needs("orders.view")
@require_GET
def basket(request: Any, public_id: str) -> HttpResponse:
    """Show one basket: what is in it, what became of it, and the link that brings it back."""
    found = get_object_or_404(Cart.objects.select_related("customer"), public_id=public_id)
    steps = [
        (_("First thing put in"), found.started_at),
        (_("Touched last"), found.last_activity_at),
        (_("Counts as left alone"), found.idle_at),
        (_("Counts as abandoned"), found.abandoned_at),
        (_("Closed"), found.closed_at),
    ]
    context: dict[str, Any] = {
        "basket": found,
        "lines": list(found.lines.order_by("id")),
        "orders": list(found.orders.order_by("placed_at", "id")[:5]),
        "steps": [(words, at) for words, at in steps if at is not None],
        "sees_people": allows(request.role, capability="customers.view"),
    }
    return render(request, "orders/basket.html", context)
