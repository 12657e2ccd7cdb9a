"""How long a browser stays signed in (S5): 12 hours without a visit, seven days at most, and "sign out everywhere".

Real time throughout: the demo's fast clock must not end anybody's session. The library keeps the session; here are its limits.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from retention.stores.client_address import UNKNOWN, client_ip
from retention.stores.models import SignIn, User

_BEGAN, _SEEN = "began_at", "seen_at"
_NOTE_EVERY = timedelta(minutes=5)


def begin(request: HttpRequest, user: Any) -> None:
    """Start the clock of a browser that has just signed in."""
    moment = timezone.now()
    request.session[_BEGAN] = request.session[_SEEN] = moment.timestamp()
    _keep(request, user, began_at=moment)


def check(request: HttpRequest) -> bool:
    """Say whether the person is still signed in; sign them out when the session has run its time or was ended elsewhere."""
    if not request.user.is_authenticated:
        return True
    moment = timezone.now()
    began, seen = _moment(request, _BEGAN), _moment(request, _SEEN)
    if began is None or seen is None:
        begin(request, request.user)
        return True
    if has_ended(began=began, seen=seen, valid_from=request.user.sessions_valid_from, now=moment):
        logout(request)
        return False
    if moment - seen >= _NOTE_EVERY:
        request.session[_SEEN] = moment.timestamp()
        SignIn.objects.filter(session_key=request.session.session_key).update(seen_at=moment, ip=_ip(request))
    return True


def has_ended(*, began: datetime, seen: datetime, valid_from: datetime | None, now: datetime) -> bool:
    """Decide: too old, idle for too long, or begun before the person signed out everywhere."""
    idle = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return now - began >= settings.SESSION_ABSOLUTE_AGE or now - seen >= idle or (valid_from is not None and began < valid_from)


def rotate(request: HttpRequest) -> None:
    """Give this browser's session a new id, because what it may do has changed."""
    old = request.session.session_key
    request.session.cycle_key()
    SignIn.objects.filter(session_key=old).update(session_key=request.session.session_key)


def forget(request: HttpRequest) -> None:
    """Forget a browser that signs out."""
    SignIn.objects.filter(session_key=request.session.session_key or "").delete()


def of(user: User) -> list[SignIn]:
    """Return the person's signed-in browsers, last seen first; those whose session is gone are forgotten."""
    kept = list(SignIn.objects.filter(user=user).order_by("-seen_at", "-pk"))
    alive = set(
        Session.objects.filter(session_key__in=[one.session_key for one in kept], expire_date__gt=timezone.now()).values_list(
            "session_key", flat=True
        )
    )
    SignIn.objects.filter(pk__in=[one.pk for one in kept if one.session_key not in alive]).delete()
    return [one for one in kept if one.session_key in alive]


def end_all(user: User, *, but: str = "") -> int:
    """Sign the person out in every browser, or in all but this one; return how many were ended."""
    ending = list(SignIn.objects.filter(user=user).exclude(session_key=but))
    for one in ending:
        one.end()
    if not but:
        user.sign_out_everywhere(now=timezone.now())
    return len(ending)


def _keep(request: HttpRequest, user: Any, *, began_at: datetime) -> None:
    if request.session.session_key is None:
        request.session.save()
    facts = {
        "user": user,
        "began_at": began_at,
        "seen_at": began_at,
        "ip": _ip(request),
        "agent": request.headers.get("User-Agent", "")[:200],
    }
    SignIn.objects.update_or_create(session_key=request.session.session_key, defaults=facts)


def _moment(request: HttpRequest, name: str) -> datetime | None:
    value = request.session.get(name)
    return datetime.fromtimestamp(value, tz=timezone.get_default_timezone()) if isinstance(value, int | float) else None


def _ip(request: HttpRequest) -> str | None:
    ip = client_ip(request)
    return None if ip == UNKNOWN else ip
