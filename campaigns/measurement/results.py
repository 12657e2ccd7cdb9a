"""What came of the experiment of a key, for whoever shows it: a journey, a cell of the matrix, the whole store; and of many cells at once.

Cells are small: `cells` lets them learn from each other (`statistics/pooling.py`), so that one with thirty baskets gets an honest range. A
page asks `cells_lately`: what it says may be some minutes old, for people count only days after their first time.
"""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

import redis
from django.core.cache import cache
from django.utils.translation import gettext as _

from campaigns.measurement.assignment import newest_of
from campaigns.measurement.lots import HELD_OUT
from campaigns.measurement.outcomes import Outcome, outcome_of, outcomes_of
from campaigns.measurement.statistics import Range
from campaigns.measurement.statistics.differences import Estimate, compare
from campaigns.measurement.statistics.pooling import FEWEST_CELLS, cells_of, pooled
from campaigns.measurement.statistics.reading import Sums, as_whole
from campaigns.measurement.statistics.sequential import always_valid
from campaigns.measurement.wording import Wording
from campaigns.models import Experiment

KEPT_SECONDS = 300
_SHAPE = 1
"""Counted up when what is kept gets other fields, so that no release reads what another one kept."""


@dataclass(frozen=True)
class Cell:
    """One of many small experiments. shared: by how much more is ordered or brought in per person, having learned from the others."""

    outcome: Outcome
    shared: Range | None


def outcome_of_key(key: str, *, currency: str, now: datetime) -> Outcome | None:
    """Return what came of the experiment of a key, the last one if none runs; None where nobody was ever drawn."""
    experiment = newest_of(key)
    return outcome_of(experiment, currency=currency, now=now) if experiment else None


def wording(currency: str) -> Wording:
    """Return how an experiment with one way to write speaks."""
    return Wording({"a": _("Written to")}, currency)


def cells(keys: Sequence[str], *, currency: str, now: datetime, metric: str = "orders") -> dict[str, Cell]:
    """Return what came of the running experiments of these keys, learned from each other by one metric; a key without one is left out.

    Plans are added up here: cells too small for one plan alone are too small for several.
    """
    return _cells(_running(keys), currency=currency, now=now, metric=metric)


def cells_lately(keys: Sequence[str], *, currency: str, now: datetime, metric: str = "orders") -> dict[str, Cell]:
    """Return the same as it was at most `KEPT_SECONDS` ago; of each outcome's days only the last.

    Counting reads every order of everybody who ever came: too much for every view of a list.
    """
    found = _running(keys)
    asked = ",".join(sorted(f"{one.pk}-{len(one.plans)}" for one in found.values()))
    kept_as = f"results:{_SHAPE}:{hashlib.sha256(f'{metric}:{currency}:{now:%Y%m%d}:{asked}'.encode()).hexdigest()}"
    with suppress(redis.RedisError):  # counted anew
        kept: dict[str, Cell] | None = cache.get(kept_as)
        if kept is not None:
            return kept
    counted = _cells(found, currency=currency, now=now, metric=metric)
    slim = {key: replace(one, outcome=replace(one.outcome, days=one.outcome.days[-1:])) for key, one in counted.items()}
    with suppress(redis.RedisError):
        cache.set(kept_as, slim, KEPT_SECONDS)
    return slim


def _running(keys: Sequence[str]) -> dict[str, Experiment]:
    return {one.key: one for one in Experiment.objects.running().filter(key__in=keys)}


def _cells(found: Mapping[str, Experiment], *, currency: str, now: datetime, metric: str) -> dict[str, Cell]:
    outcomes = outcomes_of(list(found.values()), currency=currency, now=now)
    sides: dict[str, tuple[Sums, Sums]] = {}
    for key, experiment in found.items():
        days = outcomes[experiment.pk].days
        counted = as_whole(days[-1].counted) if days else []
        written, held = (sum((arms.get(name, Sums()) for arms in counted), Sums()) for name in ("a", HELD_OUT))
        if written.people and held.people:
            sides[key] = (written, held)
    pairs = [(written.of(metric), held.of(metric)) for written, held in sides.values()]
    shared = dict(zip(sides, pooled(cells_of(pairs, shares=metric == "orders")) if pairs else [], strict=True))
    return {key: Cell(outcomes[experiment.pk], shared.get(key)) for key, experiment in found.items()}


def worth_showing(found: Mapping[str, Cell], *, metric: str = "orders") -> dict[str, Range]:
    """Return the ranges that may be shown: of cells with enough people, or of all once there are enough to learn from.

    Where people did not come to the sides as the lots say, there is none.
    """
    learning = sum(one.shared is not None for one in found.values()) >= FEWEST_CELLS
    return {
        key: one.shared
        for key, one in found.items()
        if one.shared is not None and not one.outcome.now.is_alarmed and (learning or _is_judged(one.outcome, metric))
    }


def together(outcomes: Sequence[Outcome], *, metric: str) -> Range | None:
    """Return what these bring in together, by a range that holds however often one looks; None where none has enough people.

    Each counts by its own people alone: ranges that learned from each other would count what they share again and again.
    """
    parts = []
    for outcome in outcomes:
        if outcome.now.is_alarmed or not _is_judged(outcome, metric):
            continue
        counted = as_whole(outcome.days[-1].counted)
        estimate = compare([(arms["a"].of(metric), arms[HELD_OUT].of(metric)) for arms in counted if HELD_OUT in arms])
        if estimate is not None:
            parts.append((sum(arms["a"].people for arms in counted), estimate))
    if not parts:
        return None
    guess = sum(people * one.guess for people, one in parts)
    error = sum((people * one.error) ** 2 for people, one in parts) ** 0.5
    return always_valid(Estimate(guess, error, sum(one.people for _, one in parts)))


def _is_judged(outcome: Outcome, metric: str) -> bool:
    lead = outcome.now.lead(metric)
    return lead is not None and lead.judged
