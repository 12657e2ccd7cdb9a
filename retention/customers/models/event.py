"""The spine: everything a customer did or that happened to them, who must read it, and which were seen before."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.customers.models.customer import Customer
from retention.tenancy.constraints import RolePolicy, StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned, implied_store
from retention.tenancy.querysets import StoreManager, StoreQuerySet

EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class CustomerEventQuerySet(StoreQuerySet["CustomerEvent"]):
    """Events of one store."""

    def unprojected(self) -> "CustomerEventQuerySet":
        """Return stored events whose effects are not applied yet, as they were lived."""
        return self.filter(projected_at=None).order_by("occurred_at", "id")

    def told(self) -> "CustomerEventQuerySet":
        """Return what shops and people told us; our own events (receipts, what we sent) are left out."""
        return self.exclude(kind="own")

    def arrived_as(self, public_id: uuid.UUID, *, arrival: int) -> "CustomerEventQuerySet":
        """Return the event with this id that arrived at this moment (`CustomerEvent.arrival`); none for a moment that cannot be."""
        try:
            moment = EPOCH + arrival * MICROSECOND
        except OverflowError:
            return self.none()
        return self.filter(received_at=moment, public_id=public_id)

    def newest_first(self) -> "CustomerEventQuerySet":
        """Return them by the moment they happened, newest first."""
        return self.order_by("-occurred_at", "-id")


class CustomerEvent(StoreOwned):
    """One thing that happened. `received_at` is ours; `occurred_at` is the sender's moment, skew-corrected.

    trusted: sent with a secret key or made by us; orders and confirmed consent count only then. backfill: told about the past;
    it is stored and counted, and triggers nothing. source: who told us (api, shopify, woocommerce, csv, form, own).
    The table is partitioned by the month of `received_at`; deduplication is a matter of `EventKey`.
    """

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="events", null=True, db_constraint=False)
    kind = models.CharField(max_length=10)  # track, identify, page, screen, group, alias, own
    name = models.CharField(max_length=120)
    anonymous_id = models.CharField(max_length=200, blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    properties = models.JSONField(default=dict)
    context = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    trusted = models.BooleanField(default=False)
    backfill = models.BooleanField(default=False)
    source = models.CharField(max_length=20, default="api")
    projected_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=200, blank=True)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(CustomerEventQuerySet)

    db_grants: ClassVar[dict[str, str]] = {"ingest": "INSERT"}
    db_months: ClassVar[str] = "received_at"

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            StoreForeignKey(field="customer", name="event_customer_of_store"),
            StoreIsolation(name="event_isolation"),
            RolePolicy(name="event_for_ingest", role="boomerang_ingest", command="INSERT"),
        ]
        indexes = [
            models.Index(fields=["store", "customer", "-occurred_at", "-id"], name="event_timeline"),
            models.Index(fields=["store", "-received_at", "-id"], name="event_arrived"),
            models.Index(fields=["store", "-received_at", "-id"], name="event_told", condition=~models.Q(kind="own")),
            models.Index(fields=["store", "occurred_at", "id"], name="event_unprojected", condition=models.Q(projected_at=None)),
            models.Index(
                fields=["store", "name", "occurred_at"],
                name="event_by_name",
                include=["customer", "kind"],
                condition=models.Q(kind__in=["track", "own"], customer__isnull=False, refusal=""),
            ),
            models.Index(
                fields=["store", "kind", "occurred_at"],
                name="event_of_view",
                include=["customer"],
                condition=models.Q(kind__in=["page", "screen"], customer__isnull=False, refusal=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.occurred_at:%Y-%m-%d %H:%M:%S}"

    @property
    def arrival(self) -> int:
        """Return when it arrived, in microseconds since 1970: beside the public id it leads straight to the event's month."""
        return (self.received_at - EPOCH) // MICROSECOND


class EventKey(StoreOwned):
    """A message id seen before: the first 16 bytes of its BLAKE2b. The event is written only where the key was new.

    Hash-partitioned by the key, so that its one index stays small enough to be kept in memory part by part. Its event, stored in the
    same statement, says that the store is there.
    """

    pk = models.CompositePrimaryKey("store_id", "key")
    store = implied_store()
    key = models.BinaryField(max_length=16)
    seen_on = models.DateField()

    db_grants: ClassVar[dict[str, str]] = {"ingest": "SELECT, INSERT", "platform": "SELECT, DELETE"}

    class Meta:
        constraints = [
            StoreIsolation(name="event_key_isolation"),
            RolePolicy(name="event_key_for_ingest", role="boomerang_ingest", command="INSERT"),
            RolePolicy(name="event_key_read_by_ingest", role="boomerang_ingest", command="SELECT"),
        ]
        indexes = [models.Index(fields=["seen_on"], name="event_key_age")]

    def __str__(self) -> str:
        return f"seen on {self.seen_on}"


class Pending(StoreOwned):
    """News for one reader about one customer, written in the transaction of the event and deleted by the one that read it.

    about: what changed, in the words of `changes.py`; a reader that looks at everything anyway is not told.
    """

    store = implied_store()
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    reader = models.CharField(max_length=20)
    about = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "reader", "customer"], name="pending_once"),
            StoreForeignKey(field="customer", name="pending_customer_of_store"),
            StoreIsolation(name="pending_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.reader} must look at {self.customer_id}"
