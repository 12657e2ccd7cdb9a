"""One customer's run through a journey: where they stand, when the next step is due, how it ended."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.journey import Journey, JourneyVersion
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class EnrollmentQuerySet(StoreQuerySet["Enrollment"]):
    """Enrollments of one store."""

    def running(self) -> "EnrollmentQuerySet":
        """Return those that have not ended."""
        return self.filter(state=Enrollment.State.RUNNING)

    def due(self, now: datetime) -> "EnrollmentQuerySet":
        """Return running ones of live journeys whose next step is due, longest waiting first."""
        return self.running().filter(due_at__lte=now, journey__state=Journey.State.LIVE).order_by("due_at", "id")


class Enrollment(StoreOwned):
    """One run. `occurrence` is what it is about (a basket, an order, a day), so that the same thing starts it once."""

    class State(models.TextChoices):
        RUNNING = "running", _("Inside")
        FINISHED = "finished", _("Went through")
        STOPPED = "stopped", _("Stopped")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="enrollments", db_constraint=False)
    version = models.ForeignKey(JourneyVersion, on_delete=models.PROTECT, related_name="enrollments", db_constraint=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="enrollments", db_constraint=False)
    cart = models.ForeignKey("orders.Cart", on_delete=models.SET_NULL, related_name="enrollments", null=True, db_constraint=False)
    occurrence = models.CharField(max_length=120)
    trigger_event_id = models.BigIntegerField(null=True)
    trigger_at = models.DateTimeField()  # when it happened; only what happened since then can end the run
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    step = models.CharField(max_length=40, blank=True)
    due_at = models.DateTimeField(null=True)
    held_out = models.BooleanField(default=False)
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, blank=True)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(EnrollmentQuerySet)

    class Meta:
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="enrollment_of_store"),
            models.UniqueConstraint(fields=["store", "journey", "occurrence"], name="enrollment_once"),
            models.CheckConstraint(condition=models.Q(state__in=["running", "finished", "stopped"]), name="enrollment_state_known"),
            models.CheckConstraint(
                condition=models.Q(state="running", due_at__isnull=False, ended_at__isnull=True)
                | (~models.Q(state="running") & models.Q(due_at__isnull=True, ended_at__isnull=False)),
                name="enrollment_running_is_due",
            ),
            StoreForeignKey(field="journey", name="enrollment_journey_of_store"),
            StoreForeignKey(field="version", name="enrollment_version_of_store"),
            StoreForeignKey(field="customer", name="enrollment_customer_of_store"),
            StoreForeignKey(field="cart", name="enrollment_cart_of_store"),
            StoreIsolation(name="enrollment_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "due_at", "id"], name="enrollment_due", condition=models.Q(state="running")),
            models.Index(fields=["store", "customer", "state"], name="enrollment_of_customer"),
            models.Index(fields=["store", "journey", "state"], name="enrollment_of_journey"),
            models.Index(fields=["store", "cart"], name="enrollment_of_cart", condition=models.Q(cart__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.journey_id}: {self.state}"
