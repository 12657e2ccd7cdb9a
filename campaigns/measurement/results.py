"""What came of the experiment of a key, for whoever shows it: a journey, a cell of the matrix, the whole store; and of many cells at once.

Cells are small: `cells` lets them learn from each other (`statistics/pooling.py`), so that one with thirty baskets gets an honest range.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.measurement.assignment import newest_of
from campaigns.measurement.lots import HELD_OUT
from campaigns.measurement.outcomes import Outcome, outcome_of, outcomes_of
from campaigns.measurement.statistics import Range
from campaigns.measurement.statistics.pooling import cells_of, pooled
from campaigns.measurement.statistics.reading import Sums, as_whole
from campaigns.measurement.wording import Wording
from campaigns.models import Experiment


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
    found = {one.key: one for one in Experiment.objects.running().filter(key__in=keys)}
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
