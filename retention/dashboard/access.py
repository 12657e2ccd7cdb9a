"""Who may open which page: one table of capabilities and four decorators that mark every view.

Knows no models: it reads `request.user` and the role the store middleware put on the request. That middleware refuses
a view without a mark; the decorators refuse a person without the right. To add a right, add a line to `CAPABILITIES`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import TypeVar, cast
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

ROLES = ("owner", "manager", "marketer", "writer", "analyst", "support")
_ALL = frozenset(ROLES)
_RUN = frozenset({"owner", "manager"})
_WRITE = frozenset({"owner", "manager", "marketer"})
_CARE = frozenset({"owner", "manager", "support"})

CAPABILITIES: dict[str, frozenset[str]] = {
    "home.view": _ALL,
    "arriving.view": _ALL,
    "customers.view": _WRITE | {"support"},
    "customers.edit": _WRITE | {"support"},
    "customers.import": _WRITE,
    "customers.export": _RUN,
    "customers.erase": _RUN,
    "segments.view": _ALL,
    "segments.edit": _WRITE,
    "messages.view": _ALL,
    "messages.write": _WRITE | {"writer"},
    "messages.edit": _WRITE,
    "messages.send": _WRITE,
    "sales.view": _ALL,
    "sales.edit": _WRITE,
    "catalog.view": _ALL,
    "orders.view": _ALL,
    "orders.edit": _CARE,
    "suppliers.view": _CARE | {"analyst"},
    "suppliers.edit": _RUN,
    "insight.view": _WRITE | {"analyst"},
    "inbox.view": _WRITE | {"support"},
    "senders.edit": _RUN,
    "store.view": _RUN,
    "store.edit": _RUN,
    "team.view": _RUN,
    "team.edit": _RUN,
    "keys.view": _RUN,
    "keys.edit": _RUN,
    "webhooks.view": _RUN,
    "webhooks.edit": _RUN,
    "connections.view": _RUN,
    "connections.edit": _RUN,
    "audit.view": _RUN,
    "security.edit": frozenset({"owner"}),
    "store.close": frozenset({"owner"}),
}

WITHHELD = frozenset({"messages.send", "customers.export", "customers.erase"})
"""What our staff on a visit to a store may not do, whatever their role there is."""


class Kind(StrEnum):
    """The four ways a view can be marked."""

    NEEDS = "needs"
    SIGNED_IN = "signed_in"
    PUBLIC = "public"
    STAFF_ONLY = "staff_only"


@dataclass(frozen=True)
class Access:
    """The mark on a view: its kind and, for store pages, the capability it needs."""

    kind: Kind
    capability: str = ""


class UnknownCapability(LookupError):
    """A capability that is not in `CAPABILITIES` was asked for."""


View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def allows(role: str | None, *, capability: str) -> bool:
    """Say whether a role has a capability; no role and unknown roles have none."""
    if capability not in CAPABILITIES:
        raise UnknownCapability(f"{capability!r} is not in the table of capabilities.")
    return role in CAPABILITIES[capability]


def may(request: HttpRequest, capability: str) -> bool:
    """Say whether whoever asks has a capability in this store: their role has it, and it is not withheld from a visit."""
    visits = getattr(request, "impersonator", None) is not None
    return allows(getattr(request, "role", None), capability=capability) and not (visits and capability in WITHHELD)


def access_of(view: Callable[..., object] | None) -> Access | None:
    """Return the mark of a view, or None when it has none."""
    return getattr(view, "access", None)


def mark(view: View, *, access: Access) -> View:
    """Put a mark on a view that guards itself (allauth, the admin, the API) without wrapping it."""
    view.access = access  # type: ignore[attr-defined]
    return view


def needs(capability: str) -> Callable[[View], View]:
    """Open a store page only to members whose role has this capability."""
    allows(None, capability=capability)
    return _guard(Access(Kind.NEEDS, capability))


def signed_in(view: View) -> View:
    """Open a page without a store to everyone who is signed in."""
    return _guard(Access(Kind.SIGNED_IN))(view)


def public(view: View) -> View:
    """Open a page to everyone."""
    return mark(view, access=Access(Kind.PUBLIC))


def staff_only(view: View) -> View:
    """Open a page only to the platform's own staff."""
    return _guard(Access(Kind.STAFF_ONLY))(view)


def refusal(request: HttpRequest, access: Access) -> HttpResponse | None:
    """Say whether this person may pass: None when the way is free, a way to the sign-in page, or PermissionDenied."""
    if access.kind is Kind.PUBLIC:
        return None
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return _to_sign_in(request)
    if access.kind is Kind.STAFF_ONLY and not user.is_staff:
        raise PermissionDenied("This page is for staff.")
    if access.kind is Kind.NEEDS and not allows(getattr(request, "role", None), capability=access.capability):
        raise PermissionDenied(f"This page needs {access.capability}.")
    return None


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    fragment = request.headers.get("HX-Request") == "true"
    page = urlsplit(request.headers.get("HX-Current-URL", "")).path if fragment else request.get_full_path()
    answer = redirect_to_login(page or "/")
    return HttpResponse(status=204, headers={"HX-Redirect": answer.url}) if fragment else answer


def _guard(access: Access) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            refused = refusal(request, access)
            return refused if refused is not None else view(request, *args, **kwargs)

        return mark(cast(View, guarded), access=access)

    return decorate
