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
    """One run of a customer through a journey.

    occurrence: what started it, so that the same thing starts it once. about: what it is about, a basket, an order, a product or the
    customer. memory: what the engine keeps in mind (`journeys/engine.py`). The row is written anew at every step, so nothing that changes
    then stands in an index but the moment it is due.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Inside")
        FINISHED = "finished", _("Went through")
        STOPPED = "stopped", _("Stopped")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="enrollments", db_constraint=False, db_index=False)
    version = models.ForeignKey(JourneyVersion, on_delete=models.PROTECT, related_name="enrollments", db_constraint=False)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, related_name="enrollments", db_constraint=False, db_index=False
    )
    cart = models.ForeignKey(
        "orders.Cart", on_delete=models.SET_NULL, related_name="enrollments", null=True, db_constraint=False, db_index=False
    )
    occurrence = models.CharField(max_length=160)
    about = models.CharField(max_length=120, blank=True, default="", db_default="")  # "" in rows older than it: the occurrence
    trigger_event_id = models.BigIntegerField(null=True)
    trigger_at = models.DateTimeField()  # when it happened; only what happened since then can end the run
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    step = models.CharField(max_length=40, blank=True)
    due_at = models.DateTimeField(null=True)
    held_out = models.BooleanField(default=False)
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, blank=True)
    memory = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(EnrollmentQuerySet)

    class Meta:
        verbose_name = _("enrollment")
        verbose_name_plural = _("enrollments")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="enrollment_of_store"),
            models.UniqueConstraint(fields=["store", "journey", "occurrence"], name="enrollment_once"),
            models.UniqueConstraint(
                fields=["store", "customer", "journey", "about"],
                condition=models.Q(state="running") & ~models.Q(about=""),
                name="enrollment_one_at_a_time",
            ),
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
            # The step is `FOR_STOCK` of journeys/triggers.py.
            models.Index(
                fields=["store", "about", "customer"],
                name="enrollment_for_stock",
                condition=models.Q(state="running", step="back-in-stock"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.journey_id}: {self.state}"

    @property
    def subject(self) -> str:
        """Return what the run is about."""
        return self.about or self.occurrence


class TurnedAway(StoreOwned):
    """Who did what starts a journey and was not let in, with the reason. until: what they did up to then has had its answer."""

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    about = models.CharField(max_length=120)
    reason = models.CharField(max_length=40)
    until = models.DateTimeField()
    noted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("turned away from a journey")
        verbose_name_plural = _("turned away from journeys")
        constraints = [
            models.UniqueConstraint(fields=["store", "customer", "journey", "about"], name="turned_away_once"),
            StoreForeignKey(field="journey", name="turned_away_journey_of_store"),
            StoreForeignKey(field="customer", name="turned_away_customer_of_store"),
            StoreIsolation(name="turned_away_isolation"),
        ]
        indexes = [models.Index(fields=["store", "noted_at"], name="turned_away_age")]

    def __str__(self) -> str:
        return f"{self.customer_id} from {self.journey_id}: {self.reason}"


class JourneyAction(StoreOwned):
    """What a run did beside messages, once for each step and lap: kept a code, wrote something down, told a webhook or the team.

    Written in the transaction that does it; the unique key is why nothing is done twice. detail: what came of it, one of our words.
    """

    class Kind(models.TextChoices):
        DRAW = "draw", _("Kept a coupon code")
        CHANGE = "change", _("Wrote something down")
        CALL = "call", _("Told a webhook")
        NOTIFY = "notify", _("Told the team")

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="actions", db_constraint=False, db_index=False)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    step = models.CharField(max_length=40)
    lap = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    detail = models.CharField(max_length=40, blank=True)
    done_at = models.DateTimeField()

    class Meta:
        verbose_name = _("action of a journey")
        verbose_name_plural = _("actions of journeys")
        constraints = [
            models.UniqueConstraint(fields=["store", "enrollment", "step", "lap"], name="journey_action_once"),
            models.CheckConstraint(condition=models.Q(kind__in=["draw", "change", "call", "notify"]), name="journey_action_kind_known"),
            StoreForeignKey(field="enrollment", name="journey_action_enrollment_of_store"),
            StoreForeignKey(field="journey", name="journey_action_journey_of_store"),
            StoreIsolation(name="journey_action_isolation"),
        ]
        indexes = [models.Index(fields=["store", "journey", "step", "-done_at"], name="journey_action_of_step")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.step}"


class Wave(StoreOwned):
    """People who enter a journey at one moment, because of the calendar: those of some zones, on one day of theirs.

    after_id: up to which customer they have entered, so that a process that ends in between loses nobody; entering twice is nothing.
    """

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="waves", db_constraint=False, db_index=False)
    version = models.ForeignKey(JourneyVersion, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    day = models.DateField()
    at = models.DateTimeField()
    zones = models.JSONField(default=list)
    after_id = models.BigIntegerField(default=0)
    entered_count = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("wave of a journey")
        verbose_name_plural = _("waves of journeys")
        constraints = [
            models.UniqueConstraint(fields=["store", "journey", "at", "day"], name="wave_once"),
            StoreForeignKey(field="journey", name="wave_journey_of_store"),
            StoreForeignKey(field="version", name="wave_version_of_store"),
            StoreIsolation(name="wave_isolation"),
        ]
        indexes = [models.Index(fields=["store", "at"], name="wave_waiting", condition=models.Q(finished_at=None))]

    def __str__(self) -> str:
        return f"{self.journey_id} at {self.at:%Y-%m-%d %H:%M}"
