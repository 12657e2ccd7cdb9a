"""What reports say of clicks, noes and messages that are no longer kept one by one."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.models.journey import Journey
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class CampaignTally(StoreOwned):
    """One campaign's sums, so that its report stays as it is when the rows behind it leave. Names nobody.

    clicks_before: clicks before this moment are in `links` and `bars`, and need not be kept any more. links: [variant, target, people,
    clicks, machines, orders] each; bars: [number, clicks], in quarters of an hour since it began. noes_before: the same for `noes`, which
    counts events by name. report: all that is counted from its messages, as `broadcasts/freezing.py` writes it; once it is there, nothing
    is counted any more, and the messages leave.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    clicks_before = models.DateTimeField(null=True)
    links = models.JSONField(default=list)
    bars = models.JSONField(default=list)
    noes_before = models.DateTimeField(null=True)
    noes = models.JSONField(default=dict)
    report = models.JSONField(null=True)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("campaign's sums")
        verbose_name_plural = _("campaigns' sums")
        constraints = [
            models.UniqueConstraint(fields=["store", "campaign"], name="campaign_tally_once"),
            StoreForeignKey(field="campaign", name="campaign_tally_of_same_store"),
            StoreIsolation(name="campaign_tally_isolation"),
        ]

    def __str__(self) -> str:
        return f"sums of {self.campaign_id}"

    @classmethod
    def of(cls, campaign: Campaign) -> "CampaignTally":
        """Return a campaign's sums; empty ones, not saved, where nothing was added up yet."""
        found: Any = cls.objects.filter(campaign=campaign).first()
        return found or cls(campaign=campaign)


class JourneyTally(StoreOwned):
    """What is counted of a journey's messages that are kept no longer. Names nobody.

    states: messages by state; steps: those that left, by step; reasons: [state, reason, channel, messages] each; credits: [orders, total in
    minor units] by currency.
    """

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    states = models.JSONField(default=dict)
    steps = models.JSONField(default=dict)
    reasons = models.JSONField(default=list)
    credits = models.JSONField(default=dict)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("journey's sums")
        verbose_name_plural = _("journeys' sums")
        constraints = [
            models.UniqueConstraint(fields=["store", "journey"], name="journey_tally_once"),
            StoreForeignKey(field="journey", name="journey_tally_of_same_store"),
            StoreIsolation(name="journey_tally_isolation"),
        ]

    def __str__(self) -> str:
        return f"sums of {self.journey_id}"

    @classmethod
    def of(cls, journey_id: int) -> "JourneyTally":
        """Return a journey's sums; empty ones, not saved, where nothing was added up yet."""
        found: Any = cls.objects.filter(journey_id=journey_id).first()
        return found or cls(journey_id=journey_id)
