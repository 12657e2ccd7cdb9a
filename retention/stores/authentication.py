"""Who calls the API: a secret key opens exactly one store, for the scopes it carries, and only so often (S10, S11, S55)."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from retention.stores.client_address import client_ip, network_of
from retention.stores.keys import KeyRefused, open_door
from retention.stores.limits import Limit, spend_or_local

BY_KEY = Limit("api-key", 600, 60)
BY_CONNECTION = Limit("api-refused", 60, 60)


class SecretKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer sk_...`; a key used from a browser is refused (S11)."""

    def authenticate(self, request: Request) -> tuple[None, Any] | None:
        """Say which key calls, or refuse with 401; 429 for a key that calls too often and for who guesses keys."""
        words = get_authorization_header(request).split()
        if len(words) != 2 or words[0].lower() != b"bearer":
            return None
        try:
            key = open_door(words[1].decode("ascii", "replace"), kind="secret", origin=request.headers.get("Origin"))
        except KeyRefused as error:
            _spend(BY_CONNECTION, who=network_of(client_ip(request._request)))
            raise AuthenticationFailed(str(error)) from error
        _spend(BY_KEY, who=str(key.pk))
        request._request.api_key = key  # type: ignore[attr-defined]
        return None, key

    def authenticate_header(self, request: Request) -> str:
        """Say how to authenticate, so that the answer is 401 and not 403."""
        return 'Bearer realm="Boomerang"'


class HasScope(BasePermission):
    """Default deny: the view names the scope it needs (`scope = "customers:read"`) and the key must carry it."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the request's key carries the view's scope."""
        key: Any = request.auth
        scope = getattr(view, "scope", None)
        self.message = _("This key does not carry the scope %(scope)s.") % {"scope": scope}
        return key is not None and scope is not None and scope in key.scopes


def _spend(limit: Limit, *, who: str) -> None:
    answer = spend_or_local(limit, who=who)
    if not answer.allowed:
        raise Throttled(wait=answer.retry_after)
