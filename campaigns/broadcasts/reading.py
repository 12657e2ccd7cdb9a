"""A campaign's figures for people to look at: where everybody chosen ended, what came of it, and what would not have come by itself."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum

from campaigns.broadcasts import comparing
from campaigns.broadcasts.freezing import report_of, reports_of
from campaigns.measurement.statistics import FEWEST_EACH, Range, share_range
from campaigns.models import Attribution, Campaign, CampaignTally, CampaignVariant, Message, OnsiteMessage
from campaigns.sending.receipts import COMPLAINED
from campaigns.sending.replying import RECEIVED
from retention.customers.models import CustomerEvent

SAID = ("Unsubscribed", COMPLAINED, RECEIVED)
"""Events by which people say something because of a campaign, as `After` counts them."""
_ENDS = ("delivered", "bounced", "clicked", "opened", "loaded")


@dataclass
class Figures:
    """One campaign's figures. states: messages by state; revenue: last click, in the store's minor units.

    opened: people whose mail was opened at least once, without machines; loaded: with them. parts: how many SMS left, long ones counted as
    several.
    """

    states: dict[str, int] = field(default_factory=dict)
    delivered: int = 0
    bounced: int = 0
    clicked: int = 0
    opened: int = 0
    loaded: int = 0
    orders: int = 0
    revenue_minor: int = 0
    parts: int = 0

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
    def failed(self) -> int:
        """Return how many could not be sent for good."""
        return self.states.get("failed", 0) + self.states.get("quarantined", 0)

    @property
    def tried(self) -> int:
        """Return how many we handed over, or tried to."""
        return self.sent + self.unknown + self.failed

    @property
    def arrived(self) -> int:
        """Return of how many shares are counted: the delivered where the provider reports them, else the sent."""
        return self.delivered or self.sent

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
    """What the written-to brought in that the held-out say would not have come by itself, in minor units; counted until a moment."""

    range: Range
    judged: bool
    until: datetime


@dataclass(frozen=True)
class After:
    """What people said because of it: no, that it was unwanted, or anything, to an SMS."""

    unsubscribed: int
    complained: int
    replied: int = 0


@dataclass(frozen=True)
class VariantFigures:
    """How one variant did. ranges: 95 % of the share of the sent who clicked, and who ordered; revenue in minor units."""

    letter: str
    subject: str
    sender: str
    delay_hours: int
    sent: int
    clicked: int
    ordered: int
    revenue_minor: int
    clicks_range: tuple[float, float]
    orders_range: tuple[float, float]

    @property
    def rate(self) -> float:
        """Return the share that clicked."""
        return self.clicked / self.sent if self.sent else 0.0

    @property
    def order_rate(self) -> float:
        """Return the share that ordered."""
        return self.ordered / self.sent if self.sent else 0.0

    @property
    def is_judged(self) -> bool:
        """Say whether it was sent to enough people for a rate."""
        return self.sent >= FEWEST_EACH


def figures_of(campaign_ids: Iterable[int], *, currency: str) -> dict[int, Figures]:
    """Return the figures of these campaigns, money in one currency, in four queries however many they are."""
    figures = {pk: Figures() for pk in campaign_ids}
    written = {pk: Figures(**report["figures"]) for pk, report in reports_of(figures).items()}
    return figures | _counted({pk: one for pk, one in figures.items() if pk not in written}, currency) | written


def _counted(figures: dict[int, Figures], currency: str) -> dict[int, Figures]:
    """Fill these figures in from the messages."""
    if not figures:
        return figures
    messages = Message.objects.filter(source_kind="campaign", source_id__in=figures)
    for pk, state, count, parts in messages.values_list("source_id", "state").annotate(Count("id"), Sum("parts")):
        figures[pk].states[state] = count
        figures[pk].parts += parts if state in ("sent", "unknown") else 0
    ends = messages.values_list("source_id").annotate(**{name: Count("id", filter=Q(**{f"{name}_at__isnull": False})) for name in _ENDS})
    for pk, *counts in ends:
        for name, count in zip(_ENDS, counts, strict=True):
            setattr(figures[pk], name, count)
    credits = Attribution.objects.filter(message__source_kind="campaign", message__source_id__in=figures, currency=currency)
    for pk, orders, total in credits.values_list("message__source_id").annotate(Count("id"), Sum("total_minor")):
        figures[pk].orders, figures[pk].revenue_minor = orders, total
    return figures


def waiting_for_visits(campaign: Campaign, *, now: datetime) -> int:
    """Return how many messages on the site wait for a first visit; none of a campaign that was called off or put away."""
    if campaign.state in (Campaign.State.CANCELLED, Campaign.State.ARCHIVED):
        return 0
    kept = OnsiteMessage.objects.filter(message__source_kind="campaign", message__source_id=campaign.pk, until__gt=now)
    return int(kept.filter(shown_at=None, closed_at=None, message__clicked_at=None).count())


def reasons_of(campaign: Campaign) -> list[tuple[str, str, int]]:
    """Return (state, reason, count) of the messages that did not simply go out, most first; those held out are left out."""
    report = report_of(campaign)
    if report is not None:
        return [(state, reason, count) for state, reason, count in report["reasons"]]
    rows = Message.objects.filter(source_kind="campaign", source_id=campaign.pk).exclude(state__in=["sent", "held_out"]).exclude(reason="")
    found: list[tuple[str, str, int]] = list(rows.values_list("state", "reason").annotate(count=Count("id")).order_by("-count", "reason"))
    return found


def variants_of(campaign: Campaign, *, currency: str) -> list[VariantFigures]:
    """Return how each variant did, by letter. ordered: people with an order credited to it."""
    report = report_of(campaign)
    if report is not None:
        return [_read_variant(one) for one in report["variants"]]
    rows = Message.objects.filter(source_kind="campaign", source_id=campaign.pk).exclude(variant="")
    counts = {
        letter: (sent, clicked)
        for letter, sent, clicked in rows.values_list("variant").annotate(
            sent=Count("id", filter=Q(state="sent")), clicked=Count("id", filter=Q(clicked_at__isnull=False))
        )
    }
    credits = Attribution.objects.filter(message__source_kind="campaign", message__source_id=campaign.pk).values_list("message__variant")
    orders = {
        letter: (people, total or 0)
        for letter, people, total in credits.annotate(
            Count("message_id", distinct=True), total=Sum("total_minor", filter=Q(currency=currency))
        )
    }
    return [
        _variant(way, *counts.get(way.letter, (0, 0)), *orders.get(way.letter, (0, 0)))
        for way in campaign.variants.select_related("version", "sender", "template").order_by("letter")
    ]


def _variant(way: CampaignVariant, sent: int, clicked: int, ordered: int, revenue_minor: int) -> VariantFigures:
    return VariantFigures(
        letter=way.letter,
        subject=way.version.subject if way.version else way.subject,
        sender=way.version.from_name if way.version else "",
        delay_hours=way.delay_hours,
        sent=sent,
        clicked=clicked,
        ordered=ordered,
        revenue_minor=revenue_minor,
        clicks_range=share_range(clicked, sent),
        orders_range=share_range(ordered, sent),
    )


def _read_variant(told: dict[str, Any]) -> VariantFigures:
    ranges = {name: (float(told[name][0]), float(told[name][1])) for name in ("clicks_range", "orders_range")}
    return VariantFigures(**told | ranges)


def after_of(campaign: Campaign) -> After:
    """Return how many people said no, called it unwanted, or wrote back to a message of this campaign."""
    tally = CampaignTally.of(campaign)
    live = noes_between(campaign, after=tally.noes_before)
    return After(*(tally.noes.get(name, 0) + live.get(name, 0) for name in SAID))


def noes_between(campaign: Campaign, *, after: datetime | None, before: datetime | None = None) -> dict[str, int]:
    """Return how many people said something because of a campaign in a period, by the event's name."""
    told = CustomerEvent.objects.filter(kind="own", customer__isnull=False, refusal="", properties__journey=str(campaign.public_id))
    since = after or campaign.opened_at
    if since is not None:
        told = told.filter(occurred_at__gte=since)
    if before is not None:
        told = told.filter(occurred_at__lt=before)
    return dict(told.filter(name__in=SAID).values_list("name").annotate(Count("customer_id", distinct=True)))


def difference_of(campaign: Campaign, *, currency: str, now: datetime) -> Difference | None:
    """Compare what everybody written to bought with those held out, until orders stop counting; None without people held out."""
    report = report_of(campaign)
    if report is not None:
        return _read_difference(report["difference"])
    outcome, until = comparing.outcome_of(campaign, currency=currency, now=now), comparing.counts_until(campaign)
    lead = outcome.whole.lead("revenue") if outcome is not None and outcome.whole.against else None
    if outcome is None or lead is None or until is None:
        return None
    return Difference(lead.plain.times(outcome.whole.totals[lead.arm].people), lead.judged, until)


def _read_difference(told: dict[str, Any] | None) -> Difference | None:
    if told is None:
        return None
    return Difference(Range(**told["range"]), bool(told["judged"]), datetime.fromisoformat(told["until"]))
