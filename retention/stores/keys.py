"""Opening the door with a key, for the API and the tracking door."""

from typing import Any

from django.utils.translation import gettext as _

from retention.stores.models import ApiKey
from retention.stores.models.key import digest_of_key, looks_right
from retention.tenancy.unscoped import unscoped


class KeyRefused(Exception):
    """The key does not open this door; the message may be shown to the caller."""


def find_key(text: str) -> Any | None:
    """Return the live key with this text, whichever store it belongs to."""
    if not looks_right(text):
        return None
    with unscoped(reason="look a key up before its store is known"):
        return ApiKey.objects.filter(digest=digest_of_key(text), revoked_at=None).first()


def open_door(text: str, *, kind: str, origin: str | None) -> Any:
    """Return the live key of this kind, or raise KeyRefused. Does not open the store's context."""
    key = find_key(text)
    if key is None or key.kind != kind:
        raise KeyRefused(_("This key is not known or was revoked."))
    if kind == ApiKey.Kind.SECRET and origin:
        raise KeyRefused(_("A secret key was used from a browser. Revoke it: everybody who visited the page can read it."))
    return key
