"""Keys for storefronts and servers: a public write key for browsers, secret keys with scopes for servers.

Only a digest is stored. The text carries a checksum, so a mistyped key is refused without a look at the database.
"""

import hashlib
import secrets
import zlib
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import RolePolicy, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet

TOUCH_EVERY = timedelta(minutes=1)
LENGTH = 41
PREFIXES = {"public": "pk_", "secret": "sk_"}
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Scope(models.TextChoices):
    """What a secret key may do; a key has several."""

    EVENTS_WRITE = "events:write", _("Send events, orders and consent")
    EVENTS_READ = "events:read", _("Read events")
    CUSTOMERS_READ = "customers:read", _("Read customers")
    CUSTOMERS_WRITE = "customers:write", _("Make and change customers and their consents")
    CUSTOMERS_ERASE = "customers:erase", _("Erase customers for good")
    IMPORTS_READ = "imports:read", _("Read imports")
    IMPORTS_WRITE = "imports:write", _("Bring files in")
    ORDERS_READ = "orders:read", _("Read orders and refunds")
    ORDERS_WRITE = "orders:write", _("Report orders and refunds")
    CATALOG_READ = "catalog:read", _("Read products and stock")
    CATALOG_WRITE = "catalog:write", _("Report products and stock")
    SEGMENTS_READ = "segments:read", _("Read segments and who is in them")
    SEGMENTS_WRITE = "segments:write", _("Make, change and put away segments")
    CAMPAIGNS_READ = "campaigns:read", _("Read campaigns and their figures")
    CAMPAIGNS_WRITE = "campaigns:write", _("Write campaigns, pause them and call them off")
    CAMPAIGNS_SEND = "campaigns:send", _("Start campaigns and let them go on")
    CAMPAIGNS_APPROVE = "campaigns:approve", _("Say yes or no to campaigns that wait for it")
    COUPONS_READ = "coupons:read", _("Look at coupon codes")
    COUPONS_WRITE = "coupons:write", _("Let orders use coupon codes")
    WEBHOOKS_READ = "webhooks:read", _("Read webhooks")
    WEBHOOKS_WRITE = "webhooks:write", _("Make, change and remove webhooks")
    STORE_READ = "store:read", _("Read the store's settings")


def new_key_text(kind: str) -> str:
    """Return a fresh key: prefix, 32 random characters, 6 characters of checksum."""
    body = PREFIXES[kind] + "".join(secrets.choice(_ALPHABET) for _ in range(32))
    return body + _checksum(body)


def looks_right(text: str) -> bool:
    """Return whether prefix, length and checksum fit; a wrong one needs no look-up."""
    return (
        len(text) == LENGTH and text[:3] in PREFIXES.values() and text.isascii() and secrets.compare_digest(_checksum(text[:-6]), text[-6:])
    )


def digest_of_key(text: str) -> str:
    """Return what is stored of a key. It is long and random, so a plain hash is enough."""
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    letters = ""
    for _place in range(6):
        number, rest = divmod(number, 62)
        letters = _ALPHABET[rest] + letters
    return letters


class ApiKeyQuerySet(StoreQuerySet["ApiKey"]):
    """Keys of one store."""

    def live(self) -> "ApiKeyQuerySet":
        """Return the keys that still open the door."""
        return self.filter(revoked_at=None)


class ApiKey(StoreOwned):
    """One key. Two of a kind may live at once, so a shop can rotate without a gap."""

    class Kind(models.TextChoices):
        PUBLIC = "public", _("Public write key")
        SECRET = "secret", _("Secret key")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    label = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, editable=False)
    shown = models.CharField(
        _("begins with"),
        max_length=41,
        editable=False,
        help_text=_("The whole key for a public one, its beginning and end for a secret one."),
    )
    scopes = models.JSONField(default=list, editable=False)
    origins = models.JSONField(_("web addresses"), default=list, blank=True)
    created_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    misused_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(ApiKeyQuerySet)

    db_grants: ClassVar[dict[str, str]] = {"ingest": "SELECT, UPDATE (last_used_at)", "platform": "SELECT, UPDATE"}

    class Meta:
        verbose_name = _("key")
        verbose_name_plural = _("keys")
        constraints = [
            models.UniqueConstraint(fields=["store", "digest"], name="api_key_digest_once"),
            models.CheckConstraint(condition=models.Q(kind__in=["public", "secret"]), name="api_key_kind_known"),
            StoreIsolation(name="api_key_isolation"),
            RolePolicy(name="api_key_for_ingest", role="boomerang_ingest", command="SELECT"),
            RolePolicy(name="api_key_used_by_ingest", role="boomerang_ingest", command="UPDATE"),
        ]
        indexes = [models.Index(fields=["digest"], name="api_key_by_digest")]

    def __str__(self) -> str:
        return f"{self.label} ({self.shown})"

    @classmethod
    def prepare(cls, *, kind: str, label: str, scopes: list[str], created_by: Any, now: datetime) -> "tuple[ApiKey, str]":
        """Return an unsaved key and its text, which is shown once and never stored for a secret key."""
        text = new_key_text(kind)
        shown = text if kind == cls.Kind.PUBLIC else f"{text[:7]}…{text[-4:]}"
        key = cls(kind=kind, label=label, digest=digest_of_key(text), shown=shown, scopes=scopes, created_by=created_by, created_at=now)
        return key, text

    def touch(self, *, now: datetime) -> None:
        """Note that the key was used; at most one write a minute."""
        if self.last_used_at is None or now - self.last_used_at >= TOUCH_EVERY:
            type(self).objects.filter(pk=self.pk).update(last_used_at=now)

    def revoke(self, *, now: datetime) -> None:
        """Close the door for this key, at once."""
        self.revoked_at = now
        self.save(update_fields=["revoked_at"])
