"""What the plan's pages count: who left where and how much they left, what came of it, and how far visits come.

Counts are a few statements over the departures of a period, found by one index, however many cells there are. What a cell really brings in
its experiment says, since it began: by people, not departures, both sides alike (`campaigns/measurement/results.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from campaigns.measurement import results
from campaigns.measurement.assignment import journey_key
from campaigns.measurement.outcomes import Outcome
from campaigns.measurement.statistics import Range
from campaigns.measurement.statistics.reading import ALWAYS, HARMS, WINS, judge
from campaigns.models import Departure, RecoveryCell
from campaigns.recovery.rules.behaviour import STEPS
from retention.tenancy.context import require_store_id

PERIODS = (30, 90)
DIMENSIONS = {"group": 'gone."group"', "device": "gone.device", "source": "gone.source"}
MOST_KINDS = 8

# A person counts once in a cell, with what they left last; money in another currency than the store's is left out.
_LOST = """
    SELECT stage_id, "group", count(*), count(*) FILTER (WHERE bought_at IS NULL),
        coalesce(sum(amount_minor) FILTER (WHERE bought_at IS NULL AND currency = %(currency)s), 0)
    FROM (
        SELECT DISTINCT ON (customer_id, stage_id, "group") stage_id, "group", bought_at, amount_minor, currency
        FROM campaigns_departure
        WHERE store_id = (SELECT %(store)s::bigint) AND left_at >= %(since)s AND left_at < %(until)s AND stage_id IS NOT NULL
        ORDER BY customer_id, stage_id, "group", left_at DESC
    ) AS person
    GROUP BY stage_id, "group"
"""
_CAME = """
    SELECT stage_id, "group", decision, count(DISTINCT customer_id), count(DISTINCT customer_id) FILTER (WHERE bought_at IS NOT NULL),
        coalesce(sum(order_minor), 0)
    FROM campaigns_departure
    WHERE store_id = (SELECT %(store)s::bigint) AND left_at >= %(since)s AND left_at < %(until)s AND stage_id IS NOT NULL
        AND decision IN ('entered', 'shadow')
    GROUP BY stage_id, "group", decision
"""
# {kind}: a column of DIMENSIONS, ours. A source is the visitor's word: all but the largest come out as one, without a name.
_WAY = """
    WITH counted AS (
        SELECT {kind} AS name, reached, count(*) AS visits FROM campaigns_departure AS gone
        WHERE store_id = (SELECT %(store)s::bigint) AND left_at >= %(since)s AND left_at < %(until)s
            AND (%(only)s = '' OR {kind} = %(only)s)
        GROUP BY 1, 2
    ), largest AS (
        SELECT name FROM counted GROUP BY name ORDER BY sum(visits) DESC, name LIMIT %(most)s
    )
    SELECT largest.name, reached, sum(visits)::bigint FROM counted LEFT JOIN largest USING (name) GROUP BY 1, 2
