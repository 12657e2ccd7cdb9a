"""The message calendar: for each day what left, what is planned, what journeys and cells will probably send, and who would get two at once.

Each source is one bounded statement; what left and what is to be expected come from the last count (`counting.py`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Prefetch

from campaigns.models import Campaign, CampaignSegment, Journey
from campaigns.sending.pacing import first_instant, zone_of
from retention.stores.models import Store
from retention.tenancy.context import require_store_id
from segments.asking import CannotAsk, asking, rows_of
from segments.rules.sql import piece

MOST_CAMPAIGNS = 300
MOST_PAIRS = 6
MOST_DECISIONS = 20_000
PAIR_SECONDS = 2.0
WEEKS = 4
"""From so many weeks it is said what journeys and cells send on a day of the week."""
_PLANNED = (Campaign.State.SCHEDULED, Campaign.State.SENDING, Campaign.State.PAUSED)
_OVER = (Campaign.State.FINISHED, Campaign.State.CANCELLED)

_SHARED = """
    SELECT count(*) FROM (
        SELECT customer_id FROM segments_segmentmember WHERE store_id = %s AND segment_id = ANY(%s)
        INTERSECT
        SELECT customer_id FROM segments_segmentmember WHERE store_id = %s AND segment_id = ANY(%s)
    ) AS shared
"""
# Bounded by an index of age, whatever the reason: the newest so many answers of the gate. Looked at: how many of them are of the day.
_CROWDED = f"""
    SELECT width_bucket(last_at, %(starts)s::timestamptz[]) AS day, count(*) AS looked_at,
        count(*) FILTER (WHERE reason IN ('outbid', 'other_message_first', 'frequency_cap', 'channel_cap')) AS crowded
    FROM (
        SELECT last_at, reason FROM campaigns_decision
        WHERE store_id = %(store)s AND last_at >= %(since)s AND last_at < %(until)s ORDER BY last_at DESC LIMIT {MOST_DECISIONS}
    ) AS newest
    GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - a number of ours


@dataclass(frozen=True)
class Planned:
    """One campaign on a day. people: whom it is for at most, as far as its segments say, None where that is everybody."""

    campaign: Campaign
    at: datetime
    people: int | None
    segments: frozenset[int]

    @property
    def is_ahead(self) -> bool:
        """Return whether it is going to write to people: no draft, and not over."""
        return self.campaign.state in _PLANNED


@dataclass(frozen=True)
class Pair:
    """Two campaigns within a day of each other. shared: people in both, None where it took too long to count."""

    one: Planned
    other: Planned
    shared: int | None


@dataclass
class Day:
    """One day of the store's calendar.

    pairs_left: how many pairs of campaigns were too many to look at. sent: messages by channel, of a day that was counted. expected: by
    kind (`journey`, `cell`), of today and later. crowded: messages that waited or did not go because their person had others; None where
    newer days had too many of them to look so far back, and at least so many where crowded_cut.
    """

    date: date
    campaigns: list[Planned] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    pairs_left: int = 0
    sent: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    crowded: int | None = 0
    crowded_cut: bool = False

    @property
    def sent_count(self) -> int:
        """Return how many messages left."""
        return sum(self.sent.values())


def days_of(store: Store, *, first: date, last: date, figures: Mapping[str, Any] | None, now: datetime) -> list[Day]:
    """Return the days from first to last, both included, at most some weeks. figures: of the last count, None before it."""
    zone = zone_of(store.zone)
    days = {first + timedelta(days=number): Day(first + timedelta(days=number)) for number in range((last - first).days + 1)}
    today = now.astimezone(zone).date()
    sent: Mapping[str, Mapping[str, int]] = figures["days"] if figures else {}
    for day in days.values():
        for key, count in sent.get(day.date.isoformat(), {}).items():
            day.sent[key.rsplit(":", 1)[1]] += count
    usual = _usual(sent, today=today)
    for day in days.values():
        if day.date >= today:
            day.expected.update(usual[day.date.weekday()])
    for one in _campaigns(days, zone):
        days[one.at.astimezone(zone).date()].campaigns.append(one)
    _find_pairs([one for day in days.values() for one in day.campaigns if one.is_ahead], days, zone, today=today)
    _count_crowded(days, zone, now=now)
    return list(days.values())


