"""One form: how it does, how it gets into a page, who signed up last; and its switches."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from retention.dashboard.access import allows, needs
from retention.dashboard.figures import write_share
from retention.dashboard.paging import read_page
from retention.kit import clock
from retention.signup.building import cannot_ask
from retention.signup.links import form_url
from retention.signup.models import Signup, SignupForm
from retention.signup.numbers import funnels_of
from retention.signup.views.building import rule_words
from retention.signup.views.listing import row_of
from retention.stores import auditing

SIGNUPS_A_PAGE = 25
_STATES = {"pending": "queued", "confirmed": "done", "expired": "ended", "refused": "unsub"}


@needs("messages.view")
@require_safe
def form_detail(request: Any, public_id: UUID) -> HttpResponse:
    """Show one form."""
    form = get_object_or_404(SignupForm.objects.select_related("topic"), public_id=public_id)
    funnel = funnels_of([form.pk])[form.pk]
    rows = Signup.objects.filter(form=form).select_related("customer")
    page = read_page(rows, order=("-created_at", "-id"), cursor=request.GET.get("cursor", ""), size=SIGNUPS_A_PAGE, total=funnel.filled)
    context = row_of(form, funnel) | {
        "filled_share": write_share(funnel.filled_share) if funnel.filled_share is not None else "",
        "confirmed_share": write_share(funnel.confirmed_share) if funnel.confirmed_share is not None else "",
        "page": page,
        "signups": [{"row": row, "badge": _STATES[row.state], "word": row.get_state_display()} for row in page.rows],
        "rule": rule_words(form, country=request.store.country),
        "code": code_of(form),
        "page_url": form_url(form),
        "may_edit": allows(request.role, capability="messages.edit"),
        "may_see_people": allows(request.role, capability="customers.view"),
    }
    return render(request, "signup/form.html", context)


@needs("messages.edit")
@require_POST
def set_live(request: Any, public_id: UUID) -> HttpResponse:
    """Open a form to visitors; one that could not ask for the second yes it needs stays as it is."""
    form = get_object_or_404(SignupForm.objects.all(), public_id=public_id)
    if cannot := cannot_ask(form.opt_in, asks_email=form.asks_email, country=request.store.country):
        messages.error(request, cannot)
        return redirect("signup:form", request.store.slug, form.public_id)
    text = _("%(name)s is live. Everybody who has its address can fill it in.")
    return _switch(request, public_id, "form.live", lambda form: form.go_live(now=clock.now()), said=text)


@needs("messages.edit")
@require_POST
def pause(request: Any, public_id: UUID) -> HttpResponse:
    """Take nobody's answers for now."""
    text = _("%(name)s is paused. Nobody can fill it in until you set it live again.")
    return _switch(request, public_id, "form.paused", SignupForm.pause, said=text)


@needs("messages.edit")
@require_POST
def archive(request: Any, public_id: UUID) -> HttpResponse:
    """Put a form away for good."""
    return _switch(request, public_id, "form.archived", SignupForm.archive, said=_("%(name)s is put away. What came in by it stays."))


def _switch(request: Any, public_id: UUID, action: str, act: Callable[[SignupForm], bool], *, said: str) -> HttpResponse:
    """Do it, write it down and say it once; a second press changes nothing."""
    form = get_object_or_404(SignupForm.objects.all(), public_id=public_id)
    with transaction.atomic():
        done = act(SignupForm.objects.select_for_update().get(pk=form.pk))
        if done:
            auditing.note(request, action, target=f"form:{form.public_id}")
    if done:
        messages.success(request, said % {"name": form.name})
    return redirect("signup:form", request.store.slug, form.public_id)


def code_of(form: SignupForm) -> str:
    """Return the lines a shop copies into its pages; nothing for a form with a page of its own."""
    script = f"{settings.SITE_URL}{settings.STATIC_URL}js/signup.js"
    if form.kind == SignupForm.Kind.POPUP:
        return f'<script src="{script}" data-form="{form.public_id}" defer></script>'
    if form.kind == SignupForm.Kind.EMBEDDED:
        return f'<div data-boomerang-form="{form.public_id}"></div>\n<script src="{script}" defer></script>'
    return ""
