"""The team: who works here as what, who is invited; changing roles, removing, inviting, withdrawing."""

import json
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from retention.dashboard.access import allows, needs
from retention.kit.clock import now
from retention.stores import auditing, inviting, team
from retention.stores.forms.settings import InviteForm, role_choices
from retention.stores.models import AuditEntry, Invitation, Membership
from retention.stores.models.membership import Role
from retention.stores.stepping_up import asks_for_mfa
from retention.stores.views.settings_tabs import settings_page


@needs("team.view")
@require_GET
def team_settings(request: Any) -> HttpResponse:
    """Show the team and the open invitations."""
    return _page(request, InviteForm(actor_role=request.role, initial={"role": Role.MARKETER.value}))


@needs("team.edit")
@asks_for_mfa
@require_POST
def invite(request: Any) -> HttpResponse:
    """Invite an address."""
    form = InviteForm(request.POST, actor_role=request.role)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        inviting.spend_mail(form.cleaned_data["email"], by=request.user.pk)
        with transaction.atomic():
            made = inviting.invite(request.store, **form.cleaned_data, invited_by=request.user, now=timezone.now())
            auditing.note(request, "team.invited", target=f"invitation:{made.pk}", details={"role": made.role})
    except inviting.AlreadyHere:
        form.add_error("email", _("This person works here already."))
        return _page(request, form, status=422)
    except inviting.TooManyOpen:
        form.add_error(None, _("50 invitations wait for an answer. Take some back first."))
        return _page(request, form, status=422)
    except inviting.TooOften:
        form.add_error(None, _("You invited 20 people today, or this address was asked three times. Try again tomorrow."))
        return _page(request, form, status=429)
    messages.success(request, _("The invitation is on its way to %(email)s. It is good for one hour.") % {"email": made.email})
    return redirect("settings:team", request.store.slug)


@needs("team.edit")
@require_POST
def withdraw(request: Any, number: int) -> HttpResponse:
    """Take an invitation back."""
    try:
        with transaction.atomic():
            gone = inviting.withdraw(number, now=timezone.now())
            auditing.note(request, "team.invitation_withdrawn", target=f"invitation:{gone.pk}")
    except Invitation.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("The invitation is taken back. Its link no longer works."))
    return redirect("settings:team", request.store.slug)


@needs("team.edit")
@asks_for_mfa
@require_POST
def change_role(request: Any, number: int) -> HttpResponse:
    """Give a colleague another role; the answer offers Undo."""
    role = request.POST.get("role") or request.GET.get("role", "")
    if role not in Role.values:
        return HttpResponse(status=400)
    try:
        with transaction.atomic():
            before = team.change_role(number, role=role, actor_role=request.role)
            if before != role:
                auditing.note(request, "team.role_changed", target=f"membership:{number}", details={"before": before, "after": role})
    except (Membership.DoesNotExist, team.NotYours, team.LastOwner) as error:
        return _refused(request, error)
    return _changed(request, number, before=before, role=role)


@needs("team.edit")
@require_POST
def remove(request: Any, number: int) -> HttpResponse:
    """Let a colleague go."""
    try:
        with transaction.atomic():
            gone = team.remove(number, actor_role=request.role)
            auditing.note(request, "team.removed", target=f"user:{gone.user_id}", details={"role": gone.role})
    except (Membership.DoesNotExist, team.NotYours, team.LastOwner) as error:
        return _refused(request, error)
    messages.success(request, _("Removed. Their pages are shut from now on."))
    return redirect("settings:team", request.store.slug)


@needs("home.view")
@require_POST
def leave(request: Any) -> HttpResponse:
    """Leave the store oneself."""
    if request.membership is None:
        raise Http404
    try:
        with transaction.atomic():
            team.remove(request.membership.pk, actor_role=Role.OWNER)
            AuditEntry.write("team.left", store_id=request.store.pk, now=now(), actor_id=request.user.pk, target=f"user:{request.user.pk}")
    except team.LastOwner as error:
        return _refused(request, error)
    messages.success(request, _("You no longer work in %(store)s.") % {"store": request.store.name})
    return redirect("stores:entrance")


def _page(request: Any, form: InviteForm, *, status: int = 200) -> HttpResponse:
    moment = timezone.now()
    waiting = Invitation.objects.open(moment).select_related("invited_by").order_by("-created_at", "-pk")
    return settings_page(
        request, "stores/settings_team.html", current="settings:team", status=status, form=form, invitations=waiting, **_members(request)
    )


def _members(request: Any) -> dict[str, Any]:
    may_edit = allows(request.role, capability="team.edit")
    members = list(Membership.objects.select_related("user").order_by("created_at", "pk"))
    secured = set(
        Authenticator.objects.filter(user__in=[member.user_id for member in members])
        .exclude(type=Authenticator.Type.RECOVERY_CODES)
        .values_list("user_id", flat=True)
    )
    owners = sum(member.role == Role.OWNER for member in members)
    rows = [
        {
            "member": member,
            "secured": member.user_id in secured,
            "me": member.user_id == request.user.pk,
            "fixed": not may_edit or (member.role == Role.OWNER and (owners == 1 or request.role != Role.OWNER)),
        }
        for member in members
    ]
    return {"rows": rows, "roles": [(role, Role(role).label) for role, _words in role_choices(request.role)], "may_edit": may_edit}


def _changed(request: Any, number: int, *, before: str, role: str) -> HttpResponse:
    words = _("The role is changed. It holds from their next page on.")
    if request.headers.get("HX-Request") != "true":
        messages.success(request, words)
        return redirect("settings:team", request.store.slug)
    if "role" in request.GET:  # Undo was pressed
        messages.success(request, _("The role is what it was."))
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("settings:team", args=[request.store.slug])})
    undo = f"{reverse('settings:change_role', args=[request.store.slug, number])}?role={before}"
    return _card(request, {"text": words, "undo": {"url": undo}} if before != role else None)


def _refused(request: Any, error: Exception) -> HttpResponse:
    if isinstance(error, Membership.DoesNotExist):
        raise Http404 from error
    words = (
        _("A store needs an owner. Make somebody else one first.")
        if isinstance(error, team.LastOwner)
        else _("Only an owner can make, change or remove an owner.")
    )
    if request.headers.get("HX-Request") == "true":
        return _card(request, {"text": words, "tone": "error"})
    messages.error(request, words)
    return redirect("settings:team", request.store.slug)


def _card(request: Any, toast: dict[str, Any] | None) -> HttpResponse:
    answer = render(request, "stores/_team_members.html", _members(request))
    if toast:
        answer.headers["HX-Trigger"] = json.dumps({"toast": toast})
    return answer
