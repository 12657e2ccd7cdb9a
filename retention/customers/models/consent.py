"""May we write? What a person allowed per channel, and which addresses must never be written to."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.customers.models.customer import Customer
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class ChannelName(models.TextChoices):
    """The channels a consent can be about."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    PUSH = "push", _("Push")
    ONSITE = "onsite", _("On the site")


class Consent(StoreOwned):
    """What a person allows on one channel now. No row means never asked."""

    class Status(models.TextChoices):
        GRANTED = "granted", _("Yes")
        PENDING = "pending", _("Waiting for confirmation")
        REFUSED = "refused", _("Said no")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents", db_constraint=False)
    channel = models.CharField(max_length=10, choices=ChannelName.choices)
    status = models.CharField(max_length=10, choices=Status.choices)
    method = models.CharField(_("how"), max_length=40, blank=True)
    source = models.CharField(_("where"), max_length=120, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(fields=["store", "customer", "channel"], name="consent_once"),
            models.CheckConstraint(condition=models.Q(status__in=["granted", "pending", "refused"]), name="consent_status_known"),
            StoreForeignKey(field="customer", name="consent_customer_of_store"),
            StoreIsolation(name="consent_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.status}"


class Suppression(StoreOwned):
    """An address that must not be written to, kept as a keyed digest so that it survives erasure and re-import."""

    channel = models.CharField(max_length=10, choices=ChannelName.choices)
    address_digest = models.CharField(max_length=64)
    reason = models.CharField(
        max_length=20,
        choices=[
            ("bounced", _("Address does not exist")),
            ("complained", _("Complained")),
            ("unsubscribed", _("Said no")),
            ("manual", _("Blocked by the store")),
        ],
    )
    created_at = models.DateTimeField(default=timezone.now)

    db_grants: ClassVar[dict[str, str]] = {"platform": "SELECT, INSERT, DELETE"}

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        constraints = [
            models.UniqueConstraint(fields=["store", "channel", "address_digest"], name="suppression_once"),
            StoreIsolation(name="suppression_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.reason}"
