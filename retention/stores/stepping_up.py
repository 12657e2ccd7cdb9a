"""Asking for the second factor (S4): before a deed of weight, of staff always, of owners within seven days.

Put `@asks_for_mfa` on the view that exports, makes a key or changes a sender, domain or supplier, below `@needs(...)`.
Off where the setting MFA_ENFORCED is (the demo).
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme, urlencode

from retention.dashboard.access import Access, Kind
from retention.stores.models import Membership
from retention.stores.models.membership import Role

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
GOING_ON = "going_on_to"
_OPEN_WITHOUT = frozenset({"settings:entrance", "settings:security"})


def asks_for_mfa(view: View) -> View:
    """Open the view only to somebody who used their second factor within the last 15 minutes; lead others there and back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        way = step_up_first(request)
        return view(request, *args, **kwargs) if way is None else way

    return cast(View, guarded)


def step_up_first(request: HttpRequest) -> HttpResponse | None:
    """Return the way to the second factor, or None when it was used a moment ago or is not asked for."""
    if not settings.MFA_ENFORCED or used_lately(request):
        return None
    return _lead(request, back=_page_to_return_to(request))


def needed_before(request: Any, access: Access, *, view_name: str) -> HttpResponse | None:
    """Return the way to the second factor for those who may open nothing without: staff pages, and owners after seven days."""
    if not settings.MFA_ENFORCED or not request.user.is_authenticated:
        return None
    if access.kind is Kind.STAFF_ONLY and request.user.is_staff:
        return None if used_in_this_session(request) else _lead(request, back=_page_to_return_to(request))
    overdue = (
        access.kind is Kind.NEEDS and view_name not in _OPEN_WITHOUT and is_overdue(request.user, request.membership, now=timezone.now())
    )
    return _lead(request, back=_page_to_return_to(request)) if overdue else None


def is_overdue(user: Any, membership: Membership | None, *, now: datetime) -> bool:
    """Say whether an owner still has no second factor after the days of grace."""
    until = deadline_of(membership)
    return until is not None and now >= until and not has_second_factor(user)


def deadline_of(membership: Membership | None) -> datetime | None:
    """Return until when an owner may work without a second factor; None for every other role."""
    if membership is None or membership.role != Role.OWNER:
        return None
    grace: timedelta = settings.MFA_GRACE
    return membership.created_at + grace


def has_second_factor(user: Any) -> bool:
    """Say whether the person has an authenticator app or a security key; recovery codes alone do not count."""
    strong = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=strong).exists())


def used_lately(request: HttpRequest) -> bool:
    """Say whether the second factor was used in this session within the last 15 minutes."""
    return any(time.time() - used < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT for used in _uses(request))


def used_in_this_session(request: HttpRequest) -> bool:
    """Say whether the second factor was used since this browser signed in."""
    return bool(_uses(request))


def goes_on(request: HttpRequest) -> str:
    """Return, once, where the person wanted to go when they were asked for a second factor."""
    return str(request.session.pop(GOING_ON, ""))


def _uses(request: HttpRequest) -> list[float]:
    user: Any = request.user
    return [record["at"] for record in get_authentication_records(request, user) if record.get("method") == "mfa"]


def _lead(request: HttpRequest, *, back: str) -> HttpResponse:
    """Lead to the second factor: to use it, or to the page that explains how to add one."""
    if has_second_factor(request.user):
        way = f"{_reauthentication_page(request)}?{urlencode({'next': back})}"
    else:
        request.session[GOING_ON] = back
        way = reverse("stores:second_factor")
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": way})
    return HttpResponseRedirect(way)


def _reauthentication_page(request: HttpRequest) -> str:
    types = set(Authenticator.objects.filter(user_id=request.user.pk).values_list("type", flat=True))
    only_keys = Authenticator.Type.TOTP not in types and Authenticator.Type.WEBAUTHN in types
    return reverse("mfa_reauthenticate_webauthn" if only_keys else "mfa_reauthenticate")


def _page_to_return_to(request: HttpRequest) -> str:
    """Return the page itself, or for a form that was sent the page it stood on: it is asked for again, never repeated unseen."""
    if request.method == "GET" and request.headers.get("HX-Request") != "true":
        return request.get_full_path()
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}):
        parts = urlsplit(came_from)
        return escape_leading_slashes(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    return "/"
