"""Who calls the API: a secret key opens exactly one store, for the scopes it carries."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from retention.stores.keys import KeyRefused, open_door


class SecretKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer sk_...`; a key used from a browser is refused (S11)."""

    def authenticate(self, request: Request) -> tuple[None, Any] | None:
        """Open the store's context for the key's store, or refuse with 401."""
        words = get_authorization_header(request).split()
        if len(words) != 2 or words[0].lower() != b"bearer":
            return None
        try:
            key = open_door(words[1].decode("ascii", "replace"), kind="secret", origin=request.headers.get("Origin"))
        except KeyRefused as error:
            raise AuthenticationFailed(str(error)) from error
        request._request.api_key = key  # type: ignore[attr-defined]
        return None, key

    def authenticate_header(self, request: Request) -> str:
        """Say how to authenticate, so that the answer is 401 and not 403."""
        return 'Bearer realm="Boomerang"'


class HasScope(BasePermission):
    """Default deny: the view names the scope it needs (`scope = "customers:read"`) and the key must carry it."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the request's key carries the view's scope."""
        key, scope = request.auth, getattr(view, "scope", None)
        self.message = _("This key does not carry the scope %(scope)s.") % {"scope": scope}
        return key is not None and scope is not None and scope in key.scopes
