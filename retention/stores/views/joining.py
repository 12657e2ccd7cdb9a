"""Following an invitation: the page behind the mail's link, and its button. Looking changes nothing in the database."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from retention.dashboard.access import public, signed_in
from retention.dashboard.menu import home_url
from retention.kit.clock import now
from retention.stores import sessions
from retention.stores.inviting import Asked, NotAcceptable, accept, owns_address, read_link
from retention.stores.models import AuditEntry
from retention.tenancy.context import store_context

PENDING = "invitation"


@public
@require_GET
def join(request: Any, link: str) -> HttpResponse:
    """Show who asks whom to join what; to somebody not signed in, the two ways to go on."""
    try:
        asked = read_link(link, now=timezone.now())
    except NotAcceptable as error:
        request.session.pop(PENDING, None)
        return _refused(request, error.reason)
    words: dict[str, Any] = {"asked": asked, "link": link, "email": asked.invitation.email}
    if not request.user.is_authenticated:
        # Whoever opens this link has read the mail, so the address needs no second proof.
        get_adapter(request).stash_verified_email(request, asked.invitation.email)
        request.session[PENDING] = link
        here = urlencode({"next": reverse("stores:join", args=[link]), "email": asked.invitation.email})
        words |= {"login_url": f"{reverse('account_login')}?{here}", "signup_url": f"{reverse('account_signup')}?{here}"}
        return render(request, "stores/join_signed_out.html", words)
    if not owns_address(request.user, asked.invitation.email):
        return render(request, "stores/join_other_address.html", words, status=403)
    return render(request, "stores/join.html", words)


@signed_in
@require_POST
def join_now(request: Any, link: str) -> HttpResponse:
    """Become a member."""
    try:
        with transaction.atomic():
            asked = read_link(link, now=timezone.now())
            membership = accept(asked, user=request.user, now=timezone.now())
            _note(request, asked)
    except NotAcceptable as error:
        return _refused(request, error.reason)
    request.session.pop(PENDING, None)
    sessions.rotate(request)
    messages.success(
        request, _("You work in %(store)s now, as %(role)s.") % {"store": asked.store.name, "role": membership.get_role_display()}
    )
    return redirect(home_url(asked.store.slug))


def _refused(request: Any, reason: str) -> HttpResponse:
    return render(request, "stores/join_refused.html", {"reason": reason}, status={"unknown": 404, "other_address": 403}.get(reason, 410))


def _note(request: Any, asked: Asked) -> None:
    with store_context(asked.store.pk):
        AuditEntry.write(
            "team.joined",
            store_id=asked.store.pk,
            now=now(),
            actor_id=request.user.pk,
            target=f"user:{request.user.pk}",
            details={"role": asked.invitation.role, "invitation": asked.invitation.pk},
        )
