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
    """Lead to sign-in, to an invitation that waits, to the store last worked in, or to opening the first one.

    A new sign-in has worked in none yet: it begins in the store this person joined first.
    """
    if not request.user.is_authenticated:
        return redirect("account_login")
    waiting = request.session.get(PENDING)
    if waiting:
        return redirect("stores:join", waiting)
    if not request.memberships:
        return redirect("stores:new")
    longest_first = sorted(request.memberships, key=lambda membership: (membership.created_at, membership.pk))
    slugs = [membership.store.slug for membership in longest_first]
    last = request.session.get(LAST_STORE)
    return redirect(home_url(last if last in slugs else slugs[0]))
