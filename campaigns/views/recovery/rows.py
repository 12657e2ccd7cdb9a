"""Rows and columns of the plan: rows of the merchant's own (ready-made ones stay), and who is in a visitor group."""

from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.forms import RowForm
from campaigns.models import RecoveryGroup, RecoveryStage
from campaigns.recovery.planning import PlanRefused, add_stage, archive_stage, name_group
from campaigns.recovery.rules.groups import BY_KEY, LOOKING
from campaigns.recovery.rules.stages import Happened
from retention.dashboard.access import needs
from retention.kit import clock
from retention.stores import auditing
from segments.models import Segment
from segments.offering import offers


@needs("messages.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new_row(request: Any) -> HttpResponse:
    """Ask for a row of the merchant's own, and add it; an address may bring what stands in the form."""
    told = {name: request.GET[name][:120] for name in ("name", "event", "without", "device") if name in request.GET}
    form = RowForm(request.POST or None, initial=told)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        rule = Happened(said["event"], said["without"], said["device"])
        try:
            with transaction.atomic():
                stage = add_stage(said["name"], rule, now=clock.now())
                auditing.note(request, "recovery.row_added", target=f"stage:{stage.public_id}")
            toasts.success(request, _("“%(name)s” is a row now. Nobody decided about its cells yet.") % {"name": stage.name})
            return redirect("campaigns:recovery", store_slug=request.store.slug)
        except PlanRefused as refused:
            form.add_error("name", refused.phrase.render(_))
    status = 422 if request.method == "POST" else 200
    return render(request, "campaigns/recovery/row.html", {"form": form, "heard": offers("events")}, status=status)


@needs("messages.edit")
@require_POST
def remove_row(request: Any, public_id: UUID) -> HttpResponse:
    """Take a row of the merchant's own out of the plan."""
    stage = get_object_or_404(RecoveryStage.objects.filter(archived_at=None, ready=""), public_id=public_id)
    with transaction.atomic():
        archive_stage(stage, user_id=request.user.pk, now=clock.now())
        auditing.note(request, "recovery.row_removed", target=f"stage:{stage.public_id}")
    toasts.success(request, _("“%(name)s” is no row any more. What happened there stays counted.") % {"name": stage.name})
    return redirect("campaigns:recovery", store_slug=request.store.slug)


@needs("messages.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_group(request: Any, group: str) -> HttpResponse:
    """Show the rule of a visitor group, and let a segment stand in for it."""
    if group not in BY_KEY:
        raise Http404
    segments = Segment.objects.filter(state=Segment.State.LIVE).order_by("name", "id")
    if request.method == "POST":
        wanted = request.POST.get("segment", "")
        chosen = next((one for one in segments if str(one.public_id) == wanted), None)
        if wanted and chosen is None:
            raise Http404
        with transaction.atomic():
            name_group(group, chosen)
            auditing.note(request, "recovery.group", target=f"group:{group}", details={"segment": chosen.name if chosen else ""})
        toasts.success(request, _("Saved. It counts from the next visit on."))
        return redirect("campaigns:recovery", store_slug=request.store.slug)
    now_by = RecoveryGroup.objects.filter(group=group).select_related("segment").first()
    context = {
        "group": {"name": BY_KEY[group].name.render(_), "rule": BY_KEY[group].rule.render(_)},
        "segments": segments,
        "chosen": now_by.segment_id if now_by is not None else None,
        "is_rest": group == LOOKING,
    }
    return render(request, "campaigns/recovery/group.html", context)
