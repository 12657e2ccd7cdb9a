"""Lists kept by hand, the members as a file, and segments side by side."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from retention.dashboard.access import needs
from retention.kit import clock
from retention.kit.random_ids import read_id
from retention.stores import auditing
from retention.stores.stepping_up import asks_for_mfa
from segments import saving
from segments.asking import TooSlow
from segments.exporting import MOST_BROUGHT, find_brought, stream_members
from segments.models import Segment
from segments.overlapping import MOST_COMPARED, compare

MOST_SHOWN = 12


@needs("segments.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new_list(request: Any) -> HttpResponse:
    """Make a list of the people somebody names, by id or address."""
    context: dict[str, Any] = {"most": MOST_BROUGHT}
    if request.method != "POST":
        return render(request, "segments/new_list.html", context)
    name, text = request.POST.get("name", "").strip()[:120], request.POST.get("people", "")
    found = find_brought(text)
    context |= {"name": name, "people": text, "unknown": found.unknown[:MOST_SHOWN], "unknown_count": len(found.unknown)}
    if not name:
        context["name_fault"] = _("Give it a name you will know it by.")
    if not found.customer_ids:
        context["people_fault"] = _("Nobody here has one of these ids or addresses.") if text.strip() else _("Name at least one person.")
    if not name or not found.customer_ids:
        return render(request, "segments/new_list.html", context, status=422)
    try:
        with transaction.atomic():
            made = saving.create_list(name=name, customer_ids=found.customer_ids, user_id=request.user.pk, now=clock.now())
            auditing.note(request, "segment.made", target=f"segment:{made.pk}", details={"name": made.name, "kind": "list"})
    except (saving.NameTaken, saving.Refused) as error:
        return render(request, "segments/new_list.html", context | {"name_fault": saving.refusal_words(error)}, status=422)
    text = ngettext("%(count)d person is in the list.", "%(count)d people are in the list.", len(found.customer_ids))
    messages.success(request, text % {"count": len(found.customer_ids)})
    if found.unknown:
        left = ngettext(
            "%(count)d word stands for nobody here: %(some)s", "%(count)d words stand for nobody here: %(some)s", len(found.unknown)
        )
        messages.warning(request, left % {"count": len(found.unknown), "some": ", ".join(found.unknown[:MOST_SHOWN])})
    return redirect("segments:detail", request.store.slug, made.public_id)


@needs("customers.export")
@asks_for_mfa
@require_GET
def export_members(request: Any, public_id: UUID) -> Any:
    """Send the members as a CSV file."""
    segment = get_object_or_404(Segment.objects.kept(), public_id=public_id)
    with transaction.atomic():
        auditing.note(request, "export.made", target=f"segment:{segment.pk}", details={"kind": "segment", "name": segment.name})
    answer = StreamingHttpResponse(stream_members(segment), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="segment-{segment.public_id}.csv"'
    return answer


@needs("segments.view")
@require_GET
def overlap(request: Any) -> HttpResponse:
    """Compare segments. s: the id of one, up to six times."""
    asked = {text for text in request.GET.getlist("s")[: 2 * MOST_COMPARED] if read_id(text)}
    live = list(Segment.objects.live().order_by("name", "id"))
    chosen = [one for one in live if str(one.public_id) in asked][:MOST_COMPARED]
    context: dict[str, Any] = {"segments": live, "chosen": chosen, "most": MOST_COMPARED}
    if len(chosen) > 1:
        try:
            found = compare(chosen)
        except TooSlow:
            return render(request, "segments/overlap.html", context | {"too_slow": True})
        largest = max((count for _ids, count in found.together), default=1)
        context |= {
            "rows": [(one, [(other, found.shared(one, other), one is other) for other in chosen]) for one in chosen],
            "together": [
                ([(one, one.pk in ids) for one in chosen], count, count / largest, [one.name for one in chosen if one.pk in ids])
                for ids, count in found.together[:MOST_SHOWN]
            ],
            "everybody": found.everybody,
        }
    return render(request, "segments/overlap.html", context)
