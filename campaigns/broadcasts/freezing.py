"""A campaign's report for good: written down once its single messages are to leave, and read ever after in place of them.

Nothing changes in it any more: its links lead nowhere after 400 days, orders are credited for days, and the messages are older than that.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from campaigns.models import Campaign, CampaignTally


def report_of(campaign: Campaign) -> dict[str, Any] | None:
    """Return what was written down of a campaign, or None while its messages are counted."""
    found: dict[str, Any] | None = CampaignTally.objects.filter(campaign=campaign).values_list("report", flat=True).first()
    return found


def reports_of(campaign_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return what was written down of these campaigns, by campaign; the others are not in it."""
    rows = CampaignTally.objects.filter(campaign_id__in=list(campaign_ids), report__isnull=False)
    return dict(rows.values_list("campaign_id", "report"))


def as_written(
    *,
    figures: Any,
    reasons: Iterable[tuple[str, str, int]],
    variants: Iterable[Any],
    difference: Any,
    segments: Iterable[tuple[int, int, int, int, int]],
    bars: Iterable[tuple[int, int]],
    currency: str,
    at: datetime,
) -> dict[str, Any]:
    """Return a report as it is stored. segments: id, sent, clicked, orders, revenue; bars: orders by quarters of an hour."""
    return {
        "figures": asdict(figures),
        "reasons": [list(row) for row in reasons],
        "variants": [asdict(one) for one in variants],
        "difference": None
        if difference is None
        else {"range": asdict(difference.range), "judged": difference.judged, "until": difference.until.isoformat()},
        "segments": [list(row) for row in segments],
        "bars": [list(row) for row in bars],
        "currency": currency,
        "at": at.isoformat(),
    }
