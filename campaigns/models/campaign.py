"""A campaign: one message to many, once. What it says is fixed when it starts; who gets it is asked when it is sent.

Its messages are `Message` rows with `source_kind="campaign"`; they leave only while it is sending and somebody looks after it (`seen_at`).
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.sender import Sender
from campaigns.models.template import Template, TemplateVersion
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet

LETTERS = ("a", "b", "c", "d", "e", "f")
MOST_DELAY_HOURS = 72
_LETTER_CHOICES = [(letter, letter.upper()) for letter in LETTERS]
PATIENCE = timedelta(hours=12)
"""A message that may not leave within this time of its moment (contact budget, a server that is down) dies with the reason."""
LATE_AFTER = timedelta(hours=2)
"""What is later than this is asked about again, never sent in silence. Source: reliability guide, scheduler."""


class CampaignQuerySet(StoreQuerySet["Campaign"]):
    """Campaigns of one store."""

    def kept(self) -> "CampaignQuerySet":
        """Return those that are not put away, newest first."""
        return self.exclude(state=Campaign.State.ARCHIVED).order_by("-created_at", "-id")

    def sending(self) -> "CampaignQuerySet":
        """Return those whose messages may leave now."""
        return self.filter(state=Campaign.State.SENDING)


class Campaign(StoreOwned):
    """One campaign.

    wall_day, wall_time: in the store's zone, or in each recipient's own. asked_at, asked_by: since when somebody who may not send it waits
    for one who may; asked_mark: what it was then; approved_mark: what may still change after a yes, as `broadcasts/marking.py` writes them.
    begun_inside: it was started, or let go on, for the test inbox and not for real people; where it goes to the others now, it waits for a
    yes to that.
    measure_opens: its mails carry the picture that tells of an opening. starts_at: when the first message may be due.
    confirmed_at: when a person last said "send". opened_at: when planning began. planned_to: customers up to this id have their row.
    planned_at: all have one. seen_at: when a process last looked after it; a gap of two hours means that the machine was off.
    holdout_by_size: which part is held back is decided at the start, by how many are chosen.
    test_share: of the audience tries the variants first, and the winner by `decide_metric` goes to the rest after `decide_hours`.
    decide_count: or before that, as soon as one is clearly ahead and each went to so many.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        SENDING = "sending", _("Sending")
        PAUSED = "paused", _("Paused")
        FINISHED = "finished", _("Sent")
        CANCELLED = "cancelled", _("Called off")
        ARCHIVED = "archived", _("Put away")

    class When(models.TextChoices):
        NOW = "now", _("At once")
        AT = "at", _("At a time of the shop")
        LOCAL = "local", _("At each person's own time")

    class PauseReason(models.TextChoices):
        PERSON = "person", _("Paused by a person")
        MISSED = "missed", _("Its time was missed by more than two hours")
        SEGMENT = "segment", _("A segment cannot be worked out")
        CHANGED = "changed", _("It was changed after it was approved")
        OUTSIDE = "outside", _("A provider was connected after it was started for the test inbox")
        INSIDE = "inside", _("Its provider was taken out of use after it was started for real people")
        COMPLAINTS = "complaints", _("Too many people called it unwanted")
        BOUNCES = "bounces", _("Too many addresses do not exist")

    ASKS = (PauseReason.CHANGED, PauseReason.OUTSIDE, PauseReason.INSIDE)
    """Why one is paused that waits for another yes."""

    class Metric(models.TextChoices):
        CLICKS = "clicks", _("Clicks")
        ORDERS = "orders", _("Orders")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    ready_made = models.CharField(max_length=40, blank=True, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    channel = models.CharField(max_length=10, default="email")
    to_everyone = models.BooleanField(default=False)
    when = models.CharField(max_length=5, choices=When.choices, default=When.NOW)
    wall_day = models.DateField(null=True)
    wall_time = models.TimeField(null=True)
    ramp_hours = models.PositiveSmallIntegerField(null=True)
    holdout_share = models.FloatField(default=0.0)
    holdout_by_size = models.BooleanField(default=False, db_default=False)
    test_share = models.FloatField(null=True)
    decide_metric = models.CharField(max_length=6, choices=Metric.choices, blank=True, default="")
    decide_hours = models.PositiveSmallIntegerField(null=True)
    decide_count = models.PositiveIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    winner = models.CharField(max_length=1, choices=_LETTER_CHOICES, blank=True, default="")
    asked_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+")
    asked_mark = models.CharField(max_length=64, blank=True, default="", db_default="")
    approved_mark = models.CharField(max_length=64, blank=True, default="", db_default="")
    begun_inside = models.BooleanField(default=False, db_default=False)
    measure_opens = models.BooleanField(default=True, db_default=True)
    confirmed_at = models.DateTimeField(null=True)
    starts_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    planned_to = models.BigIntegerField(default=0)
    planned_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    pause_reason = models.CharField(max_length=10, choices=PauseReason.choices, blank=True, default="")
    finished_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+")
    started_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(CampaignQuerySet)

    db_grants: ClassVar[dict[str, str]] = {"app": "SELECT, INSERT, UPDATE"}  # its messages must never be without it

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="campaign_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="campaign_public_id_once"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(channel=""), name="campaign_has_a_name"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "scheduled", "sending", "paused", "finished", "cancelled", "archived"]),
                name="campaign_state_known",
            ),
            models.CheckConstraint(
                condition=Q(when="now", wall_day=None, wall_time=None)
                | Q(when__in=["at", "local"], wall_day__isnull=False, wall_time__isnull=False),
                name="campaign_when_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(ramp_hours=None) | (Q(ramp_hours__gte=1, ramp_hours__lte=168) & ~Q(when="local")), name="campaign_ramp_possible"
            ),
            models.CheckConstraint(condition=Q(holdout_share__gte=0, holdout_share__lte=0.5), name="campaign_holdout_possible"),
            models.CheckConstraint(
                condition=Q(test_share=None, decide_hours=None, decide_metric="")
                | (
                    Q(test_share__gte=0.05, test_share__lte=0.9, decide_hours__gte=1, decide_hours__lte=168)
                    & Q(decide_metric__in=["clicks", "orders"], ramp_hours=None)
                    & ~Q(when="local")
                ),
                name="campaign_test_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(decide_count=None) | Q(decide_count__gte=50, test_share__isnull=False), name="campaign_lead_is_of_a_test"
            ),
            models.CheckConstraint(condition=Q(winner="") | Q(decided_at__isnull=False), name="campaign_winner_was_decided"),
            models.CheckConstraint(
                condition=~Q(state__in=["scheduled", "sending", "paused", "finished"])
                | Q(confirmed_at__isnull=False, starts_at__isnull=False),
                name="campaign_started_has_moments",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sending", "finished"]) | Q(opened_at__isnull=False, seen_at__isnull=False),
                name="campaign_sending_is_looked_after",
            ),
            models.CheckConstraint(
                condition=~Q(state="finished") | Q(planned_at__isnull=False, finished_at__isnull=False), name="campaign_finished_is_planned"
            ),
            models.CheckConstraint(
                condition=(Q(state="paused", paused_at__isnull=False) & ~Q(pause_reason="")) | (~Q(state="paused") & Q(pause_reason="")),
                name="campaign_pause_has_reason",
            ),
            StoreIsolation(name="campaign_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "-created_at", "-id"], name="campaign_newest"),
            models.Index(fields=["store", "starts_at"], name="campaign_due", condition=Q(state="scheduled")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_editable(self) -> bool:
        """Say whether it may still be changed."""
        return self.state == self.State.DRAFT

    @property
    def decides_at(self) -> datetime | None:
        """Return when the variants are compared and the rest is let go; None without a test."""
        return None if self.decide_hours is None or self.opened_at is None else self.opened_at + timedelta(hours=self.decide_hours)

    def audience(self, side: str) -> list[int]:
        """Return the ids of the segments on one side."""
        return list(self.segments.filter(side=side).order_by("segment_id").values_list("segment_id", flat=True))


class CampaignSegment(StoreOwned):
    """A segment whose people get a campaign, or get it under no circumstances; never both."""

    class Side(models.TextChoices):
        INCLUDE = "include", _("gets it")
        EXCLUDE = "exclude", _("does not get it")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="segments", db_constraint=False)
    segment = models.ForeignKey("segments.Segment", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    side = models.CharField(max_length=7, choices=Side.choices)

    class Meta:
        verbose_name = _("segment of a campaign")
        verbose_name_plural = _("segments of campaigns")
        constraints = [
            models.UniqueConstraint(fields=["store", "campaign", "segment"], name="campaign_segment_once"),
            models.CheckConstraint(condition=Q(side__in=["include", "exclude"]), name="campaign_segment_side_known"),
            StoreForeignKey(field="campaign", name="campaign_segment_campaign_of_store"),
            StoreForeignKey(field="segment", name="campaign_segment_segment_of_store"),
            StoreIsolation(name="campaign_segment_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.side} {self.campaign_id}"


class CampaignVariant(StoreOwned):
    """One of up to six ways to say it. Drawn by lot in proportion to the weights; the same person always sees the same one.

    template: what it says, or `words` (heading, text, button, url) for a plain mail. subject: in place of the template's own.
    sender: whom it comes from, in place of the connection's own. delay_hours: how much later than the first its people get it.
    version: fixed at the start.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="variants", db_constraint=False)
    letter = models.CharField(max_length=1, choices=_LETTER_CHOICES)
    weight = models.PositiveSmallIntegerField(default=1)
    subject = models.CharField(max_length=300, blank=True)
    template = models.ForeignKey(Template, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False)
    words = models.JSONField(default=dict)
    sender = models.ForeignKey(Sender, on_delete=models.SET_NULL, null=True, related_name="+", db_constraint=False)
    delay_hours = models.PositiveSmallIntegerField(default=0, db_default=0)
    version = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False)

    class Meta:
        verbose_name = _("variant of a campaign")
        verbose_name_plural = _("variants of campaigns")
        constraints = [
            models.UniqueConstraint(fields=["store", "campaign", "letter"], name="campaign_variant_once"),
            models.CheckConstraint(condition=Q(letter__in=LETTERS), name="campaign_variant_letter_known"),
            models.CheckConstraint(condition=Q(weight__gte=1, weight__lte=100), name="campaign_variant_weight_possible"),
            models.CheckConstraint(condition=Q(delay_hours__lte=MOST_DELAY_HOURS), name="campaign_variant_delay_possible"),
            StoreForeignKey(field="campaign", name="campaign_variant_campaign_of_store"),
            StoreForeignKey(field="template", name="campaign_variant_template_of_store"),
            StoreForeignKey(field="version", name="campaign_variant_version_of_store"),
            StoreForeignKey(field="sender", name="campaign_variant_sender_of_store"),
            StoreIsolation(name="campaign_variant_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.letter} of {self.campaign_id}"


def names_of_campaigns() -> dict[str, str]:
    """Return the active store's started campaigns as events about messages name them: by public id, with their names."""
    rows = Campaign.objects.exclude(state=Campaign.State.DRAFT).order_by("name", "id")
    return {str(public_id): name for public_id, name in rows.values_list("public_id", "name")}
