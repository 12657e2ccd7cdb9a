"""The forms of a store with their numbers, and its topics."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from retention.dashboard.access import allows, needs
from retention.kit import clock
from retention.kit.words import one_line
from retention.signup.building import new_form
from retention.signup.models import SignupForm, Topic
from retention.signup.numbers import FEWEST, Funnel, funnels_of
from retention.stores import auditing

BADGES = {"draft": "draft", "live": "live", "paused": "paused", "archived": "ended"}


@needs("messages.view")
@require_safe
def form_list(request: Any) -> HttpResponse:
    """Show every form that is not put away, the ones that are below, and the topics."""
    forms = list(SignupForm.objects.newest_first().select_related("topic"))
    funnels = funnels_of(form.pk for form in forms)
    rows = [row_of(form, funnels[form.pk]) for form in forms if form.state != SignupForm.State.ARCHIVED]
    signed_up = sum(row["funnel"].confirmed for row in rows)
    context = {
        "rows": rows,
        "away": [form for form in forms if form.state == SignupForm.State.ARCHIVED],
        "topics": list(Topic.objects.offered()),
        "signed_up": signed_up,
        "live": sum(form.state == SignupForm.State.LIVE for form in forms),
        "fewest": FEWEST,
        "may_edit": allows(request.role, capability="messages.edit"),
    }
    return render(request, "signup/list.html", context)


@needs("messages.edit")
@require_POST
def make_form(request: Any) -> HttpResponse:
    """Begin a form; nobody sees it before it is live."""
    with transaction.atomic():
        form = new_form(request.store, now=clock.now())
        auditing.note(request, "form.made", target=f"form:{form.public_id}")
    return redirect("signup:builder", request.store.slug, form.public_id)


@needs("messages.edit")
@require_POST
def make_topic(request: Any) -> HttpResponse:
    """Add something people can subscribe to."""
    name, description = (one_line(request.POST.get(field, "")) for field in ("name", "description"))
    if not name or len(name) > 80 or len(description) > 200:
        messages.error(request, _("Name: write 1 to 80 letters; the sentence has at most 200."))
        return redirect("signup:list", request.store.slug)
    try:
        with transaction.atomic():
            topic = Topic.objects.create(name=name, description=description, created_at=clock.now())
            auditing.note(request, "topic.made", target=f"topic:{topic.public_id}")
    except IntegrityError:
        messages.error(request, _("There is a topic called “%(name)s” already.") % {"name": name})
    return redirect("signup:list", request.store.slug)


@needs("messages.edit")
@require_POST
def archive_topic(request: Any, public_id: UUID) -> HttpResponse:
    """Offer a topic no more; what people said about it stays."""
    topic = get_object_or_404(Topic.objects.all(), public_id=public_id)
    with transaction.atomic():
        if Topic.objects.filter(pk=topic.pk, archived_at=None).update(archived_at=clock.now()):
            auditing.note(request, "topic.archived", target=f"topic:{topic.public_id}")
    return redirect("signup:list", request.store.slug)


def row_of(form: SignupForm, funnel: Funnel) -> dict[str, Any]:
    """Return what a line about a form shows."""
    return {
        "form": form,
        "badge": BADGES[form.state],
        "word": form.get_state_display() if form.state == "archived" else "",
        "funnel": funnel,
    }
