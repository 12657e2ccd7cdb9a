"""What came of a campaign hour by hour, segment by segment and link by link: questions only its report asks, one statement each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.measurement.attribution import WINDOW_DAYS
from campaigns.models import Campaign
from retention.tenancy.context import require_store_id
from segments.models import Segment

MOST_SEGMENTS = 8
_WIDTHS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=3), timedelta(hours=6))
_MOST_BARS = 48

_OVER_TIME = """
    SELECT floor(extract(epoch FROM happened.at - %(since)s) / %(width)s)::int AS bar,
        count(*) FILTER (WHERE happened.what = 'click'), count(*) FILTER (WHERE happened.what = 'order')
    FROM (
        SELECT 'click' AS what, click.at FROM campaigns_click AS click
        JOIN campaigns_message AS m ON m.store_id = click.store_id AND m.id = click.message_id
        WHERE click.store_id = %(store)s AND m.source_kind = 'campaign' AND m.source_id = %(campaign)s AND click.suspected = ''
        UNION ALL
        SELECT 'order', placed.placed_at FROM campaigns_attribution AS credit
        JOIN campaigns_message AS m ON m.store_id = credit.store_id AND m.id = credit.message_id
        JOIN orders_order AS placed ON placed.store_id = credit.store_id AND placed.id = credit.order_id
        WHERE credit.store_id = %(store)s AND m.source_kind = 'campaign' AND m.source_id = %(campaign)s
    ) AS happened
    WHERE happened.at >= %(since)s AND happened.at < %(until)s
    GROUP BY bar
"""
_BY_SEGMENT = """
    WITH credits AS (
        SELECT m.id, count(*) AS orders, coalesce(sum(credit.total_minor) FILTER (WHERE credit.currency = %(currency)s), 0) AS total
        FROM campaigns_attribution AS credit
        JOIN campaigns_message AS m ON m.store_id = credit.store_id AND m.id = credit.message_id
        WHERE credit.store_id = %(store)s AND m.source_kind = 'campaign' AND m.source_id = %(campaign)s GROUP BY m.id
    )
    SELECT member.segment_id, count(*) FILTER (WHERE m.state = 'sent'), count(m.clicked_at),
        coalesce(sum(credits.orders), 0)::bigint, coalesce(sum(credits.total), 0)::bigint
    FROM campaigns_message AS m
    JOIN segments_segmentmember AS member
        ON member.store_id = m.store_id AND member.segment_id = ANY(%(segments)s::bigint[]) AND member.customer_id = m.customer_id
    LEFT JOIN credits ON credits.id = m.id
    WHERE m.store_id = %(store)s AND m.source_kind = 'campaign' AND m.source_id = %(campaign)s
    GROUP BY member.segment_id
"""
# An order belongs to the very click it was credited by: the same message at the same moment.
_LINKS = """
    SELECT m.targets ->> click.position::int AS target, count(DISTINCT click.customer_id) FILTER (WHERE click.suspected = ''),
        count(*) FILTER (WHERE click.suspected = ''), count(*) FILTER (WHERE click.suspected <> ''),
        count(DISTINCT credit.order_id) FILTER (WHERE click.suspected = '')
    FROM campaigns_click AS click
    JOIN campaigns_message AS m ON m.store_id = click.store_id AND m.id = click.message_id
    LEFT JOIN campaigns_attribution AS credit
        ON credit.store_id = click.store_id AND credit.message_id = click.message_id AND credit.clicked_at = click.at
    WHERE click.store_id = %(store)s AND m.source_kind = 'campaign' AND m.source_id = %(campaign)s
        AND (%(variant)s = '' OR m.variant = %(variant)s)
    GROUP BY target ORDER BY 2 DESC, 1
"""


@dataclass(frozen=True)
class Bar:
    """What happened from a moment on, for the width of one bar."""

    at: datetime
    clicks: int
    orders: int


@dataclass(frozen=True)
class Bars:
    """Clicks and orders over time, without gaps."""

    width: timedelta
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class SegmentFigures:
    """How the people of one segment did; a person may be in several. Money last click, in minor units."""

    segment: Segment
    sent: int
    clicked: int
    orders: int
    revenue_minor: int

    @property
    def rate(self) -> float:
        """Return the share of the sent who clicked."""
        return self.clicked / self.sent if self.sent else 0.0


@dataclass(frozen=True)
class LinkFigures:
    """How one link did. machines: clicks that look like a scanner's, in no other figure."""

    target: str
    people: int
    clicks: int
    machines: int
    orders: int


def over_time(campaign: Campaign, *, now: datetime) -> Bars | None:
    """Return clicks and orders since the first message, until now or until orders are not credited any more; None before it began."""
    if campaign.opened_at is None:
        return None
    since = max(campaign.opened_at, campaign.starts_at or campaign.opened_at)
    until = min(now, (campaign.finished_at or now) + timedelta(days=WINDOW_DAYS))
    width = next((one for one in _WIDTHS if (until - since) / one <= _MOST_BARS), timedelta(days=1))
    rows = _rows(_OVER_TIME, campaign, since=since, until=until, width=width.total_seconds())
    found = {bar: (clicks, orders) for bar, clicks, orders in rows}
    count = max(1, -int(-(until - since) // width)) if until > since else 1
    return Bars(width, tuple(Bar(since + width * index, *found.get(index, (0, 0))) for index in range(count)))


def by_segment(campaign: Campaign, *, currency: str) -> list[SegmentFigures]:
    """Return how the people of its segments did, as they are members now; for everybody, those of the store's largest segments."""
    if campaign.to_everyone:
        segments = list(Segment.objects.live().order_by("-members_count", "id")[:MOST_SEGMENTS])
    else:
        segments = list(Segment.objects.filter(pk__in=campaign.audience("include")).order_by("name", "id"))
    rows = _rows(_BY_SEGMENT, campaign, segments=[one.pk for one in segments], currency=currency)
    found = {pk: rest for pk, *rest in rows}
    return [SegmentFigures(one, *found[one.pk]) for one in segments if one.pk in found]


def links_of(campaign: Campaign, *, variant: str = "") -> list[LinkFigures]:
    """Return how each link did, most people first. variant: of this one only."""
    return [LinkFigures(*row) for row in _rows(_LINKS, campaign, variant=variant) if row[0]]


def _rows(statement: str, campaign: Campaign, **values: str | float | datetime | list[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"store": require_store_id(), "campaign": campaign.pk, **values})
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
