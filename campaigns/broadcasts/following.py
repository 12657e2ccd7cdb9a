"""What came of a campaign hour by hour, segment by segment and link by link: questions only its report asks, one statement each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.broadcasts.freezing import report_of
from campaigns.measurement.attribution import window_days
from campaigns.models import Campaign, CampaignTally
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
            AND click.at >= %(after)s::timestamptz AND click.at < %(before)s::timestamptz
        UNION ALL
        SELECT 'order', placed.placed_at FROM campaigns_attribution AS credit
        JOIN campaigns_message AS m ON m.store_id = credit.store_id AND m.id = credit.message_id
        JOIN orders_order AS placed ON placed.store_id = credit.store_id AND placed.id = credit.order_id
        WHERE credit.store_id = %(store)s AND m.source_kind = 'campaign' AND m.source_id = %(campaign)s
    ) AS happened
    WHERE happened.at >= %(since)s AND happened.at < %(until)s
    GROUP BY bar
"""
# Each part is read once: while a table has no statistics yet, its rows would else be read anew for every person.
_BY_SEGMENT = """
    WITH mine AS MATERIALIZED (
        SELECT id, customer_id, state, clicked_at FROM campaigns_message
        WHERE store_id = %(store)s AND source_kind = 'campaign' AND source_id = %(campaign)s
    ), credits AS MATERIALIZED (
        SELECT m.id, count(*) AS orders, coalesce(sum(credit.total_minor) FILTER (WHERE credit.currency = %(currency)s), 0) AS total
        FROM mine AS m JOIN campaigns_attribution AS credit ON credit.store_id = %(store)s AND credit.message_id = m.id GROUP BY m.id
    )
    SELECT member.segment_id, count(*) FILTER (WHERE m.state = 'sent'), count(m.clicked_at),
        coalesce(sum(credits.orders), 0)::bigint, coalesce(sum(credits.total), 0)::bigint
    FROM mine AS m
    JOIN segments_segmentmember AS member
        ON member.store_id = %(store)s AND member.segment_id = ANY(%(segments)s::bigint[]) AND member.customer_id = m.customer_id
    LEFT JOIN credits ON credits.id = m.id
    GROUP BY member.segment_id
"""
# Who clicked a link before the period is not counted among its people once more: the click stands there, or the message remembers it.
# An order belongs to the very click it was credited by: the same message at the same moment.
_LINKS = """
    SELECT m.variant, coalesce(fixed.targets || m.targets, m.targets) ->> click.position::int AS target,
        count(DISTINCT click.customer_id) FILTER (WHERE click.suspected = '' AND NOT (%(again)s AND (
            EXISTS (SELECT FROM jsonb_array_elements_text(m.links_counted) AS old(position)
                WHERE coalesce(fixed.targets || m.targets, m.targets) ->> old.position::int
                    = coalesce(fixed.targets || m.targets, m.targets) ->> click.position::int)
            OR EXISTS (SELECT FROM campaigns_click AS earlier
                WHERE earlier.store_id = m.store_id AND earlier.message_id = m.id AND earlier.suspected = ''
                    AND earlier.at < %(after)s::timestamptz
                    AND coalesce(fixed.targets || m.targets, m.targets) ->> earlier.position::int
                        = coalesce(fixed.targets || m.targets, m.targets) ->> click.position::int)))),
        count(*) FILTER (WHERE click.suspected = ''), count(*) FILTER (WHERE click.suspected <> ''),
        count(DISTINCT credit.order_id) FILTER (WHERE click.suspected = '')
    FROM campaigns_click AS click
    JOIN campaigns_message AS m ON m.store_id = click.store_id AND m.id = click.message_id
    LEFT JOIN campaigns_attribution AS credit
        ON credit.store_id = click.store_id AND credit.message_id = click.message_id AND credit.clicked_at = click.at
    LEFT JOIN campaigns_linkset AS fixed ON fixed.store_id = m.store_id AND fixed.id = m.link_set_id
    WHERE click.store_id = %(store)s AND m.source_kind = 'campaign' AND m.source_id = %(campaign)s
        AND click.at >= %(after)s::timestamptz AND click.at < %(before)s::timestamptz
    GROUP BY m.variant, target
"""
_EVER, _NEVER = "-infinity", "infinity"
_QUARTER = timedelta(minutes=15)
Link = tuple[str, str, int, int, int, int]
"""Variant, target, people, clicks, machines, orders."""


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
    since = _beginning(campaign)
    until = min(now, (campaign.finished_at or now) + timedelta(days=window_days(campaign.channel)))
    width = next((one for one in _WIDTHS if (until - since) / one <= _MOST_BARS), timedelta(days=1))
    tally = CampaignTally.of(campaign)
    within: dict[str, Any] = {"since": since, "until": until, "after": tally.clicks_before or _EVER, "before": _NEVER}
    found = {bar: (clicks, orders) for bar, clicks, orders in _rows(_OVER_TIME, campaign, width=width.total_seconds(), **within)}
    written = tally.report["bars"] if tally.report is not None else []
    for number, clicks, orders in [*((at, more, 0) for at, more in tally.bars), *((at, 0, more) for at, more in written)]:
        bar = number * _QUARTER // width
        before = found.get(bar, (0, 0))
        found[bar] = (before[0] + clicks, before[1] + orders)
    count = max(1, -int(-(until - since) // width)) if until > since else 1
    return Bars(width, tuple(Bar(since + width * index, *found.get(index, (0, 0))) for index in range(count)))


def by_segment(campaign: Campaign, *, currency: str) -> list[SegmentFigures]:
    """Return how the people of its segments did, as they are members now; for everybody, those of the store's largest segments."""
    if campaign.to_everyone:
        segments = list(Segment.objects.live().order_by("-members_count", "id")[:MOST_SEGMENTS])
    else:
        segments = list(Segment.objects.filter(pk__in=campaign.audience("include")).order_by("name", "id"))
    report = report_of(campaign)
    if report is not None:
        segments = list(Segment.objects.filter(pk__in=[row[0] for row in report["segments"]]).order_by("name", "id"))
        rows = [tuple(row) for row in report["segments"]]
    else:
        rows = _rows(_BY_SEGMENT, campaign, segments=[one.pk for one in segments], currency=currency)
    found = {pk: rest for pk, *rest in rows}
    return [SegmentFigures(one, *found[one.pk]) for one in segments if one.pk in found]


def links_of(campaign: Campaign, *, variant: str = "") -> list[LinkFigures]:
    """Return how each link did, most people first. variant: of this one only."""
    tally = CampaignTally.of(campaign)
    live = _rows(_LINKS, campaign, after=tally.clicks_before or _EVER, before=_NEVER, again=tally.clicks_before is not None)
    wanted = [(variant, *row[1:]) for row in [*tally.links, *live] if variant in ("", row[0])]
    return [LinkFigures(*row[1:]) for row in sorted(folded(wanted), key=lambda row: (-row[2], row[1]))]


def folded(rows: Iterable[tuple[Any, ...]]) -> list[Link]:
    """Return links with the figures of the same variant and target added up; those that lead nowhere are left out."""
    found: dict[tuple[str, str], list[int]] = {}
    for letter, target, *counts in rows:
        if target:
            found[letter, target] = [sum(pair) for pair in zip(found.get((letter, target), [0] * 4), counts, strict=True)]
    return [(*key, *counts) for key, counts in found.items()]  # type: ignore[misc]


def order_bars(campaign: Campaign, *, until: datetime) -> list[tuple[int, int]]:
    """Return a campaign's orders by quarters of an hour since it began, until a moment."""
    if campaign.opened_at is None:
        return []
    period: dict[str, Any] = {"since": _beginning(campaign), "until": until, "after": _NEVER, "before": _NEVER}
    bars = _rows(_OVER_TIME, campaign, width=_QUARTER.total_seconds(), **period)
    return [(bar, orders) for bar, _clicks, orders in bars if orders]


def clicks_between(campaign: Campaign, *, after: datetime | None, before: datetime) -> tuple[list[Link], list[tuple[int, int]]]:
    """Return a campaign's links and its clicks by quarters of an hour since it began, of a period; None: from the first on."""
    period: dict[str, Any] = {"after": after or _EVER, "before": before}
    links = [(str(row[0]), *row[1:]) for row in _rows(_LINKS, campaign, **period, again=after is not None)]
    if campaign.opened_at is None:
        return links, []
    since = _beginning(campaign)
    bars = _rows(_OVER_TIME, campaign, since=since, until=before, width=_QUARTER.total_seconds(), **period)
    return links, [(bar, clicks) for bar, clicks, _orders in bars if clicks]


def _beginning(campaign: Campaign) -> datetime:
    """Return when its first message could leave; ask only of one that began."""
    if campaign.opened_at is None:
        raise ValueError("This campaign has not begun.")
    return max(campaign.opened_at, campaign.starts_at or campaign.opened_at)


def _rows(statement: str, campaign: Campaign, **values: str | float | datetime | list[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"store": require_store_id(), "campaign": campaign.pk, **values})
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
