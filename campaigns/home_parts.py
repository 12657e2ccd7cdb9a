"""What this floor asks of people on the home page: campaigns that wait for a yes."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from retention.dashboard.access import allows
from retention.dashboard.home_parts import NeedsYou


def waiting_for_a_yes(request: Any, now: datetime) -> list[NeedsYou]:
    """Return the drafts somebody asks to have sent, for those who may."""
    if not allows(request.role, capability="messages.send"):
        return []
    asked = (
        Campaign.objects.filter(state=Campaign.State.DRAFT, asked_at__isnull=False).select_related("asked_by").order_by("asked_at", "pk")
    )
    return [
        NeedsYou(
            icon="hand-click",
            title=_("“%(name)s” waits for your yes") % {"name": campaign.name},
            consequence=_("%(person)s wrote it. Nothing leaves before you look it over.") % {"person": campaign.asked_by or _("Somebody")},
            button=_("Look it over"),
            url=reverse("campaigns:campaign", args=[request.store.slug, campaign.public_id]),
            since=campaign.asked_at or now,
            tone="plum",
        )
        for campaign in asked
    ]
