"""A campaign's figures for people to look at: where everybody chosen ended, what came of it, and what would not have come by itself."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum

from campaigns.measurement.attribution import WINDOW_DAYS
from campaigns.models import Attribution, Campaign, Message
from retention.tenancy.context import require_store_id

_ENDS = ("delivered", "clicked", "opened", "loaded")
FEWEST_EACH, FEWEST_BUYERS = 100, 20
"""Below this no difference is judged. Source: look.md, section 6."""

# Everybody chosen against everybody held out, whether or not the mail left: so nothing but the lot tells the two sides apart.
_COMPARE = """
    SELECT m.state = 'held_out' AS held, count(*), count(bought.total), coalesce(sum(bought.total), 0)::float8,
        coalesce(sum(bought.total::float8 * bought.total::float8), 0)
    FROM campaigns_message AS m
    LEFT JOIN LATERAL (
        SELECT sum(placed.total_minor) AS total FROM orders_order AS placed
        WHERE placed.store_id = m.store_id AND placed.customer_id = m.customer_id AND placed.cancelled_at IS NULL
            AND placed.currency = %(currency)s AND placed.placed_at >= %(since)s AND placed.placed_at < %(until)s
    ) AS bought ON true
    WHERE m.store_id = %(store)s AND m.source_kind = 'campaign' AND m.source_id = %(campaign)s
    GROUP BY 1
"""
_LINKS = """
    SELECT m.targets ->> click.position::int AS target, count(DISTINCT click.customer_id), count(*) FROM campaigns_click AS click
    JOIN campaigns_message AS m ON m.store_id = click.store_id AND m.id = click.message_id
    WHERE click.store_id = %(store)s AND m.source_kind = 'campaign' AND m.source_id = %(campaign)s AND click.suspected = ''
    GROUP BY target ORDER BY 2 DESC, 1 LIMIT 30
"""


@dataclass
class Figures:
    """One campaign's figures. states: messages by state. loaded: like opened, with machines. revenue: last click, in minor units."""

    states: dict[str, int] = field(default_factory=dict)
    delivered: int = 0
    clicked: int = 0
    opened: int = 0
    loaded: int = 0
    orders: int = 0
    revenue_minor: int = 0

    @property
    def chosen(self) -> int:
        """Return for how many people there is a row."""
        return sum(self.states.values())

    @property
    def sent(self) -> int:
        """Return how many messages left."""
        return self.states.get("sent", 0)

    @property
    def unknown(self) -> int:
        """Return of how many we do not know whether they arrived."""
        return self.states.get("unknown", 0)

    @property
    def held_out(self) -> int:
        """Return how many got nothing, to compare with."""
        return self.states.get("held_out", 0)

    @property
    def held_back(self) -> int:
        """Return how many messages we chose not to send."""
        return self.states.get("suppressed", 0) + self.states.get("skipped", 0)

    @property
    def waiting(self) -> int:
        """Return how many have still to leave."""
        return sum(self.states.get(state, 0) for state in ("planned", "ready", "sending"))

    @property
    def reached_share(self) -> float:
        """Return which share of all rows has ended."""
        return 1 - self.waiting / self.chosen if self.chosen else 0.0


@dataclass(frozen=True)
class Difference:
    """What the written-to brought in that the held-out say would not have come by itself, in minor units, with its 95 % range."""

    guess: float
    low: float
    high: float
    judged: bool


