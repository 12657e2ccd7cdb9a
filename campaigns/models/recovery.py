"""The recovery plan: its rows (stages), its cells with their versions, who left where (departures), and whom to look at when."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.journey import Journey
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet

GROUPS = ("buying", "looking", "researching", "comparing", "loyal", "first_order")


class RecoveryStage(StoreOwned):
    """One row of the plan: where people leave, as a rule. ready: the key of the ready-made one it is, empty for the merchant's own.

    position: on pages, from the shallow end to the deep; depth: of two rules that hold for a visit, the higher one counts.
    """

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    ready = models.CharField(max_length=20, blank=True, editable=False)
    name = models.CharField(_("name"), max_length=60)
    rule = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField()
    depth = models.PositiveSmallIntegerField()
    archived_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("stage of the recovery plan")
        verbose_name_plural = _("stages of the recovery plan")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="recovery_stage_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="recovery_stage_public_id_once"),
            models.UniqueConstraint(fields=["store", "ready"], condition=~Q(ready=""), name="recovery_stage_ready_once"),
            models.UniqueConstraint(fields=["store", "name"], condition=Q(archived_at=None), name="recovery_stage_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="recovery_stage_has_a_name"),
            StoreIsolation(name="recovery_stage_isolation"),
        ]

    def __str__(self) -> str:
        return self.name


class RecoveryGroup(StoreOwned):
    """A visitor group whose people a segment of the store's own names, in place of the rule it comes with."""

    group = models.CharField(max_length=12)
    segment = models.ForeignKey("segments.Segment", on_delete=models.CASCADE, related_name="+", db_constraint=False)

    class Meta:
        verbose_name = _("visitor group by a segment")
        verbose_name_plural = _("visitor groups by segments")
        constraints = [
            models.UniqueConstraint(fields=["store", "group"], name="recovery_group_once"),
            models.CheckConstraint(condition=Q(group__in=GROUPS), name="recovery_group_known"),
            StoreForeignKey(field="segment", name="recovery_group_segment_of_store"),
            StoreIsolation(name="recovery_group_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.group} by {self.segment_id}"


class RecoveryCell(StoreOwned):
    """One cell: what people of a visitor group get who left at a stage. Without a row nobody decided: that is a hole.

    number: of the version that counts, 0 for one that is empty on purpose. journey: what runs it, once it was live. owner: who answers
    for it.
    """

    class State(models.TextChoices):
        EMPTY = "empty", _("Empty on purpose")
        DRAFT = "draft", _("Draft")
        SHADOW = "shadow", _("Shadow")
        LIVE = "live", _("Live")
        PAUSED = "paused", _("Paused")

    stage = models.ForeignKey(RecoveryStage, on_delete=models.CASCADE, related_name="cells", db_constraint=False)
    group = models.CharField(max_length=12)
    state = models.CharField(max_length=6, choices=State.choices, default=State.DRAFT)
    number = models.PositiveIntegerField(default=0)
    journey = models.ForeignKey(Journey, on_delete=models.PROTECT, related_name="+", null=True, db_constraint=False)
    owner = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+")
    changed_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("cell of the recovery plan")
        verbose_name_plural = _("cells of the recovery plan")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="recovery_cell_of_store"),
            models.UniqueConstraint(fields=["store", "stage", "group"], name="recovery_cell_once"),
            models.CheckConstraint(condition=Q(group__in=GROUPS), name="recovery_cell_group_known"),
            models.CheckConstraint(condition=Q(state__in=["empty", "draft", "shadow", "live", "paused"]), name="recovery_cell_state_known"),
            models.CheckConstraint(condition=Q(state="empty") | Q(number__gt=0), name="recovery_cell_says_something"),
            models.CheckConstraint(condition=~Q(state="live") | Q(journey__isnull=False), name="recovery_cell_live_has_a_journey"),
            StoreForeignKey(field="stage", name="recovery_cell_stage_of_store"),
            StoreForeignKey(field="journey", name="recovery_cell_journey_of_store"),
            StoreIsolation(name="recovery_cell_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.stage_id} x {self.group}: {self.state}"

    @property
    def going(self) -> str:
        """Return the state it is really in: a live cell whose journey was stopped, by itself or by somebody, is paused."""
        stopped = self.state == self.State.LIVE and self.journey is not None and self.journey.state != Journey.State.LIVE
        return str(self.State.PAUSED if stopped else self.state)


class RecoveryCellVersion(StoreOwned):
    """What a cell says, as validated JSON (`recovery/rules/cells.py`). Written once, never changed: the database grants no UPDATE."""

    cell = models.ForeignKey(RecoveryCell, on_delete=models.CASCADE, related_name="versions", db_constraint=False)
    number = models.PositiveIntegerField()
    plan = models.JSONField()
    saved_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now, editable=False)

    db_grants: ClassVar[dict[str, str]] = {"app": "SELECT, INSERT"}

    class Meta:
        verbose_name = _("version of a cell")
        verbose_name_plural = _("versions of cells")
        constraints = [
            models.UniqueConstraint(fields=["store", "cell", "number"], name="recovery_cell_version_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="recovery_cell_version_counts"),
            StoreForeignKey(field="cell", name="recovery_cell_version_of_same_store"),
            StoreIsolation(name="recovery_cell_version_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.cell_id} v{self.number}"


class DepartureQuerySet(StoreQuerySet["Departure"]):
    """Departures of one store."""

    def since(self, moment: datetime) -> "DepartureQuerySet":
        """Return those who left from this moment on."""
        return self.filter(left_at__gte=moment)


class Departure(StoreOwned):
    """One visit that ended: where, why they had come, and what the plan did about it. One that ordered has no stage.

    reached: how far it came, as a place in `behaviour.STEPS`.

    evidence: {"stage": [text, values], "group": [text, values], "ladder": [[channel, minutes], ...], "missing": [channel, ...]}: why, in
    words to be translated. about: what a run is about, the basket's public id, else this row's own. amount_minor: what was left behind,
    in `currency`. bought_at: when the person ordered afterwards, within seven days; order_minor: for how much, None where it was in another
    currency than the store's.
    """

    class Decision(models.TextChoices):
        ENTERED = "entered", _("Gets the messages of the plan")
        HELD_OUT = "held_out", _("Gets nothing, to compare with")
        SHADOW = "shadow", _("Would get the messages of the plan")
        DRAFT = "draft", _("The cell is a draft")
        PAUSED = "paused", _("The cell is paused")
        EMPTY = "empty", _("The cell is empty on purpose")
        HOLE = "hole", _("Nobody decided about this cell")
        ALREADY = "already", _("Already had a message about it")
        BOUGHT = "bought", _("Bought meanwhile")
        UNREACHABLE = "unreachable", _("No channel of the plan may be used")
        REPLACED = "replaced", _("Went further, and another cell took over")
        PAST = "past", _("Happened before the plan was there")
        ORDERED = "ordered", _("Ordered in this visit")
        NOWHERE = "nowhere", _("Left at none of the stages")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, related_name="departures", db_constraint=False, db_index=False
    )
    stage = models.ForeignKey(RecoveryStage, on_delete=models.CASCADE, related_name="+", null=True, db_constraint=False, db_index=False)
    group = models.CharField(max_length=12)
    decision = models.CharField(max_length=12, choices=Decision.choices)
    reached = models.PositiveSmallIntegerField(default=0)
    cell = models.ForeignKey(RecoveryCell, on_delete=models.SET_NULL, related_name="+", null=True, db_constraint=False)
    cell_number = models.PositiveIntegerField(default=0)
    cart = models.ForeignKey("orders.Cart", on_delete=models.SET_NULL, related_name="+", null=True, db_constraint=False)
    about = models.CharField(max_length=36)
    began_at = models.DateTimeField()
    left_at = models.DateTimeField()
    noticed_at = models.DateTimeField()
    amount_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    device = models.CharField(max_length=10, blank=True)
    source = models.CharField(max_length=200, blank=True)
    evidence = models.JSONField(default=dict)
    bought_at = models.DateTimeField(null=True)
    order_minor = models.BigIntegerField(null=True)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(DepartureQuerySet)

    class Meta:
        verbose_name = _("departure")
        verbose_name_plural = _("departures")
        constraints = [
            models.UniqueConstraint(fields=["store", "customer", "began_at"], name="departure_once_a_visit"),
            models.UniqueConstraint(fields=["store", "about"], condition=Q(decision__in=["entered", "held_out"]), name="departure_one_run"),
            models.CheckConstraint(condition=Q(group__in=GROUPS), name="departure_group_known"),
            models.CheckConstraint(condition=Q(left_at__gte=models.F("began_at")), name="departure_in_order"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="departure_amount_not_negative"),
            models.CheckConstraint(condition=Q(stage__isnull=False) | Q(decision__in=["ordered", "nowhere"]), name="departure_has_a_stage"),
            StoreForeignKey(field="customer", name="departure_customer_of_store"),
            StoreForeignKey(field="stage", name="departure_stage_of_store"),
            StoreForeignKey(field="cell", name="departure_cell_of_store"),
            StoreForeignKey(field="cart", name="departure_cart_of_store"),
            StoreIsolation(name="departure_isolation"),
        ]
        indexes = [
            models.Index(
                fields=["store", "left_at"],
                name="departure_counted",
                include=["stage", "group", "decision", "customer", "amount_minor", "bought_at", "order_minor", "reached"],
            ),
            models.Index(fields=["store", "customer", "-left_at"], name="departure_of_customer"),
            models.Index(fields=["store", "stage", "group", "-left_at"], name="departure_of_cell"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} at {self.left_at:%Y-%m-%d %H:%M}"


class RecoveryWatch(StoreOwned):
    """Somebody who is about in the shop, and when to look whether they left."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    look_at = models.DateTimeField()

    class Meta:
        verbose_name = _("look of the recovery plan")
        verbose_name_plural = _("looks of the recovery plan")
        constraints = [
            models.UniqueConstraint(fields=["store", "customer"], name="recovery_watch_once"),
            StoreForeignKey(field="customer", name="recovery_watch_customer_of_store"),
            StoreIsolation(name="recovery_watch_isolation"),
        ]
        indexes = [models.Index(fields=["store", "look_at", "id"], name="recovery_watch_due")]

    def __str__(self) -> str:
        return f"{self.customer_id} at {self.look_at:%H:%M}"


class RecoveryReplay(StoreOwned):
    """The last days as the plan would have seen them, being counted: how far it came. One row a store, made anew when it is asked again."""

    days = models.PositiveSmallIntegerField()
    reached = models.BigIntegerField(default=0)
    people_count = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("replay of the recovery plan")
        verbose_name_plural = _("replays of the recovery plan")
        constraints = [
            models.UniqueConstraint(fields=["store"], name="recovery_replay_once"),
            models.CheckConstraint(condition=Q(days__gte=1, days__lte=90), name="recovery_replay_days"),
            StoreIsolation(name="recovery_replay_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.days} days, {self.people_count} people"
