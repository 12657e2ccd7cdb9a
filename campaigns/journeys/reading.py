"""A journey's figures for people to look at: who is where, what went out, what was held back and why, what came of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q, Sum

from campaigns.models import Attribution, Enrollment, Journey, JourneyTally, Message


@dataclass
class Figures:
    """One journey's figures. states: messages by state; revenue in the store's minor units."""

    inside: int = 0
    entered: int = 0
    held_out: int = 0
    stopped: int = 0
    finished: int = 0
    states: dict[str, int] = field(default_factory=dict)
    orders: int = 0
    revenue_minor: int = 0

    @property
    def sent(self) -> int:
        """Return how many messages left."""
        return self.states.get("sent", 0)

    @property
    def held_back(self) -> int:
        """Return how many messages we chose not to send."""
        return self.states.get("suppressed", 0) + self.states.get("skipped", 0)


def figures_of(journey_ids: Iterable[int], *, currency: str) -> dict[int, Figures]:
    """Return the figures of these journeys, money in one currency, in four queries however many they are."""
    figures = {journey_id: Figures() for journey_id in journey_ids}
    runs = (
        Enrollment.objects.filter(journey_id__in=figures)
        .values("journey_id")
        .annotate(
            entered=Count("id"),
            inside=Count("id", filter=Q(state="running")),
            stopped=Count("id", filter=Q(state="stopped")),
            finished=Count("id", filter=Q(state="finished")),
            held_out_count=Count("id", filter=Q(held_out=True)),
        )
    )
    for row in runs:
        found = figures[row["journey_id"]]
        found.entered, found.inside, found.stopped, found.finished = row["entered"], row["inside"], row["stopped"], row["finished"]
        found.held_out = row["held_out_count"]
    messages = Message.objects.filter(source_kind="journey", source_id__in=figures).values_list("source_id", "state").annotate(Count("id"))
    for journey_id, state, count in messages:
        figures[journey_id].states[state] = count
    for tally in JourneyTally.objects.filter(journey_id__in=figures):
        found = figures[tally.journey_id]
        for state, count in tally.states.items():
            found.states[state] = found.states.get(state, 0) + count
        orders, total = tally.credits.get(currency, (0, 0))
        found.orders, found.revenue_minor = orders, total
    credits = Attribution.objects.filter(message__source_kind="journey", message__source_id__in=figures, currency=currency)
    for row in credits.values("message__source_id").annotate(orders=Count("id"), total=Sum("total_minor")):
        found = figures[row["message__source_id"]]
        found.orders, found.revenue_minor = found.orders + row["orders"], found.revenue_minor + row["total"]
    return figures


def sent_since(journey_ids: Iterable[int], *, since: datetime) -> dict[int, int]:
    """Return how many messages of each of these journeys left that were planned since a moment."""
    rows = Message.objects.filter(source_kind="journey", source_id__in=list(journey_ids), planned_at__gte=since, state="sent")
    return dict(rows.values_list("source_id").annotate(Count("id")))


def sent_by_step(journey: Journey) -> Mapping[str, int]:
    """Return how many messages of each step left."""
    rows = Message.objects.filter(source_kind="journey", source_id=journey.pk, state="sent").values_list("step").annotate(Count("id"))
    found: dict[str, int] = dict(JourneyTally.of(journey.pk).steps)
    for step, count in rows:
        found[step] = found.get(step, 0) + count
    return found


def reasons_by_state(journey: Journey) -> list[tuple[str, str, str, int]]:
    """Return (state, reason, channel, count) of the messages that did not simply go out, most first."""
    rows = Message.objects.filter(source_kind="journey", source_id=journey.pk).exclude(state="sent").exclude(reason="")
    found: Counter[tuple[str, str, str]] = Counter()
    for state, reason, channel, count in [
        *JourneyTally.of(journey.pk).reasons,
        *rows.values_list("state", "reason", "channel").annotate(count=Count("id")),
    ]:
        found[state, reason, channel] += count
    return sorted(((*key, count) for key, count in found.items()), key=lambda row: (-row[3], row[1], row[2]))
