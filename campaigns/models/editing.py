"""A journey while it is written: its draft, what a version in shadow would have done, and what the last days would have been with it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from campaigns.models.enrollment import Enrollment
from campaigns.models.journey import Journey
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class JourneyDraft(StoreOwned):
    """What somebody is writing: the journey's tree (`journeys/editing/tree.py`), finished or not, and the trees before it, newest last.

    revision: counts every change, so that two windows do not write over each other. based_on: the version it was begun from, 0 for none.
    """

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="drafts", db_constraint=False, db_index=False)
    tree = models.JSONField()
    before = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    revision = models.PositiveIntegerField(default=1)
    based_on = models.PositiveIntegerField(default=0)
    changed_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("draft of a journey")
        verbose_name_plural = _("drafts of journeys")
        constraints = [
            models.UniqueConstraint(fields=["store", "journey"], name="journey_draft_once"),
            StoreForeignKey(field="journey", name="journey_draft_journey_of_store"),
            StoreIsolation(name="journey_draft_isolation"),
        ]

    def __str__(self) -> str:
        return f"draft of {self.journey_id}"

    @property
    def stamp(self) -> str:
        """Return which draft it is and its revision; of one that is not saved, the version it would begin with."""
        return f"{self.pk}.{self.revision}" if self.pk is not None else f"0.{self.based_on}"


class ShadowNote(StoreOwned):
    """One thing a run in shadow would have done and did not: a message, or what a step does beside messages.

    journey: whose version it is. what: the channel of a message, or the kind of the step. may: whether they could be written to on that
    channel at that moment; yes for what is no message. words: the template's key, or nothing.
    """

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    step = models.CharField(max_length=40)
    lap = models.PositiveIntegerField(default=0)
    what = models.CharField(max_length=10)
    words = models.CharField(max_length=60, blank=True)
    may = models.BooleanField(default=True)
    at = models.DateTimeField()

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("what a journey in shadow would have done")
        verbose_name_plural = _("what journeys in shadow would have done")
        constraints = [
            models.UniqueConstraint(fields=["store", "enrollment", "step", "lap", "what"], name="shadow_note_once"),
            models.CheckConstraint(
                condition=Q(what__in=["email", "sms", "push", "onsite", "draw", "change", "call", "notify"]), name="shadow_note_what_known"
            ),
            StoreForeignKey(field="journey", name="shadow_note_journey_of_store"),
            StoreForeignKey(field="enrollment", name="shadow_note_enrollment_of_store"),
            StoreForeignKey(field="customer", name="shadow_note_customer_of_store"),
            StoreIsolation(name="shadow_note_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "journey", "-at", "-id"], name="shadow_note_of_journey"),
            models.Index(fields=["store", "customer"], name="shadow_note_of_customer"),
            models.Index(fields=["store", "at"], name="shadow_note_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.what} at {self.step} to {self.customer_id}"


class JourneyReplay(StoreOwned):
    """The last days as a draft would have been in them: how far it has come, and what was counted. One row a journey, the newest.

    definition: what is replayed, as it stood when it was asked for. found: see `journeys/replaying.py`; names nobody.
    tries: of the slice it is at. moved_at: when a slice was done last. gave_up: it ended before everybody was looked at.
    """

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    definition = models.JSONField()
    days = models.PositiveSmallIntegerField()
    reached = models.BigIntegerField(default=0)
    people_count = models.PositiveIntegerField(default=0)
    found = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    moved_at = models.DateTimeField(null=True)
    gave_up = models.BooleanField(default=False, db_default=False)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("replay of a journey")
        verbose_name_plural = _("replays of journeys")
        constraints = [
            models.UniqueConstraint(fields=["store", "journey"], name="journey_replay_once"),
            models.CheckConstraint(condition=Q(days__gte=1, days__lte=90), name="journey_replay_days"),
            StoreForeignKey(field="journey", name="journey_replay_journey_of_store"),
            StoreIsolation(name="journey_replay_isolation"),
        ]
        indexes = [models.Index(fields=["store", "asked_at"], name="journey_replay_waiting", condition=Q(finished_at=None))]

    def __str__(self) -> str:
        return f"{self.days} days of {self.journey_id}, {self.people_count} people"
