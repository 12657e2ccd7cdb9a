"""The front door: where `/` leads this person."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from retention.dashboard.access import public
from retention.dashboard.menu import home_url
from retention.stores.views.joining import PENDING

LAST_STORE = "last_store"


@public
def entrance(request: Any) -> HttpResponse:
    """Lead to sign-in, to an invitation that waits, to the store last worked in, or to opening the first one."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    waiting = request.session.get(PENDING)
    if waiting:
        return redirect("stores:join", waiting)
    if not request.memberships:
        return redirect("stores:new")
    slugs = [membership.store.slug for membership in request.memberships]
    last = request.session.get(LAST_STORE)
    return redirect(home_url(last if last in slugs else slugs[0]))