def _usual(sent: Mapping[str, Mapping[str, int]], *, today: date) -> list[dict[str, int]]:
    """Return by day of the week what live journeys and cells send on it, as a mean of the last weeks."""
    live = {str(pk): "cell" if quiet else "journey" for pk, quiet in Journey.objects.live().values_list("pk", "for_quiet")}
    sums: list[Counter[str]] = [Counter() for _ in range(7)]
    weeks = [0] * 7
    began = min(sent, default="")  # days before the first message say nothing
    for back in range(1, 7 * WEEKS + 1):
        day = today - timedelta(days=back)
        weeks[day.weekday()] += began <= day.isoformat()
        for key, count in sent.get(day.isoformat(), {}).items():
            kind, source_id, _channel = key.split(":")
            if kind == "journey" and source_id in live:
                sums[day.weekday()][live[source_id]] += count
    means = [{kind: round(count / max(weeks[place], 1)) for kind, count in one.items()} for place, one in enumerate(sums)]
    return [{kind: count for kind, count in one.items() if count} for one in means]


def _campaigns(days: Mapping[date, Day], zone: ZoneInfo) -> list[Planned]:
    """Return the campaigns that begin on these days, first to last; a draft stands where it is meant to."""
    since, until = _bounds(days, zone)
    sides = CampaignSegment.objects.filter(side=CampaignSegment.Side.INCLUDE).select_related("segment")
    begun = Campaign.objects.filter(state__in=(*_PLANNED, *_OVER), starts_at__gte=since, starts_at__lt=until)
    drafts = Campaign.objects.filter(state=Campaign.State.DRAFT, wall_day__gte=min(days), wall_day__lte=max(days))
    found = []
    for rows, order in ((begun, ("starts_at", "pk")), (drafts, ("wall_day", "wall_time", "pk"))):
        for campaign in rows.order_by(*order).prefetch_related(Prefetch("segments", sides))[:MOST_CAMPAIGNS]:
            segments = {side.segment_id: side.segment.members_count for side in campaign.segments.all()}
            at = campaign.starts_at or first_instant(campaign.wall_day, campaign.wall_time, zone)
            people = None if campaign.to_everyone else sum(segments.values())
            found.append(Planned(campaign, at, people, frozenset(segments)))
    return sorted(found, key=lambda one: (one.at, one.campaign.pk))


def _find_pairs(planned: Sequence[Planned], days: Mapping[date, Day], zone: ZoneInfo, *, today: date) -> None:
    """Note on each day which of its campaigns follow another within 24 hours, and how many people are in both; those to come first."""
    pairs = [
        (days[other.at.astimezone(zone).date()], one, other)
        for place, one in enumerate(planned)
        for other in planned[place + 1 :]
        if other.at - one.at < timedelta(days=1)
    ]  # fmt: skip
    pairs.sort(key=lambda pair: pair[0].date < today)
    for day, one, other in pairs[:MOST_PAIRS]:
        shared = _shared(one, other)
        if shared != 0:
            day.pairs.append(Pair(one, other, shared))
    for day, _one, _other in pairs[MOST_PAIRS:]:
        day.pairs_left += 1


def _shared(one: Planned, other: Planned) -> int | None:
    """Return how many people two campaigns have in common; None where that takes too long or both are for everybody."""
    if one.people is None or other.people is None:
        return one.people if other.people is None else other.people
    store_id = require_store_id()
    try:
        with asking(seconds=PAIR_SECONDS):
            ((count,),) = rows_of(piece(_SHARED, store_id, sorted(one.segments), store_id, sorted(other.segments)))
    except CannotAsk:
        return None
    return int(count)


def _count_crowded(days: Mapping[date, Day], zone: ZoneInfo, *, now: datetime) -> None:
    """Note on each day that is over or begun how many messages had to give way."""
    since, until = _bounds(days, zone)
    if since >= now:
        return
    order = sorted(days)
    starts = [_start(day, zone) for day in order]
    values: dict[str, Any] = {
        "store": require_store_id(),
        "since": since,
        "until": min(until, now + timedelta(seconds=1)),
        "starts": starts,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CROWDED, values)
        rows = cursor.fetchall()
    for place, _looked_at, count in rows:
        days[order[place - 1]].crowded = count
    if sum(looked_at for _place, looked_at, _count in rows) >= MOST_DECISIONS:
        oldest = rows[0][0] - 1
        days[order[oldest]].crowded_cut = True
        for day in order[:oldest]:
            days[day].crowded = None


def _bounds(days: Mapping[date, Day], zone: ZoneInfo) -> tuple[datetime, datetime]:
    return _start(min(days), zone), _start(max(days) + timedelta(days=1), zone)


def _start(day: date, zone: ZoneInfo) -> datetime:
    return first_instant(day, time(0), zone)
