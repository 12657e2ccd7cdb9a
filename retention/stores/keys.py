"""Keys: making, rotating and revoking them, and opening the door with one.

The text of a secret key exists once, in the answer to the person who made it. The tracking door keeps its own short memory of live
keys (`intake/keys.py`); here every look-up asks the database, so a revoked key is refused at once.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from retention.kit.clock import now as clock_now
from retention.kit.locks import transaction_lock
from retention.stores.models import ApiKey, AuditEntry
from retention.stores.models.key import digest_of_key, looks_right
from retention.tenancy.context import store_context
from retention.tenancy.unscoped import unscoped

MOST_LIVE = 2
_WARN_EVERY = timedelta(hours=1)


class KeyRefused(Exception):
    """The key does not open this door; the message may be shown to the caller."""


class TooManyKeys(Exception):
    """Two keys of this kind live already; one must be revoked first."""


def make_key(
    *, kind: str, label: str, scopes: list[str], origins: list[str], made_by: Any, store_id: int, now: datetime
) -> tuple[ApiKey, str]:
    """Save a key in the active store and return it with its text, which is never shown again. Raises TooManyKeys."""
    with transaction.atomic():
        transaction_lock("keys", store_id=store_id)
        if ApiKey.objects.live().filter(kind=kind).count() >= MOST_LIVE:
            raise TooManyKeys
        key, text = ApiKey.prepare(kind=kind, label=label, scopes=scopes, created_by=made_by, now=now)
        key.origins = origins
        key.save()
    return key, text


def revoke_key(key_id: int, *, now: datetime) -> ApiKey:
    """Shut the door for one key of the active store. Raises ApiKey.DoesNotExist when there is no live one."""
    with transaction.atomic():
        key: ApiKey = ApiKey.objects.live().select_for_update().get(pk=key_id)
        key.revoke(now=now)
    return key


def find_key(text: str) -> ApiKey | None:
    """Return the live key with this text, whichever store it belongs to."""
    if not looks_right(text):
        return None
    with unscoped(reason="look a key up before its store is known"):
        found: ApiKey | None = ApiKey.objects.filter(digest=digest_of_key(text), revoked_at=None).first()
    return found


def open_door(text: str, *, kind: str, origin: str | None) -> ApiKey:
    """Return the live key of this kind, or raise KeyRefused. Does not open the store's context.

    origin: the Origin header. A secret key that comes from a browser is refused, and the store is told (S11).
    """
    key = find_key(text)
    if key is None or key.kind != kind:
        raise KeyRefused(_("This key is not known or was revoked."))
    moment = clock_now()
    if kind == ApiKey.Kind.SECRET and origin:
        _warn(key, now=moment)
        raise KeyRefused(_("A secret key was used from a browser. Revoke it: everybody who visited the page can read it."))
    with store_context(key.store_id):
        key.touch(now=moment)
    return key


def _warn(key: ApiKey, *, now: datetime) -> None:
    """Write down that a secret key is in the open; at most once an hour."""
    with store_context(key.store_id), transaction.atomic():
        fresh = ApiKey.objects.select_for_update().get(pk=key.pk)
        if fresh.misused_at is not None and now - fresh.misused_at < _WARN_EVERY:
            return
        ApiKey.objects.filter(pk=key.pk).update(misused_at=now)
        AuditEntry.write("key.used_in_browser", store_id=key.store_id, now=now, actor_id=key.pk, actor_kind="key", target=f"key:{key.pk}")
