"""A shop that sends us webhooks: its address with us, the secret it signs with, and whether it still speaks."""

import secrets as random
import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.kit import secrets
from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet

OLD_SECRET_HOURS = 1  # Shopify signs with the old secret for up to an hour after a change
_PURPOSE = "shop webhook"


def new_token() -> str:
    """Return what makes a shop's address with us impossible to guess."""
    return random.token_urlsafe(32)


class ShopConnectionQuerySet(StoreQuerySet["ShopConnection"]):
    """Connected shops of one store."""

    def connected(self) -> "ShopConnectionQuerySet":
        """Return those that were not disconnected."""
        return self.exclude(state=ShopConnection.State.DISCONNECTED)


class ShopConnection(StoreOwned):
    """One shop of one kind. `token` is the last part of the address the shop sends to; both secrets are sealed.

    refused_count: how often, since a delivery last was signed well, one was noted that was not; refused_at: when the last time.
    """

    class Kind(models.TextChoices):
        SHOPIFY = "shopify", _("Shopify")
        WOOCOMMERCE = "woocommerce", _("WooCommerce")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for its first word")
        LIVE = "live", _("Live")
        DISCONNECTED = "disconnected", _("Disconnected")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind of shop"), max_length=20, choices=Kind.choices)
    name = models.CharField(_("name or web address"), max_length=120)
    token = models.CharField(max_length=64, default=new_token, editable=False)
    sealed = models.TextField(blank=True, editable=False)
    previous_sealed = models.TextField(blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    ended_because = models.CharField(max_length=200, blank=True, editable=False)
    last_delivery_at = models.DateTimeField(null=True, editable=False)
    refused_at = models.DateTimeField(null=True, editable=False)
    refused_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    disconnected_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(ShopConnectionQuerySet)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("connected shop")
        verbose_name_plural = _("connected shops")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="shop_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="shop_public_id_once"),
            models.UniqueConstraint(fields=["store", "token"], name="shop_token_once"),
            # WooCommerce counts its customers from 1, so a second shop's number 7 would be taken for the first one's.
            models.UniqueConstraint(
                fields=["store", "kind"],
                condition=models.Q(kind="woocommerce") & ~models.Q(state="disconnected"),
                name="shop_woocommerce_once",
            ),
            models.CheckConstraint(condition=models.Q(kind__in=["shopify", "woocommerce"]), name="shop_kind_known"),
            models.CheckConstraint(condition=models.Q(state__in=["waiting", "live", "disconnected"]), name="shop_state_known"),
            models.CheckConstraint(
                condition=models.Q(previous_sealed="", previous_until=None) | models.Q(previous_until__isnull=False),
                name="shop_old_secret_ends",
            ),
            StoreIsolation(name="shop_isolation"),
        ]
        indexes = [models.Index(fields=["token"], name="shop_by_token")]

    def __str__(self) -> str:
        return self.name

    def keep_secret(self, secret: str, *, now: datetime) -> None:
        """Seal a new secret into this row, the one before it staying good for an hour; save the row afterwards."""
        if self.sealed:
            self.previous_sealed, self.previous_until = self.sealed, now + timedelta(hours=OLD_SECRET_HOURS)
        self.sealed = secrets.seal(secret, store_id=self.store_id, purpose=_PURPOSE)
        self.refused_at, self.refused_count = None, 0

    def good_secrets(self, *, now: datetime) -> list[str]:
        """Open the secrets a delivery may be signed with at this moment; raises CannotUnseal."""
        sealed = [self.sealed]
        if self.previous_until is not None and now < self.previous_until:
            sealed.append(self.previous_sealed)
        return [secrets.unseal(one, store_id=self.store_id, purpose=_PURPOSE) for one in sealed if one]