"""


_WAYS = {kind: _WAY.format(kind=column) for kind, column in DIMENSIONS.items()}


@dataclass(frozen=True)
class Lift:
    """The money that would not have come by itself, since the cell's experiment began.

    says: 1 or -1 where it surely brings or costs something, however often one looks or at the one look planned beforehand; 0 where not.
    """

    range: Range
    says: int = 0

    @property
    def is_sure(self) -> bool:
        """Say whether it may be called a gain or a loss."""
        return self.says != 0


@dataclass
class CellFigures:
    """One cell in a period. left_minor: what those who did not buy left behind; would_reach: by a shadow cell.

    written: people who were written to; came_back: those of them who ordered within seven days, for worth_minor. outcome: of the cell's
    experiment since it began, whatever the period, None where it has none; lift: None while too few came to say.
    """

    people: int = 0
    lost: int = 0
    left_minor: int = 0
    would_reach: int = 0
    written: int = 0
    came_back: int = 0
    worth_minor: int = 0
    outcome: Outcome | None = None
    lift: Lift | None = None


def figures_of_cells(*, since: datetime, until: datetime, currency: str) -> Mapping[tuple[int, str], CellFigures]:
    """Return the figures of every cell of the active store in a period, by the stage's id and the group; money in the store's currency."""
    return measured(counts_of_cells(since=since, until=until, currency=currency), currency=currency, now=until)


def counts_of_cells(*, since: datetime, until: datetime, currency: str) -> dict[tuple[int, str], CellFigures]:
    """Return the same without what the experiments say."""
    values: dict[str, Any] = {"store": require_store_id(), "since": since, "until": until, "currency": currency}
    found: dict[tuple[int, str], CellFigures] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LOST, values)
        for stage_id, group, people, lost, left in cursor.fetchall():
            found[stage_id, group] = CellFigures(people, lost, int(left))
        cursor.execute(_CAME, values)
        for stage_id, group, decision, people, buyers, total in cursor.fetchall():
            cell = found.setdefault((stage_id, group), CellFigures())
            if decision == Departure.Decision.SHADOW:
                cell.would_reach = people
            else:
                cell.written, cell.came_back, cell.worth_minor = people, buyers, int(total)
    return found


def measured(counts: Mapping[tuple[int, str], CellFigures], *, currency: str, now: datetime) -> dict[tuple[int, str], CellFigures]:
    """Return the counts with what the experiments of all cells say, having learned from each other."""
    found = dict(counts)
    rows = RecoveryCell.objects.exclude(journey=None).values_list("stage_id", "group", "journey_id")
    places = {journey_key(journey_id): (stage_id, group) for stage_id, group, journey_id in rows}
    cells = results.cells_lately(list(places), currency=currency, now=now, metric="revenue")
    shown = results.worth_showing(cells, metric="revenue")
    for key, cell in cells.items():
        figures = found.setdefault(places[key], CellFigures())
        figures.outcome, figures.lift = cell.outcome, _lift(cell.outcome, shown.get(key))
    return found


def _lift(outcome: Outcome, shared: Range | None) -> Lift | None:
    """Return what is sure by the range it is sure by, and else what was learned from all cells."""
    verdict = judge(outcome.now, outcome.planned, metric="revenue")
    lead = verdict.contrast
    if lead is not None and verdict.code in (WINS, HARMS):
        sure = lead.always if verdict.basis == ALWAYS else lead.plain
        return Lift(sure.times(outcome.now.totals[lead.arm].people), 1 if verdict.code == WINS else -1)
    return Lift(shared.times(outcome.now.totals["a"].people)) if shared is not None else None


@dataclass(frozen=True)
class Totals:
    """The whole plan. came_back, worth_minor: in the period; lift: of all cells that can be judged, since each began."""

    came_back: int
    worth_minor: int
    lift: Range | None


def totals_of(cells: Mapping[Any, CellFigures]) -> Totals:
    """Add up the cells."""
    return Totals(
        came_back=sum(cell.came_back for cell in cells.values()),
        worth_minor=sum(cell.worth_minor for cell in cells.values()),
        lift=results.together([cell.outcome for cell in cells.values() if cell.outcome is not None], metric="revenue"),
    )


@dataclass(frozen=True)
class Way:
    """How far the visits of one kind came. counts: how many reached each of `STEPS` or more, the first being all."""

    name: str
    counts: tuple[int, ...]

    def lost_at(self, step: int) -> float:
        """Return which part of those who reached the step before did not reach this one; 0 when nobody did."""
        before = self.counts[step - 1]
        return 1 - self.counts[step] / before if before else 0.0

    @property
    def worst(self) -> int:
        """Return the step at which most people are lost after the first look at a product, by number."""
        lost = [self.counts[step - 1] - self.counts[step] for step in range(2, len(self.counts))]
        return lost.index(max(lost)) + 2


def ways_of(kind: str, *, since: datetime, until: datetime, only: str = "") -> list[Way]:
    """Return the funnels of a period split by group, device or source, those with most visits first; the first is all together.

    only: one value of the kind, for one funnel.
    """
    values: dict[str, Any] = {"store": require_store_id(), "since": since, "until": until, "only": only, "most": MOST_KINDS}
    reached: dict[str | None, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_WAYS[kind], values)
        for name, step, count in cursor.fetchall():
            reached.setdefault(name, [0] * len(STEPS))[min(step, len(STEPS) - 1)] += count
    together = [sum(counts[step] for counts in reached.values()) for step in range(len(STEPS))]
    ways = [Way(name, _at_least(counts)) for name, counts in reached.items() if name is not None]
    ways.sort(key=lambda way: (-way.counts[0], way.name))
    return [Way("", _at_least(together)), *ways]


def _at_least(counts: list[int]) -> tuple[int, ...]:
    return tuple(sum(counts[step:]) for step in range(len(counts)))
