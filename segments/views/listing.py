"""The store's segments as a list, and the library of proven ones."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from retention.dashboard.access import allows, needs
from retention.dashboard.paging import read_page
from retention.kit import clock
from retention.kit.words import one_line
from segments.building.drawing import say
from segments.growing import daily_sizes
from segments.knowing import terms_of_store
from segments.library import LIBRARY
from segments.models import Segment
from segments.rules.terms import Terms

PAGE_SIZE, SPARK_DAYS = 50, 30
VIEWS = ("kept", "draft", "list", "archived")


@needs("segments.view")
@require_GET
def segment_list(request: Any) -> HttpResponse:
    """Show the store's segments. view: kept, draft, list or archived; folder; q: part of a name."""
    view = request.GET.get("view", "")
    view = view if view in VIEWS else "kept"
    folder, search = (one_line(request.GET.get(name, ""), longest=120) for name in ("folder", "q"))
    rows = _of_view(view)
    rows = rows.filter(folder=folder) if folder else rows
    rows = rows.filter(name__icontains=search) if search else rows
    page = read_page(rows, order=("name", "id"), cursor=request.GET.get("cursor", ""), size=PAGE_SIZE, total=rows.count())
    terms = terms_of_store()
    today = clock.now().astimezone(request.store.timezone).date()
    days = daily_sizes([segment.pk for segment in page.rows], since=today - timedelta(days=SPARK_DAYS), until=today)
    context = {
        "page": page,
        "rows": [row_of(segment, terms) | {"sizes": [size for _day, size in days.get(segment.pk, ())]} for segment in page.rows],
        "view": view,
        "views": {key: _of_view(key).count() for key in VIEWS},
        "folder": folder,
        "folders": Segment.objects.kept().folders(),
        "search": search,
        "is_narrowed": bool(folder or search or view != "kept"),
        "may_edit": allows(request.role, capability="segments.edit"),
    }
    return render(request, "segments/list.html", context)


@needs("segments.view")
@require_GET
def library(request: Any) -> HttpResponse:
    """Show the proven segments, each with what to do with its people."""
    terms = terms_of_store()
    taken = set(Segment.objects.kept().values_list("name", flat=True))
    rows = [{"proven": one, "sentence": say(one.rule, terms), "is_there": one.name in taken} for one in LIBRARY]
    return render(request, "segments/library.html", {"rows": rows, "may_edit": allows(request.role, capability="segments.edit")})


def row_of(segment: Segment, terms: Terms) -> dict[str, Any]:
    """Return a segment as pages show it: its state, its rule in a sentence."""
    is_list = segment.kind == Segment.Kind.LIST
    rule = segment.rule or segment.draft
    badge = {"draft": "draft", "live": "live", "archived": "ended"}[segment.state]
    return {
        "segment": segment,
        "badge": "needs" if segment.fault and segment.state == "live" else badge,
        "is_list": is_list,
        "sentence": say(rule, terms) if rule and not is_list else "",
        "is_waiting": segment.is_waiting,
    }


def _of_view(view: str) -> Any:
    kept = Segment.objects.kept()
    if view == "archived":
        return Segment.objects.filter(state=Segment.State.ARCHIVED)
    if view == "list":
        return kept.filter(kind=Segment.Kind.LIST)
    return kept.filter(state=Segment.State.DRAFT) if view == "draft" else kept.filter(state=Segment.State.LIVE)
