"""Questions asked by lot, and who drew which arm: stored the first time it mattered, and kept from then on."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned, implied_store
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class ExperimentQuerySet(StoreQuerySet["Experiment"]):
    """Experiments of one store."""

    def running(self) -> "ExperimentQuerySet":
        """Return those that have not ended."""
        return self.filter(ended_at=None)


class Experiment(StoreOwned):
    """One question asked by lot: does writing bring anything in, or which of several ways is better?

    key: what it is about, such as "journey-12" or "store"; one of a key runs at a time. plans: how the lots were split since when, the
    newest last: [{"since": moment, "lots": {arm: of 10,000}}]. window_days: for how long after somebody's first exposure what they buy
    counts. planned_days: after how many days the one look that was planned beforehand is due.
    """

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=80)
    plans = models.JSONField(default=list)
    window_days = models.PositiveSmallIntegerField(default=14)
    planned_days = models.PositiveSmallIntegerField(default=42)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(ExperimentQuerySet)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="experiment_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="experiment_public_id_once"),
            models.UniqueConstraint(fields=["store", "key"], condition=Q(ended_at=None), name="experiment_running_once"),
            models.CheckConstraint(condition=~Q(key=""), name="experiment_is_about_something"),
            models.CheckConstraint(condition=Q(window_days__range=(1, 120)), name="experiment_window_possible"),
            models.CheckConstraint(
                condition=Q(planned_days__gte=1) & Q(planned_days__gte=models.F("window_days")), name="experiment_look_after_a_window"
            ),
            StoreIsolation(name="experiment_isolation"),
        ]
        indexes = [models.Index(fields=["store", "key", "-started_at"], name="experiment_newest_of_key")]

    def __str__(self) -> str:
        return self.key

    @property
    def window(self) -> timedelta:
        """Return for how long after their first exposure what a person buys counts."""
        return timedelta(days=self.window_days)


class Assignment(StoreOwned):
    """One person's arm in one experiment, for good. plan: by which of the experiment's plans it was drawn, counted from 0."""

    store = implied_store()
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="assignments", db_constraint=False, db_index=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    arm = models.CharField(max_length=20)
    plan = models.PositiveSmallIntegerField(default=0)
    assigned_at = models.DateTimeField()

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("arm of a person")
        verbose_name_plural = _("arms of persons")
        constraints = [
            models.UniqueConstraint(fields=["store", "customer", "experiment"], name="assignment_once"),
            models.CheckConstraint(condition=~Q(arm=""), name="assignment_has_an_arm"),
            StoreForeignKey(field="experiment", name="assignment_experiment_of_store"),
            StoreForeignKey(field="customer", name="assignment_customer_of_store"),
            StoreIsolation(name="assignment_isolation"),
        ]
        indexes = [models.Index(fields=["store", "experiment", "assigned_at"], name="assignment_by_moment")]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.experiment_id}: {self.arm}"
