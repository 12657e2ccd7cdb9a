"""Lists kept by hand, the members as a file, and segments side by side."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from retention.customers.views.exporting import as_download
from retention.dashboard.access import needs
from retention.dashboard.figures import write_number
from retention.kit import clock
from retention.kit.random_ids import read_id
from retention.stores import auditing
from retention.stores.stepping_up import asks_for_mfa
from segments import saving
from segments.asking import CannotAsk
from segments.exporting import MOST_BROUGHT, Found, TooMany, find_brought, stream_members
from segments.models import Segment
from segments.overlapping import MOST_COMPARED, compare
from segments.views.building import NAME_WANTED, read_words

MOST_SHOWN, MOST_LETTERS, MOST_EXPORTED = 12, 60, 100_000


@needs("segments.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new_list(request: Any) -> HttpResponse:
    """Make a list of the people somebody names, by id or address."""
    if request.method != "POST":
        return render(request, "segments/new_list.html", {"most": MOST_BROUGHT})
    asked = _Asked.of(request)
    if not asked.found.customer_ids and not asked.fault:
        asked.fault = _("Nobody here has one of these ids or addresses.") if asked.people.strip() else _("Name at least one person.")
    if asked.is_wrong:
        return render(request, "segments/new_list.html", asked.context, status=422)
    try:
        with transaction.atomic():
            words = {"name": asked.name, "folder": asked.folder, "note": asked.note}
            made = saving.create_list(customer_ids=asked.found.customer_ids, user_id=request.user.pk, now=clock.now(), **words)
            auditing.note(request, "segment.made", target=f"segment:{made.pk}", details={"name": made.name, "kind": "list"})
    except (saving.NameTaken, saving.Refused) as error:
        return render(request, "segments/new_list.html", asked.context | {"name_fault": saving.refusal_words(error)}, status=422)
    text = ngettext("%(count)d person is in the list.", "%(count)d people are in the list.", len(asked.found.customer_ids))
    messages.success(request, text % {"count": len(asked.found.customer_ids)})
    _say_unknown(request, asked.found)
    return redirect("segments:detail", request.store.slug, made.public_id)


@needs("segments.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_list(request: Any, public_id: UUID) -> HttpResponse:
    """Change what a list is called, put people on it or take them off. do: add or remove."""
    segment = get_object_or_404(Segment.objects.live().filter(kind=Segment.Kind.LIST), public_id=public_id)
    if request.method != "POST":
        context = {"segment": segment, "name": segment.name, "note": segment.note, "folder": segment.folder, "most": MOST_BROUGHT}
        return render(request, "segments/new_list.html", context)
    asked = _Asked.of(request)
    if asked.is_wrong:
        return render(request, "segments/new_list.html", asked.context | {"segment": segment}, status=422)
    ids: list[int] = asked.found.customer_ids
    is_removing = request.POST.get("do") == "remove"
    try:
        with transaction.atomic():
            saving.describe(segment, name=asked.name, folder=asked.folder, note=asked.note)
            saving.change_list(segment, add=[] if is_removing else ids, remove=ids if is_removing else [], now=clock.now())
            auditing.note(request, "segment.changed", target=f"segment:{segment.pk}", details={"people": len(ids), "removed": is_removing})
    except (saving.NameTaken, saving.Refused) as error:
        context = asked.context | {"segment": segment, "name_fault": saving.refusal_words(error)}
        return render(request, "segments/new_list.html", context, status=422)
    messages.success(request, _("The list is changed."))
    _say_unknown(request, asked.found)
    return redirect("segments:detail", request.store.slug, public_id)


@dataclass
class _Asked:
    """What the form of a list says, and whom it names. fault: why they could not be read."""

    name: str
    folder: str
    note: str
    people: str
    found: Found
    fault: str = ""

    @classmethod
    def of(cls, request: Any) -> "_Asked":
        words, people = read_words(request.POST), request.POST.get("people", "")
        try:
            return cls(**words, people=people, found=find_brought(people))
        except TooMany as error:
            text = _("These are %(count)d; at most %(most)d fit at once. Bring them in several parts.")
            fault = text % {"count": error.args[0], "most": MOST_BROUGHT}
            return cls(**words, people=people, found=Found([], []), fault=fault)

    @property
    def is_wrong(self) -> bool:
        """Say whether it cannot be done."""
        return bool(self.fault or not self.name)

    @property
    def context(self) -> dict[str, Any]:
        """Return the form as it was sent, with what is wrong."""
        return {
            "name": self.name, "folder": self.folder, "note": self.note, "people": self.people, "most": MOST_BROUGHT,
            "unknown": [word[:MOST_LETTERS] for word in self.found.unknown[:MOST_SHOWN]], "unknown_count": len(self.found.unknown),
            "name_fault": "" if self.name else NAME_WANTED, "people_fault": self.fault,
        }  # fmt: skip


def _say_unknown(request: Any, found: Found) -> None:
    count = len(found.unknown)
    if count:
        text = ngettext("%(count)d word stands for nobody here: %(some)s", "%(count)d words stand for nobody here: %(some)s", count)
        some = ", ".join(word[:MOST_LETTERS] for word in found.unknown[:MOST_SHOWN])
        messages.warning(request, text % {"count": count, "some": some})


@needs("customers.export")
@asks_for_mfa
@require_GET
def export_members(request: Any, public_id: UUID) -> Any:
    """Send the members as a CSV file."""
    segment = get_object_or_404(Segment.objects.live(), public_id=public_id)
    refusal = ""
    if not segment.is_up_to_date:
        refusal = saving.refusal_words(saving.Refused("is_waiting"))
    elif segment.members_count > MOST_EXPORTED:
        refusal = _("More than %(most)s people do not fit into one download; the API gives them page by page.")
        refusal %= {"most": write_number(MOST_EXPORTED)}
    if refusal:
        messages.error(request, refusal)
        return redirect("segments:detail", request.store.slug, public_id)
    with transaction.atomic():
        auditing.note(request, "export.made", target=f"segment:{segment.pk}", details={"kind": "segment", "name": segment.name})
    answer = StreamingHttpResponse(stream_members(segment), content_type="text/csv; charset=utf-8")
    return as_download(answer, f"segment-{segment.public_id}.csv")


@needs("segments.view")
@require_GET
def overlap(request: Any) -> HttpResponse:
    """Compare segments. s: the id of one, up to six times."""
    asked = {text for text in request.GET.getlist("s") if read_id(text)}
    live = list(Segment.objects.live().order_by("name", "id"))
    wanted = [one for one in live if str(one.public_id) in asked]
    chosen = wanted[:MOST_COMPARED]
    context: dict[str, Any] = {"segments": live, "chosen": chosen, "left_out": wanted[MOST_COMPARED:], "most": MOST_COMPARED}
    if len(chosen) > 1:
        try:
            found = compare(chosen)
        except CannotAsk:
            return render(request, "segments/overlap.html", context | {"too_slow": True})
        largest = max((count for _ids, count in found.together), default=1)
        context |= {
            "rows": [(one, [(other, found.shared(one, other), one is other) for other in chosen]) for one in chosen],
            "together": [([(one, one.pk in ids) for one in chosen], count, count / largest) for ids, count in found.together[:MOST_SHOWN]],
            "everybody": found.everybody,
        }
    return render(request, "segments/overlap.html", context)
