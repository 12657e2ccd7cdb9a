"""The home page of a store, the parts of it that renew themselves, and hiding the checklist."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from retention.dashboard import home_parts
from retention.dashboard.access import allows, needs
from retention.home import drawing, steps, telling, waiting
from retention.kit.clock import now as clock_now
from retention.stores.views.entrance import LAST_STORE

DAY_ONE_COUNTERS = ("orders", "customers", "messages_sent", "baskets_back")


@needs("home.view")
@require_GET
def home(request: Any) -> HttpResponse:
    """Show the first day's page until the set-up is done or hidden, then the daily one."""
    if request.impersonator is None and request.session.get(LAST_STORE) != request.store.slug:
        request.session[LAST_STORE] = request.store.slug
    now = clock_now()
    checklist = home_parts.checklist(request, now=now)
    hidden = request.store.checklist_hidden_at is not None
    context = {"checklist": checklist, "may_hide": allows(request.role, capability="store.edit")} | _live(request)
    if not checklist.complete and not hidden:
        name = telling.first_name(request.user.get_full_name())
        context |= {"counters": _day_one_counters(request), "connect": steps.connecting(request), "name": name}
        return render(request, "home/day_one.html", context)
    local = timezone.localtime(now)
    context |= {
        "greeting": telling.greeting(local, name=request.user.get_full_name()),
        "local": local,
        "sentence": telling.sentence(request.store, now=now),
        "caution": telling.caution(now=now),
        "news": telling.since_yesterday(request, now=now),
        "chart": drawing.revenue_chart(request.store, now=now),
        "may_show": hidden and not checklist.complete,
    }
    return render(request, "home/daily.html", context)


@needs("home.view")
@require_GET
def live(request: Any) -> HttpResponse:
    """Return the parts that renew themselves: the counters and what needs somebody."""
    context = _live(request)
    if request.GET.get("of") == "day_one":
        context["counters"] = _day_one_counters(request)
    return render(request, "home/_live.html", context)


@needs("home.view")
@require_GET
def listening(request: Any) -> HttpResponse:
    """Say whether the shop was heard; the page is loaded anew when it was for the first time."""
    heard = steps.last_heard()
    answer = render(request, "home/_listening.html", {"connect": {"heard": heard}})
    if heard is not None:
        answer.headers["HX-Refresh"] = "true"
    return answer


@needs("store.edit")
@require_POST
def checklist(request: Any) -> HttpResponse:
    """Hide the set-up list for everybody in the store, or show it again (`show`)."""
    request.store.checklist_hidden_at = None if "show" in request.POST else clock_now()
    request.store.save(update_fields=["checklist_hidden_at"])
    return redirect("home", store_slug=request.store.slug)


def _live(request: Any) -> dict[str, Any]:
    now = clock_now()
    things, count = waiting.look(request, now=now)
    return {"counters": home_parts.counters(request, now=now), "things": things, "count": count, "of": "daily"}


def _day_one_counters(request: Any) -> list[home_parts.Counter]:
    now = clock_now()
    sources = (home_parts.counter_sources.get(key) for key in DAY_ONE_COUNTERS)
    found = (source(request, now) for source in sources if source is not None)
    return [counter for counter in found if counter is not None]
