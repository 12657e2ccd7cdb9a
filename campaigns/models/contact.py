"""How often people may be written to, which source goes first when several want the same person, and what was counted of both."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned


class ContactCap(StoreOwned):
    """At most so many marketing messages to one person. channel: only by this one; "" is all channels together.

    A store without a row for all together has the usual budget (`sending/eligibility.py`); a channel without one has no cap of its own.
    """

    channel = models.CharField(max_length=10, blank=True, default="")
    per_day = models.PositiveSmallIntegerField()
    per_week = models.PositiveSmallIntegerField()
    changed_at = models.DateTimeField()

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("cap of the contact budget")
        verbose_name_plural = _("caps of the contact budget")
        constraints = [
            models.UniqueConstraint(fields=["store", "channel"], name="contact_cap_once"),
            models.CheckConstraint(
                condition=Q(per_day__gte=1, per_day__lte=20, per_week__lte=100) & Q(per_week__gte=models.F("per_day")),
                name="contact_cap_possible",
            ),
            StoreIsolation(name="contact_cap_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.channel or 'all'}: {self.per_day} a day, {self.per_week} a week"


class SourceRank(StoreOwned):
    """How a journey, cell or campaign stands when several messages want the same person.

    priority: what the merchant says, higher goes first. guess, error: money one message brings in beyond what would have come anyway, in
    minor units, as counted from people people; worth: the same, having learned from the other sources. source_id 0: what is usual of a
    kind (`journey`, `cell`, `campaign`), for sources nothing is known of. final: of a campaign that is over; it is not counted again.
    """

    class Priority(models.IntegerChoices):
        LAST = -1, _("Lets others go first")
        USUAL = 0, _("By what it brings in")
        FIRST = 1, _("Goes before others")

    source_kind = models.CharField(max_length=20)
    source_id = models.BigIntegerField()
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.USUAL)
    guess = models.FloatField(null=True)
    error = models.FloatField(null=True)
    worth = models.FloatField(null=True)
    people = models.PositiveIntegerField(default=0)
    final = models.BooleanField(default=False)
    counted_at = models.DateTimeField(null=True)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("rank of a source of messages")
        verbose_name_plural = _("ranks of sources of messages")
        constraints = [
            models.UniqueConstraint(fields=["store", "source_kind", "source_id"], name="source_rank_once"),
            models.CheckConstraint(condition=Q(source_kind__in=["journey", "cell", "campaign"]), name="source_rank_kind_known"),
            models.CheckConstraint(condition=Q(priority__gte=-1, priority__lte=1), name="source_rank_priority_known"),
            models.CheckConstraint(
                condition=Q(guess=None, error=None) | Q(guess__isnull=False, error__gte=0), name="source_rank_guess_has_error"
            ),
            StoreIsolation(name="source_rank_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.source_kind} {self.source_id}: {self.priority}, {self.worth}"


class ContactCount(StoreOwned):
    """How many messages people got in the last days, counted customer by customer in bites. Names nobody but by id.

    begun_at, reached, gathering: the count that goes on, up to which customer it came and what it found so far. figures, counted_at: the
    last that was finished, as `contacts/counting.py` writes it. reckoned_at: when what messages are worth was reckoned from it last.
    """

    begun_at = models.DateTimeField(null=True)
    reached = models.BigIntegerField(default=0)
    gathering = models.JSONField(default=dict)
    figures = models.JSONField(null=True)
    counted_at = models.DateTimeField(null=True)
    reckoned_at = models.DateTimeField(null=True)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("count of messages people got")
        verbose_name_plural = _("counts of messages people got")
        constraints = [
            models.UniqueConstraint(fields=["store"], name="contact_count_once"),
            models.CheckConstraint(condition=Q(figures=None) | Q(counted_at__isnull=False), name="contact_count_has_time"),
            StoreIsolation(name="contact_count_isolation"),
        ]

    def __str__(self) -> str:
        return f"counted {self.counted_at}"
