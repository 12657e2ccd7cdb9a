"""What one message of each source brings in beyond what would have come anyway, kept for the arbiter (`SourceRank`).

A journey or cell: what its people brought in more than those who got nothing, by their experiment, for each message they get. A campaign is
over when it is measured, so what campaigns brought in says what is usual of them. All learn from each other, so that a few lucky orders
make no source go before all others; what nothing is known of has what is usual of its kind, else of the store. Reckoned once a day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from campaigns.broadcasts import comparing
from campaigns.measurement.assignment import journey_key
from campaigns.measurement.learning import follow_orders
from campaigns.measurement.lots import HELD_OUT
from campaigns.measurement.outcomes import Outcome, ask, outcomes_of
from campaigns.measurement.statistics.differences import compare
from campaigns.measurement.statistics.pooling import FEWEST_CELLS, Cell, pooled
from campaigns.measurement.statistics.reading import Sums, as_whole
from campaigns.models import Campaign, Experiment, Journey, SourceRank
from campaigns.recovery.planning import learning_cells
from retention.tenancy.context import require_store_id

FEWEST_BUYERS = 5
"""With fewer on both sides together nothing is known: that nobody bought says little of a handful of people."""
LOOKED_AT = 2_000
"""So many of a source's newest messages say how many a person gets."""
CAMPAIGNS_A_TURN = 5
CAMPAIGNS_SINCE = timedelta(days=365)

_PER_PERSON = f"""
    SELECT wanted.id, count(*) FILTER (WHERE m.first_attempt_at IS NOT NULL)::float8 / count(DISTINCT m.customer_id)
    FROM unnest(%(ids)s::bigint[]) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT customer_id, first_attempt_at FROM campaigns_message
        WHERE store_id = %(store)s AND source_kind = 'journey' AND source_id = wanted.id
        ORDER BY planned_at DESC, id DESC LIMIT {LOOKED_AT}
    ) AS m
    GROUP BY wanted.id
"""  # noqa: S608 - a number of ours


@dataclass(frozen=True)
class Known:
    """What was counted of one source: money a message, in minor units, with its standard error, from so many people."""

    guess: float
    error: float
    people: int


Sources = Mapping[tuple[str, int], Known]


def reckon(*, currency: str, now: datetime) -> None:
    """Reckon anew what messages of the active store's sources are worth; priorities stay. Money in one currency.

    Cells that learn which channel goes first learn it now too.
    """
    follow_orders(learning_cells(), currency=currency, now=now)
    _measure_campaigns(currency=currency, now=now)
    found = dict(_journeys(currency=currency, now=now))
    for pk, guess, error, people in SourceRank.objects.filter(source_kind="campaign", final=True, guess__isnull=False).values_list(
        "source_id", "guess", "error", "people"
    ):
        found["campaign", pk] = Known(guess, error, people)
    for (kind, source_id), values in worths(found).items():
        SourceRank.objects.update_or_create(
            store_id=require_store_id(), source_kind=kind, source_id=source_id, defaults=values | {"counted_at": now}
        )


def worths(found: Sources) -> dict[tuple[str, int], dict[str, Any]]:
    """Return what to keep of each source and, under 0, of each kind: worth, and what it was learned from. Pure."""
    if not found:
        return {}
    cells = [Cell(one.guess, one.error) for one in found.values()]
    middle = _middle(cells)
    learned = [one.guess for one in pooled(cells)] if len(cells) >= FEWEST_CELLS else [middle] * len(cells)
    rows: dict[tuple[str, int], dict[str, Any]] = {
        source: {"guess": one.guess, "error": one.error, "people": one.people, "worth": worth}
        for (source, one), worth in zip(found.items(), learned, strict=True)
    }
    for kind in ("cell", "journey", "campaign"):
        of_kind = [Cell(row["worth"], row["error"]) for (which, _pk), row in rows.items() if which == kind]
        rows[kind, 0] = {"worth": _middle(of_kind) if of_kind else middle}
    return rows


def _middle(cells: Sequence[Cell]) -> float:
    """Return what all of them come to, the surer ones counting more."""
    weights = [1 / one.error**2 for one in cells]
    return sum(weight * one.guess for weight, one in zip(weights, cells, strict=True)) / sum(weights)


def _journeys(*, currency: str, now: datetime) -> dict[tuple[str, int], Known]:
    """Return what is known of the journeys and cells that write to people."""
    kinds = dict(Journey.objects.exclude(live_number=None).exclude(state=Journey.State.ENDED).values_list("pk", "for_quiet"))
    by_key = {journey_key(pk): pk for pk in kinds}
    running = list(Experiment.objects.running().filter(key__in=by_key).order_by("pk"))
    if not running:
        return {}
    outcomes = outcomes_of(running, currency=currency, now=now)
    of_journey = {by_key[one.key]: outcomes[one.pk] for one in running}
    sent = dict(ask(_PER_PERSON, {"store": require_store_id(), "ids": list(of_journey)}))
    found = {pk: known(outcome, per_person=sent.get(pk, 0.0)) for pk, outcome in of_journey.items()}
    return {("cell" if kinds[pk] else "journey", pk): one for pk, one in found.items() if one is not None}


def known(outcome: Outcome | None, *, per_person: float) -> Known | None:
    """Return what one message brings in; None where too few bought, nobody was held back, or the sides are not as the lots say.

    per_person: messages a person gets.
    """
    if outcome is None or not outcome.days or outcome.now.is_alarmed or not per_person:
        return None
    sides = [(arms["a"], arms[HELD_OUT]) for arms in as_whole(outcome.days[-1].counted) if HELD_OUT in arms]
    whole = sum((written + held for written, held in sides), Sums())
    found = compare([(written.of("revenue"), held.of("revenue")) for written, held in sides])
    if found is None or whole.buyers < FEWEST_BUYERS or not found.error:
        return None
    return Known(found.guess / per_person, found.error / per_person, whole.people)


def _measure_campaigns(*, currency: str, now: datetime) -> None:
    """Measure some campaigns whose orders count no more, each once: it stays as it is."""
    measured = SourceRank.objects.filter(source_kind="campaign", final=True).values("source_id")
    over = Campaign.objects.filter(holdout_share__gt=0, finished_at__gt=now - CAMPAIGNS_SINCE).exclude(pk__in=measured)
    done = 0
    for campaign in over.order_by("finished_at", "pk").iterator():
        until = comparing.counts_until(campaign)
        if until is None or until > now:
            continue
        if done == CAMPAIGNS_A_TURN:
            return
        found = known(comparing.outcome_of(campaign, currency=currency, now=now), per_person=1.0)
        values = {"guess": found.guess, "error": found.error, "people": found.people} if found else {}
        SourceRank.objects.update_or_create(
            store_id=require_store_id(), source_kind="campaign", source_id=campaign.pk,
            defaults={**values, "final": True, "counted_at": now},
        )  # fmt: skip
        done += 1
