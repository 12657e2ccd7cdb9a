"""A segment, its versions, who is in it, how it grew, and each time it was worked out anew."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned, implied_store
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class SegmentQuerySet(StoreQuerySet["Segment"]):
    """Segments of one store."""

    def live(self) -> "SegmentQuerySet":
        """Return those whose members are kept up to date."""
        return self.filter(state=Segment.State.LIVE)

    def kept(self) -> "SegmentQuerySet":
        """Return those that are not put away."""
        return self.exclude(state=Segment.State.ARCHIVED)

    def folders(self) -> list[str]:
        """Return the names of the folders they lie in."""
        return list(self.exclude(folder="").order_by("folder").values_list("folder", flat=True).distinct())


class Segment(StoreOwned):
    """Who, said in a rule. A list has no rule: its members are put in by hand and stay.

    version: of the saved rule, 0 while none is; of a list, how often hands changed who is on it. reads: what its members' answers rest
    on, in the words of `customers/changes.py`. swept_until: up to which moment changes by time alone are in. fault: why it cannot be
    worked out now; its members stay as they are.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        ARCHIVED = "archived", _("Put away")

    class Kind(models.TextChoices):
        RULE = "rule", _("By a rule")
        LIST = "list", _("By hand")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    note = models.CharField(_("note"), max_length=500, blank=True)
    folder = models.CharField(_("folder"), max_length=60, blank=True)
    kind = models.CharField(max_length=4, choices=Kind.choices, default=Kind.RULE)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    rule = models.JSONField(default=dict)
    draft = models.JSONField(null=True)  # a change that is not saved yet
    version = models.PositiveIntegerField(default=0)
    reads = models.JSONField(default=list)
    members_count = models.PositiveIntegerField(default=0)
    counted_at = models.DateTimeField(null=True)
    filled_version = models.PositiveIntegerField(default=0)  # of the rule its members stand for
    filled_for = models.CharField(max_length=80, blank=True, default="", db_default="")  # the store's clock and money its members stand for
    swept_until = models.DateTimeField(null=True)
    reconciled_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    saved_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(SegmentQuerySet)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="segment_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="segment_public_id_once"),
            models.UniqueConstraint(fields=["store", "name"], condition=~models.Q(state="archived"), name="segment_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="segment_has_a_name"),
            models.CheckConstraint(condition=models.Q(state__in=["draft", "live", "archived"]), name="segment_state_known"),
            models.CheckConstraint(condition=models.Q(kind__in=["rule", "list"]), name="segment_kind_known"),
            models.CheckConstraint(
                condition=~models.Q(state="live") | models.Q(kind="list") | models.Q(version__gt=0), name="segment_live_has_a_rule"
            ),
            StoreIsolation(name="segment_isolation"),
        ]
        indexes = [models.Index(fields=["store", "state", "name", "id"], name="segment_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_up_to_date(self) -> bool:
        """Say whether its members stand for its saved rule."""
        return self.kind == self.Kind.LIST or (self.state == self.State.LIVE and self.filled_version == self.version and not self.fault)

    @property
    def is_waiting(self) -> bool:
        """Say whether its people are being worked out."""
        return self.state == self.State.LIVE and not self.is_up_to_date and not self.fault


class SegmentVersion(StoreOwned):
    """A rule as it was saved. Versions are only added."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="versions", db_constraint=False)
    number = models.PositiveIntegerField()
    rule = models.JSONField()
    saved_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("version of a segment")
        verbose_name_plural = _("versions of segments")
        constraints = [
            models.UniqueConstraint(fields=["store", "segment", "number"], name="segment_version_once"),
            models.CheckConstraint(condition=models.Q(number__gt=0), name="segment_version_counts"),
            StoreForeignKey(field="segment", name="segment_version_of_store"),
            StoreIsolation(name="segment_version_isolation"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class SegmentMember(StoreOwned):
    """A customer who is in a segment."""

    pk = models.CompositePrimaryKey("store_id", "segment_id", "customer_id")
    store = implied_store()
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="members", db_constraint=False, db_index=False)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, related_name="memberships", db_constraint=False, db_index=False
    )
    entered_at = models.DateTimeField()

    db_grants: ClassVar[dict[str, str]] = {"segments": "SELECT, INSERT, DELETE"}

    class Meta:
        verbose_name = _("member of a segment")
        verbose_name_plural = _("members of segments")
        constraints = [
            StoreForeignKey(field="segment", name="segment_member_segment_of_store"),
            StoreForeignKey(field="customer", name="segment_member_customer_of_store"),
            StoreIsolation(name="segment_member_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "customer", "segment"], name="segment_member_of_customer"),
            models.Index(fields=["store", "segment", "-entered_at", "-customer"], name="segment_member_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.segment_id}"


class SegmentRun(StoreOwned):
    """One time a segment was worked out anew for everybody. drift: members who were wrong although nothing was edited; it must be 0."""

    class Cause(models.TextChoices):
        FILL = "fill", _("A new rule")
        CHECK = "check", _("The nightly check")

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="runs", db_constraint=False)
    cause = models.CharField(max_length=5, choices=Cause.choices)
    version = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    entered_count = models.PositiveIntegerField()
    left_count = models.PositiveIntegerField()
    members_count = models.PositiveIntegerField()
    drift = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("run of a segment")
        verbose_name_plural = _("runs of segments")
        constraints = [
            models.CheckConstraint(condition=models.Q(cause__in=["fill", "check"]), name="segment_run_cause_known"),
            StoreForeignKey(field="segment", name="segment_run_of_store"),
            StoreIsolation(name="segment_run_isolation"),
        ]
        indexes = [models.Index(fields=["store", "segment", "-began_at", "-id"], name="segment_run_newest")]

    def __str__(self) -> str:
        return f"{self.cause} at {self.began_at:%Y-%m-%d %H:%M}"


class SegmentDay(StoreOwned):
    """How many were in a segment at the end of a day of the store, and how many came and left on it."""

    pk = models.CompositePrimaryKey("store_id", "segment_id", "day")
    store = implied_store()
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="days", db_constraint=False, db_index=False)
    day = models.DateField()
    members_count = models.PositiveIntegerField()
    entered_count = models.PositiveIntegerField(default=0)
    left_count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("day of a segment")
        verbose_name_plural = _("days of segments")
        constraints = [
            StoreForeignKey(field="segment", name="segment_day_of_store"),
            StoreIsolation(name="segment_day_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.members_count} on {self.day}"


class Postcode(StoreOwned):
    """Where a postcode lies, by a table the merchant loaded. postcode: folded, without spaces and hyphens; degrees of WGS 84."""

    country = models.CharField(max_length=2)
    postcode = models.CharField(max_length=20, db_collation="C")
    latitude = models.FloatField()
    longitude = models.FloatField()

    class Meta:
        verbose_name = _("postcode")
        verbose_name_plural = _("postcodes")
        constraints = [
            models.UniqueConstraint(fields=["store", "country", "postcode"], name="postcode_once"),
            models.CheckConstraint(condition=models.Q(country__regex="^[A-Z]{2}$"), name="postcode_country_iso"),
            models.CheckConstraint(condition=~models.Q(postcode=""), name="postcode_is_told"),
            models.CheckConstraint(
                condition=models.Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180), name="postcode_on_earth"
            ),
            StoreIsolation(name="postcode_isolation"),
        ]
        indexes = [models.Index(fields=["store", "latitude", "longitude"], name="postcode_in_place", include=["country", "postcode"])]

    def __str__(self) -> str:
        return f"{self.country} {self.postcode}"
