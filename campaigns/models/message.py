"""One rendered send to one person: planned once, claimed, sent at most once, or visibly unknown.

The unique key makes a repeat impossible; `token` fences off a worker that outlived its lease. Source: reliability guide 2.1, 2.2.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.models.connection import Connection
from campaigns.models.enrollment import Enrollment
from campaigns.models.flight import Flight
from campaigns.models.journey import Journey
from campaigns.models.link_set import LinkSet
from campaigns.models.template import TemplateVersion
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned, implied_store
from retention.tenancy.querysets import StoreManager, StoreQuerySet
from retention.tenancy.statement_keys import StatementForeignKey


class MessageQuerySet(StoreQuerySet["Message"]):
    """Messages of one store."""

    def due(self, now: datetime) -> "MessageQuerySet":
        """Return ready messages whose moment has come, longest waiting first."""
        return self.filter(is_ready=True, due_at__lte=now).order_by("due_at", "id")

    def being_sent(self) -> "MessageQuerySet":
        """Return those that are being sent, found by their flights."""
        ids = Flight._default_manager.values_list(models.Func("message_ids", function="unnest", output_field=models.BigIntegerField()))
        return self.filter(state=Message.State.SENDING, pk__in=ids)

    def next_due(self, *, now: datetime, rest: bool) -> datetime | None:
        """Return when messages are due again, or None when none waits. rest: not before a minute from now.

        Messages of a journey or campaign that does not run are left out: resuming rings for them.
        """
        paused = Journey.objects.exclude(state=Journey.State.LIVE).values("pk")
        stopped = Campaign.objects.exclude(state=Campaign.State.SENDING).values("pk")
        waiting = self.filter(is_ready=True).exclude(source_kind="journey", source_id__in=paused)
        waiting = waiting.exclude(source_kind="campaign", source_id__in=stopped)
        due: datetime | None = waiting.aggregate(first=models.Min("due_at"))["first"]
        return due if due is None or not rest else max(due, now + timedelta(minutes=1))

    def target_of(self, message_id: int, position: int, *, newest: datetime | None = None) -> str | None:
        """Return where one link of one message leads, or None when it has no such link or was planned before `newest`."""
        found = self.filter(pk=message_id) if newest is None else self.filter(pk=message_id, planned_at__gte=newest)
        fixed, own = found.values_list("link_set__targets", "targets").first() or ([], [])
        targets = [*(fixed or []), *own]
        target = targets[position] if position < len(targets) else None
        return target if isinstance(target, str) and target.startswith(("https://", "http://")) else None

    def newest_first(self) -> "MessageQuerySet":
        """Return them by the moment they were planned, newest first."""
        return self.order_by("-planned_at", "-id")


class Message(StoreOwned):
    """One message to one customer on one channel.

    lease_until and holder: who reserved or sends it, on the database's clock. occurrence: the enrollment or local date that
    lets a journey legally say the same thing again. expires_at: after this moment it would be stale. variant: of a campaign. link_set
    and behind it targets: where its links lead, by position; a click is redirected there and nowhere else. opened_at: first opened by a
    person; loaded_at: its picture was first loaded by anything, machines included. parts: how many an SMS left in, which is what a provider
    charges for. links_counted: positions a person clicked whose clicks were added up and have left, so that the same click counts no
    second person.

    PostgreSQL writes every index of a row anew when a column changes that any of them names, in a condition too. So no index names `state`:
    reserving and recording change nothing that is indexed and write none, and what passes the gate writes them once. What points elsewhere
    has an index only where it is looked up, and only for rows that do point.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        READY = "ready", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown")
        SUPPRESSED = "suppressed", _("Held back")
        SKIPPED = "skipped", _("Too late")
        QUARANTINED = "quarantined", _("Set aside")
        HELD_OUT = "held_out", _("Held back to compare")

    class Stream(models.TextChoices):
        MARKETING = "marketing", _("Marketing")
        TRANSACTIONAL = "transactional", _("Transactional")

    store = implied_store()
    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    source_kind = models.CharField(max_length=20)
    source_id = models.BigIntegerField()
    step = models.CharField(max_length=40)
    variant = models.CharField(max_length=1, blank=True, default="", db_default="")
    occurrence = models.CharField(max_length=120)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, related_name="messages", db_constraint=False, db_index=False
    )
    channel = models.CharField(max_length=10)
    stream = models.CharField(max_length=15, choices=Stream.choices, default=Stream.MARKETING)
    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.SET_NULL, related_name="messages", null=True, db_constraint=False, db_index=False
    )
    cart = models.ForeignKey(
        "orders.Cart", on_delete=models.SET_NULL, related_name="messages", null=True, db_constraint=False, db_index=False
    )
    template_version = models.ForeignKey(
        TemplateVersion, on_delete=models.PROTECT, related_name="messages", db_constraint=False, db_index=False
    )
    connection = models.ForeignKey(
        Connection, on_delete=models.SET_NULL, related_name="messages", null=True, db_constraint=False, db_index=False
    )
    address_digest = models.CharField(max_length=64, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.READY)
    reason = models.CharField(max_length=60, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    is_ready = models.GeneratedField(
        expression=models.ExpressionWrapper(Q(state="ready"), output_field=models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    token = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    holder = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    planned_at = models.DateTimeField()
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    first_attempt_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    loaded_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)
    bounced_for_good = models.BooleanField(default=False, db_default=False)
    complained_at = models.DateTimeField(null=True)
    provider_message_id = models.CharField(max_length=200, blank=True)
    targets = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    link_set = models.ForeignKey(LinkSet, on_delete=models.PROTECT, related_name="messages", null=True, db_constraint=False, db_index=False)
    provider_key = models.CharField(max_length=100, blank=True)
    parts = models.PositiveSmallIntegerField(default=0, db_default=0)
    links_counted = models.JSONField(default=list, db_default=Value([], models.JSONField()))

    measures_opens = True  # whether its mail carries the picture; read beside it before it is built

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(MessageQuerySet)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="message_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="message_public_id_once"),
            models.UniqueConstraint(
                fields=["store", "source_kind", "source_id", "step", "occurrence", "customer", "channel"], name="message_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "planned",
                        "ready",
                        "sending",
                        "sent",
                        "failed",
                        "unknown",
                        "suppressed",
                        "skipped",
                        "quarantined",
                        "held_out",
                    ]
                ),
                name="message_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(lease_until__isnull=False, token__gt=0), name="message_sending_is_leased"
            ),
            models.CheckConstraint(condition=~Q(state="sent") | Q(sent_at__isnull=False), name="message_sent_has_time"),
            models.CheckConstraint(
                condition=~Q(state__in=["suppressed", "skipped", "failed", "unknown", "quarantined", "held_out"]) | ~Q(reason=""),
                name="message_refusal_has_reason",
            ),
            models.CheckConstraint(condition=Q(stream__in=["marketing", "transactional"]), name="message_stream_known"),
            StatementForeignKey(field="customer", name="message_customer_of_store"),
            StoreForeignKey(field="enrollment", name="message_enrollment_of_store"),
            StoreForeignKey(field="cart", name="message_cart_of_store"),
            StatementForeignKey(field="template_version", name="message_version_of_store"),
            StoreForeignKey(field="connection", name="message_connection_of_store"),
            StoreForeignKey(field="link_set", name="message_link_set_of_store"),
            StoreIsolation(name="message_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "channel", "due_at", "id"], name="message_waiting", condition=Q(is_ready=True)),
            models.Index(fields=["store", "customer", "-planned_at", "-id"], name="message_of_customer"),
            models.Index(fields=["store", "source_kind", "source_id", "-planned_at", "-id"], name="message_of_source"),
            models.Index(
                fields=["store", "customer", "-first_attempt_at"],
                name="message_contacted",
                condition=Q(first_attempt_at__isnull=False),
            ),
            models.Index(
                fields=["store", "first_attempt_at"],
                name="message_gone_wrong",
                condition=Q(bounced_for_good=True) | Q(complained_at__isnull=False),
            ),
            models.Index(
                fields=["store", "source_id", "address_digest"],
                name="message_of_tried_number",
                condition=Q(channel="sms", source_kind="campaign", token__gt=0) & ~Q(address_digest=""),
            ),
            models.Index(fields=["store", "enrollment"], name="message_of_enrollment", condition=Q(enrollment__isnull=False)),
            models.Index(fields=["store", "cart"], name="message_of_cart", condition=Q(cart__isnull=False)),
            models.Index(fields=["store", "connection"], name="message_of_connection", condition=Q(connection__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.step} to {self.customer_id}: {self.state}"


def versions_among(messages: Iterable[Message]) -> dict[int, TemplateVersion]:
    """Return the versions that messages are made from, by their ids, each once: hundreds of messages have the same few."""
    one_of_each = {message.template_version_id: message for message in messages if message.template_version_id}
    return {pk: message.template_version for pk, message in one_of_each.items()}
