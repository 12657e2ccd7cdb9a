"""What the plan's pages count: who left where and how much they left, what came of it, and how far visits come.

Each page is a few statements over the departures of a period, found by one index, however many cells there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from campaigns.measurement.statistics import FEWEST_EACH, Range, Side
from campaigns.measurement.statistics.differences import compare
from campaigns.models import Departure
from campaigns.recovery.rules.behaviour import STEPS
from retention.tenancy.context import require_store_id

FEWEST_HELD = 20
"""With fewer people held back no difference is shown: one order more or less would turn it over."""
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
    SELECT stage_id, "group", decision, count(*), count(bought_at),
        coalesce(sum(order_minor), 0), coalesce(sum(order_minor::numeric * order_minor), 0)
    FROM campaigns_departure
    WHERE store_id = (SELECT %(store)s::bigint) AND left_at >= %(since)s AND left_at < %(until)s AND stage_id IS NOT NULL
        AND decision IN ('entered', 'held_out', 'shadow')
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


@dataclass
class CellFigures:
    """One cell in a period. left_minor: what those who did not buy left behind; would_reach: by a shadow cell."""

    people: int = 0
    lost: int = 0
    left_minor: int = 0
    would_reach: int = 0
    written: Side = field(default=Side(0, 0, 0.0, 0.0))
    held: Side = field(default=Side(0, 0, 0.0, 0.0))

    @property
    def came_back(self) -> int:
        """Return how many of those who were written to ordered within seven days."""
        return self.written.buyers

    @property
    def lift(self) -> Range | None:
        """Return the money that would not have come by itself, with its range; None while there are too few people to say."""
        if self.written.people < FEWEST_EACH or self.held.people < FEWEST_HELD:
            return None
        found = compare([(self.written, self.held)])
        return found.range_at().times(self.written.people) if found else None


def figures_of_cells(*, since: datetime, until: datetime, currency: str) -> Mapping[tuple[int, str], CellFigures]:
    """Return the figures of every cell of the active store in a period, by the stage's id and the group; money in the store's currency."""
    values: dict[str, Any] = {"store": require_store_id(), "since": since, "until": until, "currency": currency}
    found: dict[tuple[int, str], CellFigures] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LOST, values)
        for stage_id, group, people, lost, left in cursor.fetchall():
            found[stage_id, group] = CellFigures(people, lost, int(left))
        cursor.execute(_CAME, values)
        for stage_id, group, decision, people, buyers, total, squares in cursor.fetchall():
            cell = found.setdefault((stage_id, group), CellFigures())
            if decision == Departure.Decision.SHADOW:
                cell.would_reach = people
            elif decision == Departure.Decision.ENTERED:
                cell.written = Side(people, buyers, float(total), float(squares))
            else:
                cell.held = Side(people, buyers, float(total), float(squares))
    return found


@dataclass(frozen=True)
class Totals:
    """The whole plan in a period. lift: the sum over cells that can be judged, None while none can."""

    came_back: int
    worth_minor: int
    lift: Range | None


def totals_of(cells: Mapping[Any, CellFigures]) -> Totals:
    """Add up the cells; ranges of independent cells add by their squares."""
    lifts = [lift for cell in cells.values() if (lift := cell.lift) is not None]
    guess = sum(lift.guess for lift in lifts)
    spread = sum(((lift.high - lift.low) / 2) ** 2 for lift in lifts) ** 0.5
    return Totals(
        came_back=sum(cell.came_back for cell in cells.values()),
        worth_minor=round(sum(cell.written.total for cell in cells.values())),
        lift=Range(guess, guess - spread, guess + spread) if lifts else None,
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
