"""One event for one endpoint: how far it got, and every try with what came back."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet

LONGEST_ANSWER = 1000
_STATES = ["ready", "sending", "delivered", "failed"]


class DeliveryQuerySet(StoreQuerySet["WebhookDelivery"]):
    """Deliveries of one store."""

    def failed_between(self, start: datetime, end: datetime) -> "DeliveryQuerySet":
        """Return those that failed for good and were made in a period, its end not included."""
        return self.filter(state=WebhookDelivery.State.FAILED, created_at__gte=start, created_at__lt=end)


class WebhookDelivery(StoreOwned):
    """One event on its way to one endpoint; at least once, with the same webhook-id at every try.

    token rises with every claim, so a worker that lost its lease can write nothing over a later one. leased_until is on the database's
    clock. attempts counts since the last replay; the attempts' own rows count on.
    """

    class State(models.TextChoices):
        READY = "ready", _("Waiting")
        SENDING = "sending", _("Sending")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey("webhooks.Endpoint", on_delete=models.CASCADE, related_name="deliveries", db_constraint=False)
    event = models.ForeignKey("webhooks.OutgoingEvent", on_delete=models.CASCADE, related_name="deliveries", db_constraint=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.READY)
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    first_tried_at = models.DateTimeField(null=True)
    last_tried_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=LONGEST_ANSWER, blank=True)
    created_at = models.DateTimeField()

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(DeliveryQuerySet)

    db_grants: ClassVar[dict[str, str]] = {"platform": "SELECT, DELETE"}

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="webhook_delivery_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="webhook_delivery_public_id_once"),
            models.UniqueConstraint(fields=["store", "endpoint", "event"], name="webhook_delivery_once"),
            models.CheckConstraint(condition=models.Q(state__in=_STATES), name="webhook_delivery_state_known"),
            StoreForeignKey(field="endpoint", name="webhook_delivery_endpoint_of_store"),
            StoreForeignKey(field="event", name="webhook_delivery_event_of_store"),
            StoreIsolation(name="webhook_delivery_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "endpoint", "due_at", "id"], name="webhook_delivery_due", condition=models.Q(state="ready")),
            models.Index(fields=["store", "leased_until"], name="webhook_delivery_leased", condition=models.Q(state="sending")),
            models.Index(fields=["store", "endpoint", "-id"], name="webhook_delivery_newest"),
            models.Index(fields=["store", "event"], name="webhook_delivery_of_event"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.public_id}: {self.state}"


class WebhookAttempt(StoreOwned):
    """One try: when, how long it took, and what came back."""

    delivery = models.ForeignKey("webhooks.WebhookDelivery", on_delete=models.CASCADE, related_name="tries", db_constraint=False)
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=LONGEST_ANSWER, blank=True)

    db_grants: ClassVar[dict[str, str]] = {"platform": "SELECT, DELETE"}

    class Meta:
        verbose_name = _("webhook attempt")
        verbose_name_plural = _("webhook attempts")
        constraints = [
            models.UniqueConstraint(fields=["store", "delivery", "number"], name="webhook_attempt_once"),
            StoreForeignKey(field="delivery", name="webhook_attempt_delivery_of_store"),
            StoreIsolation(name="webhook_attempt_isolation"),
        ]

    def __str__(self) -> str:
        return f"try {self.number}: {self.status or self.error}"
