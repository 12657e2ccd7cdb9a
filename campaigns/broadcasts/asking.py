"""Approval: who may write a campaign and not send it asks, who may send it says yes by starting it, or gives it back.

A change takes the question back (`drafting.change`), so that what is approved is what was seen.
"""

import hashlib
from datetime import datetime

from django.db import transaction

from campaigns.broadcasts.running import CannotStart, faults_of
from campaigns.models import Campaign
from retention.stores.models import Store

_PLAN = (
    "channel", "to_everyone", "when", "wall_day", "wall_time", "ramp_hours", "holdout_share", "test_share", "decide_metric", "decide_hours",
)  # fmt: skip
_WAY = ("letter", "weight", "delay_hours", "subject", "words", "template_id", "template__live_number", "sender__name", "sender__address")


def ask(campaign: Campaign, *, store: Store, user_id: int | None, now: datetime) -> bool:
    """Ask for a yes to a draft as it stands; say whether it was not asked before. Raises CannotStart where nobody could say yes to it."""
    with transaction.atomic():
        held = Campaign.objects.filter(pk=campaign.pk).select_for_update().get()
        if not held.is_editable or held.asked_at is not None:
            return False
        faults = faults_of(held, store=store, now=now)
        if faults:
            raise CannotStart(faults)
        held.asked_at, held.asked_by_id = now, user_id
        held.save(update_fields=["asked_at", "asked_by"])
    return True


def give_back(campaign: Campaign) -> bool:
    """Take the question off a draft; say whether there was one."""
    waiting = Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.DRAFT, asked_at__isnull=False)
    return bool(waiting.update(asked_at=None, asked_by=None))


def mark_of(campaign: Campaign) -> str:
    """Return what a page carries to say what it showed: another one once anything changes in what is sent, to whom or when."""
    plan = [getattr(campaign, name) for name in _PLAN]
    ways = campaign.variants.order_by("letter").values_list(*_WAY)
    people = campaign.segments.order_by("side", "segment_id").values_list("side", "segment_id")
    return hashlib.sha256(repr((plan, list(ways), list(people))).encode()).hexdigest()


class Changed(Exception):
    """It was changed after somebody looked at it; what they would say yes to is not what they saw."""


def is_still(campaign: Campaign, seen: str) -> bool:
    """Say whether a draft is still what a page showed, and hold it for the caller's transaction. seen: from `mark_of`, or nothing."""
    held = Campaign.objects.filter(pk=campaign.pk).select_for_update().get()
    return not seen or seen == mark_of(held)
