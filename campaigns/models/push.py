"""Browsers that take a store's push messages, and the key pair that proves to push services whose messages they are."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.kit import secrets
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned

_PURPOSE = "push-keys"


class PushKeys(StoreOwned):
    """The one key pair of a store (VAPID). Browsers subscribe to the public key, so it stays for as long as the store does."""

    public_key = models.CharField(max_length=100, editable=False)
    sealed = models.TextField(editable=False)
    created_at = models.DateTimeField(editable=False)

    db_grants: ClassVar[dict[str, str]] = {"segments": "", "app": "SELECT, INSERT"}

    class Meta:
        verbose_name = _("push keys")
        verbose_name_plural = _("push keys")
        constraints = [models.UniqueConstraint(fields=["store"], name="push_keys_once"), StoreIsolation(name="push_keys_isolation")]

    def __str__(self) -> str:
        return self.public_key

    def keep_private(self, private: str) -> None:
        """Seal the private number into this row; save it afterwards."""
        self.sealed = secrets.seal(private, store_id=self.store_id, purpose=_PURPOSE)

    def private(self) -> str:
        """Open the private number; raises CannotUnseal."""
        return secrets.unseal(self.sealed, store_id=self.store_id, purpose=_PURPOSE)


class PushSubscription(StoreOwned):
    """One browser that shows a store's push messages, as its push service knows it.

    endpoint_digest: the endpoint is a secret address of up to 2,000 signs, so it is recognised by this. anonymous_id: which browser of the
    customer's it is. seen_at: when its page last said that it still holds. gone_at: a push service said that it does not any more.
    """

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="push_subscriptions", db_constraint=False)
    anonymous_id = models.CharField(max_length=200)
    endpoint = models.CharField(max_length=2000)
    endpoint_digest = models.CharField(max_length=64)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=30)
    agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("push subscription")
        verbose_name_plural = _("push subscriptions")
        constraints = [
            models.UniqueConstraint(fields=["store", "endpoint_digest"], name="push_subscription_once"),
            StoreForeignKey(field="customer", name="push_subscription_customer_of_store"),
            StoreIsolation(name="push_subscription_isolation"),
        ]
        indexes = [
            models.Index(
                fields=["store", "customer", "-seen_at", "-id"], name="push_subscription_live", condition=models.Q(gone_at__isnull=True)
            ),
            models.Index(fields=["store", "gone_at"], name="push_subscription_gone", condition=models.Q(gone_at__isnull=False)),
            models.Index(fields=["store", "seen_at"], name="push_subscription_silent", condition=models.Q(gone_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.endpoint_digest[:12]