@dataclass(frozen=True)
class VariantFigures:
    """How one variant did. low, high: 95 % range of the share of the sent who clicked."""

    letter: str
    subject: str
    sent: int
    clicked: int
    orders: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Return the share that clicked."""
        return self.clicked / self.sent if self.sent else 0.0


def figures_of(campaign_ids: Iterable[int], *, currency: str) -> dict[int, Figures]:
    """Return the figures of these campaigns, money in one currency, in three queries however many they are."""
    figures = {pk: Figures() for pk in campaign_ids}
    messages = Message.objects.filter(source_kind="campaign", source_id__in=figures)
    for pk, state, count in messages.values_list("source_id", "state").annotate(Count("id")):
        figures[pk].states[state] = count
    ends = messages.values_list("source_id").annotate(**{name: Count("id", filter=Q(**{f"{name}_at__isnull": False})) for name in _ENDS})
    for pk, *counts in ends:
        for name, count in zip(_ENDS, counts, strict=True):
            setattr(figures[pk], name, count)
    credits = Attribution.objects.filter(message__source_kind="campaign", message__source_id__in=figures, currency=currency)
    for pk, orders, total in credits.values_list("message__source_id").annotate(Count("id"), Sum("total_minor")):
        figures[pk].orders, figures[pk].revenue_minor = orders, total
    return figures


def reasons_of(campaign: Campaign) -> list[tuple[str, str, int]]:
    """Return (state, reason, count) of the messages that did not simply go out, most first; those held out are left out."""
    rows = Message.objects.filter(source_kind="campaign", source_id=campaign.pk).exclude(state__in=["sent", "held_out"]).exclude(reason="")
    found: list[tuple[str, str, int]] = list(rows.values_list("state", "reason").annotate(count=Count("id")).order_by("-count", "reason"))
    return found


def variants_of(campaign: Campaign) -> list[VariantFigures]:
    """Return how each variant did, by letter."""
    rows = Message.objects.filter(source_kind="campaign", source_id=campaign.pk).exclude(variant="")
    counts = {
        letter: (sent, clicked)
        for letter, sent, clicked in rows.values_list("variant").annotate(
            sent=Count("id", filter=Q(state="sent")), clicked=Count("id", filter=Q(clicked_at__isnull=False))
        )
    }
    credits = Attribution.objects.filter(message__source_kind="campaign", message__source_id=campaign.pk)
    orders = dict(credits.values_list("message__variant").annotate(Count("id")))
    found = []
    for way in campaign.variants.select_related("version").order_by("letter"):
        sent, clicked = counts.get(way.letter, (0, 0))
        subject = way.version.subject if way.version else way.subject
        found.append(VariantFigures(way.letter, subject, sent, clicked, orders.get(way.letter, 0), *share_range(clicked, sent)))
    return found


def share_range(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % range of a share (Wilson); 0 to 1 when nothing was counted."""
    if not of:
        return 0.0, 1.0
    z, share = 1.96, hits / of
    middle, spread = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def difference_of(campaign: Campaign, *, currency: str) -> Difference | None:
    """Compare what the two sides bought from the opening until five days after the last moment; None without people held out."""
    if campaign.opened_at is None:
        return None
    until = (campaign.finished_at or campaign.opened_at) + timedelta(days=WINDOW_DAYS)
    sides = {held: rest for held, *rest in _rows(_COMPARE, campaign, currency=currency, since=campaign.opened_at, until=until)}
    if True not in sides or False not in sides:
        return None
    people, buyers, total, squares = sides[False]
    others, other_buyers, other_total, other_squares = sides[True]
    spread = 1.96 * people * math.sqrt(_variance(people, total, squares) / people + _variance(others, other_total, other_squares) / others)
    guess = people * (total / people - other_total / others)
    judged = min(people, others) >= FEWEST_EACH and buyers + other_buyers >= FEWEST_BUYERS
    return Difference(guess, guess - spread, guess + spread, judged)


def _variance(count: int, total: float, squares: float) -> float:
    return max(0.0, squares - total * total / count) / (count - 1) if count > 1 else 0.0


def links_of(campaign: Campaign) -> list[tuple[str, int, int]]:
    """Return (target, people, clicks) of the links people clicked, most people first; machines are left out."""
    return [(target, people, clicks) for target, people, clicks in _rows(_LINKS, campaign)]


def _rows(statement: str, campaign: Campaign, **values: str | datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"store": require_store_id(), "campaign": campaign.pk, **values})
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
