"""Where visits are lost: the funnel of the store's real visits, by group, device or source, with a hint at the cause and a way to a row."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from campaigns.recovery.figures import DIMENSIONS, Way
from campaigns.recovery.lately import causes_lately, ways_lately
from campaigns.recovery.rules.behaviour import DEVICES, STEPS
from campaigns.recovery.rules.groups import BY_KEY
from retention.dashboard.access import allows, needs
from retention.kit import clock

FEWEST = 20
"""Below so many visits at a step no part of them is called lost."""
LEAST_LOST = 10
"""A step that loses fewer visits than this is not called the worst: two people are no bottleneck."""
_STEPS = {
    "visit": gettext_lazy("Came"),
    "product": gettext_lazy("Looked at a product"),
    "basket": gettext_lazy("Filled the basket"),
    "checkout": gettext_lazy("Began the checkout"),
    "shipping": gettext_lazy("Saw the shipping cost"),
    "payment": gettext_lazy("Began to pay"),
    "order": gettext_lazy("Ordered"),
}
_HINTS = {
    "product": gettext_lazy("They see lists or the first page and open nothing: is what they came for on top?"),
    "basket": gettext_lazy("They read a product and leave: questions, price, or it is sold out."),
    "checkout": gettext_lazy("The basket is full and stays: they compare, or were called away."),
    "shipping": gettext_lazy("They turn back in the form: it may ask for an account or for too much."),
    "payment": gettext_lazy("They turn back where the shipping cost first shows."),
    "order": gettext_lazy("They want to pay and do not: a refused card, or a way to pay that is missing."),
}
# What a row of one's own would look for: the event of the step before, without the one of the step.
_EVENTS = {
    "product": "Product List Viewed", "basket": "Product Viewed", "checkout": "Product Added", "shipping": "Checkout Started",
    "payment": "Checkout Started", "order": "Payment Info Entered",
}  # fmt: skip
_WITHOUT = {
    "product": "Product Viewed", "basket": "Product Added", "checkout": "Checkout Started", "shipping": "Checkout Step Viewed",
    "payment": "Payment Info Entered", "order": "Order Completed",
}  # fmt: skip
_DEVICES = {"phone": gettext_lazy("Phone"), "tablet": gettext_lazy("Tablet"), "computer": gettext_lazy("Computer")}


@needs("messages.view")
@require_safe
def show_bottlenecks(request: Any) -> HttpResponse:
    """Show how far visits come, together and split; and which step loses most."""
    by = request.GET.get("by", "")
    by = by if by in DIMENSIONS else "group"
    days = 90 if request.GET.get("days") == "90" else 30
    now = clock.now()
    together, *parts = ways_lately(by, days=days, now=now)
    worst = STEPS[together.worst] if _is_bottleneck(together, together.worst) else ""
    context = {
        "by": by,
        "split": dict(_dimensions())[by],
        "days": days,
        "steps": _steps(together, request),
        "names": [_STEPS[step] for step in STEPS],
        "parts": [_part(way, by, request) for way in parts],
        "choices": [{"key": key, "label": label, "current": key == by} for key, label in _dimensions()],
        "periods": [{"days": one, "label": label, "current": one == days} for one, label in ((30, _("30 days")), (90, _("90 days")))],
        "visits": together.counts[0],
        "enough": together.counts[0] >= FEWEST,
        "worst": _STEPS.get(worst, ""),
        "worst_hint": _HINTS.get(worst, ""),
        "causes": _causes(days, now),
        "may_edit": allows(getattr(request, "role", None), capability="messages.edit"),
    }
    return render(request, "campaigns/recovery/bottlenecks.html", context)


def _dimensions() -> list[tuple[str, str]]:
    return [("group", _("By visitor group")), ("device", _("By device")), ("source", _("By source"))]


def _is_bottleneck(way: Way, place: int) -> bool:
    before = way.counts[place - 1]
    return before >= FEWEST and before - way.counts[place] >= LEAST_LOST


def _steps(way: Way, request: Any, *, device: str = "") -> list[dict[str, Any]]:
    first = way.counts[0]
    found = []
    for place, step in enumerate(STEPS):
        before = way.counts[place - 1] if place else 0
        found.append(
            {
                "name": _STEPS[step],
                "count": way.counts[place],
                "share": way.counts[place] / first if first else 0,
                "lost": before - way.counts[place] if place else 0,
                "lost_share": way.lost_at(place) if place and before >= FEWEST else None,
                "hint": _HINTS.get(step, ""),
                "worst": place == way.worst and _is_bottleneck(way, place),
                "row_url": _row_url(request, step, device=device) if place else "",
            }
        )
    return found


def _row_url(request: Any, step: str, *, device: str = "") -> str:
    told = {"event": _EVENTS[step], "without": _WITHOUT[step], **({"device": device} if device else {})}
    return f"{reverse('campaigns:recovery_row', args=[request.store.slug])}?{urlencode(told)}"


def _part(way: Way, by: str, request: Any) -> dict[str, Any]:
    device = way.name if by == "device" and way.name in DEVICES else ""
    worst = STEPS[way.worst]
    return {
        "name": _name_of(way.name, by),
        "visits": way.counts[0],
        "steps": _steps(way, request, device=device),
        "worst": _STEPS[worst] if _is_bottleneck(way, way.worst) else "",
        "row_url": _row_url(request, worst, device=device),
    }


def _name_of(name: str, by: str) -> str:
    if not name:
        return _("By themselves") if by == "source" else _("Not told")
    if by == "group":
        return BY_KEY[name].name.render(_) if name in BY_KEY else name
    return str(_DEVICES.get(name, name)) if by == "device" else name


def _causes(days: int, now: datetime) -> list[dict[str, Any]]:
    """Return the stages people left at in the period, most first: the causes the plan already knows."""
    return [{"name": name, "count": count} for name, count in causes_lately(days=days, now=now)[:8]]
