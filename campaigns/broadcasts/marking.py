"""What a campaign would do, as short marks: the same as long as nothing changes in what is sent, to whom, when, and by which rules."""

import hashlib

from django.db.models import Q

from campaigns.models import Campaign, SendRule

_PLAN = (
    "channel", "to_everyone", "when", "wall_day", "wall_time", "ramp_hours", "holdout_share", "test_share", "decide_metric", "decide_hours",
    "decide_count", "measure_opens",
)  # fmt: skip
_WAY = (
    "letter", "weight", "delay_hours", "subject", "words", "template_id", "template__live_number", "sender__name", "sender__address",
)  # fmt: skip
_RULE = ("campaign_id", "template_id", "sold_out", "dearer", "fallback", "pool_id")
_POOL = ("benefit", "percent", "amount_minor", "currency", "endless", "valid_days", "expires_at", "when_out", "fallback", "archived_at")
_PART = 32


def mark_of(campaign: Campaign) -> str:
    """Return the mark of all of it, as a page carries it to say what it showed and a question keeps it to say what was asked."""
    plan = [getattr(campaign, name) for name in _PLAN]
    ways = campaign.variants.order_by("letter").values_list(*_WAY)
    return _digest([plan, list(ways), _audience(campaign), _rules(campaign)])


def standing_mark(campaign: Campaign) -> str:
    """Return the marks of what may still change after the start: whom its segments choose, and its rules with their coupons."""
    return f"{_digest(_audience(campaign))[:_PART]}{_digest(_rules(campaign))[:_PART]}"


def differs(campaign: Campaign) -> bool:
    """Say whether something changed that somebody was asked about: the audience until everybody has a row, the rules until the end."""
    kept = campaign.approved_mark
    if not kept:
        return False
    now = standing_mark(campaign)
    return now[_PART:] != kept[_PART:] or (campaign.planned_at is None and now[:_PART] != kept[:_PART])


def _audience(campaign: Campaign) -> list[object]:
    rows = campaign.segments.order_by("side", "segment_id")
    return list(rows.values_list("side", "segment_id", "segment__kind", "segment__version", "segment__state"))


def _rules(campaign: Campaign) -> list[object]:
    templates = campaign.variants.filter(template__isnull=False).values_list("template_id", flat=True)
    mine = SendRule.objects.filter(Q(campaign_id=campaign.pk) | Q(template_id__in=list(templates))).order_by("pk")
    return list(mine.values_list(*_RULE, *(f"pool__{name}" for name in _POOL)))


def _digest(told: object) -> str:
    return hashlib.sha256(repr(told).encode()).hexdigest()
