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
    text_version = models.CharField(_("which words"), max_length=40, blank=True)
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
        indexes = [models.Index(fields=["store", "channel", "status"], name="consent_by_status", include=["customer"])]

    def __str__(self) -> str:
        return f"{self.channel}: {self.status}"


class ConsentRecord(StoreOwned):
    """Every word a person ever said about a channel, as proof. Rows are only added; erasing a person empties who and from where.

    proof: what shows it, for example the form, its version and the confirmation's moment. ip and user_agent: of the request.
    """

    customer = models.ForeignKey(Customer, on_delete=models.SET_NULL, related_name="consent_records", null=True, db_constraint=False)
    channel = models.CharField(max_length=10, choices=ChannelName.choices)
    status = models.CharField(max_length=10, choices=Consent.Status.choices)
    method = models.CharField(_("how"), max_length=40, blank=True)
    source = models.CharField(_("where"), max_length=120, blank=True)
    text_version = models.CharField(_("which words"), max_length=40, blank=True)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    proof = models.JSONField(default=dict)
    said_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)

    db_grants: ClassVar[dict[str, str]] = {"app": "SELECT, INSERT, UPDATE"}

    class Meta:
        verbose_name = _("consent record")
        verbose_name_plural = _("consent history")
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=["granted", "pending", "refused"]), name="consent_record_status_known"),
            StoreForeignKey(field="customer", name="consent_record_customer_of_store"),
            StoreIsolation(name="consent_record_isolation"),
        ]
        indexes = [models.Index(fields=["store", "customer", "-said_at", "-id"], name="consent_record_of_customer")]

    def __str__(self) -> str:
        return f"{self.channel}: {self.status} at {self.said_at:%Y-%m-%d %H:%M}"


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
