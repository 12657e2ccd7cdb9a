"""What a shop sent: the body as it came, what became of it, and whom it speaks of."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.intake.models.shop import ShopConnection
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class DeliveryQuerySet(StoreQuerySet["Delivery"]):
    """Deliveries of one store."""

    def waiting(self) -> "DeliveryQuerySet":
        """Return those not carried out yet, in the order they came."""
        return self.filter(state=Delivery.State.RECEIVED).order_by("id")

    def due(self, *, now: datetime) -> "DeliveryQuerySet":
        """Return those whose turn it is."""
        return self.waiting().filter(due_at__lte=now)

    def next_due(self) -> datetime | None:
        """Return when the next turn is, or None when nothing waits."""
        first: datetime | None = self.waiting().order_by("due_at").values_list("due_at", flat=True).first()
        return first


class Delivery(StoreOwned):
    """One webhook, kept for 30 days. body: the raw bytes that were signed.

    outcome: what it did, as keys that `shops/telling.py` puts into words. events: the public ids of the events it stored, which arrived at
    `applied_at`; what became of them stands there. test: sent to try the connection; it changes nothing.
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("Waiting")
        APPLIED = "applied", _("Done")
        IGNORED = "ignored", _("Left alone")
        FAILED = "failed", _("Failed")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(ShopConnection, on_delete=models.CASCADE, related_name="deliveries", db_constraint=False)
    topic = models.CharField(_("topic"), max_length=80)
    delivery_id = models.CharField(max_length=160)
    event_id = models.CharField(max_length=80, blank=True)
    triggered_at = models.DateTimeField(null=True)
    body = models.BinaryField()
    test = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RECEIVED)
    outcome = models.JSONField(default=list)
    events = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    reason = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(DeliveryQuerySet)

    db_grants: ClassVar[dict[str, str]] = {"platform": "SELECT, DELETE", "segments": ""}

    class Meta:
        verbose_name = _("delivery of a shop")
        verbose_name_plural = _("deliveries of shops")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="delivery_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="delivery_public_id_once"),
            models.UniqueConstraint(fields=["store", "connection", "delivery_id"], name="delivery_once"),
            models.CheckConstraint(condition=models.Q(state__in=["received", "applied", "ignored", "failed"]), name="delivery_state_known"),
            StoreForeignKey(field="connection", name="delivery_connection_of_store"),
            StoreIsolation(name="delivery_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "due_at", "id"], name="delivery_waiting", condition=models.Q(state="received")),
            models.Index(fields=["store", "connection", "-id"], name="delivery_newest"),
            models.Index(fields=["store", "connection", "-id"], name="delivery_failed", condition=models.Q(state="failed")),
            models.Index(fields=["received_at"], name="delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} of {self.received_at:%Y-%m-%d %H:%M:%S}"


class DeliverySubject(StoreOwned):
    """Somebody a delivery names, as a keyed digest, so that erasing a person finds the bodies that speak of them."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="subjects", db_constraint=False)
    digest = models.CharField(max_length=64)

    db_grants: ClassVar[dict[str, str]] = {"platform": "SELECT, DELETE", "segments": ""}

    class Meta:
        verbose_name = _("person named in a delivery")
        verbose_name_plural = _("people named in deliveries")
        constraints = [
            models.UniqueConstraint(fields=["store", "delivery", "digest"], name="delivery_subject_once"),
            StoreForeignKey(field="delivery", name="delivery_subject_of_store"),
            StoreIsolation(name="delivery_subject_isolation"),
        ]
        indexes = [models.Index(fields=["store", "digest"], name="delivery_subject_by_digest")]

    def __str__(self) -> str:
        return self.digest[:8]
