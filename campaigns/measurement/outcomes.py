"""What the people of an experiment bought, by arm and day: everybody for the same time after their own first exposure.

Only people whose time is over count, so that early and late comers are measured alike and each day's figure only adds people to the one
before. Who got no marketing at all at the time (`store_wide.py`) is left out of every other experiment, on both sides, by their lot alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db import connection

from campaigns.measurement import store_wide
from campaigns.measurement.statistics import Range
from campaigns.measurement.statistics.reading import EARLY, NOBODY, Contrast, Counted, Reading, Sums, Verdict, as_whole, judge, read
from campaigns.models import Experiment
from retention.tenancy.context import require_store_id

DAY = timedelta(days=1)
# What is left of an order after the wholesale cost of its goods and its discount; nothing where the shop never told one of the costs.
MARGIN_SQL = """
    SELECT CASE WHEN count(*) = count(variant.cost_minor)
        THEN sum(line.amount_minor - line.quantity * variant.cost_minor) - placed.discount_minor END AS margin
    FROM orders_orderline AS line
    LEFT JOIN catalog_product AS product ON product.store_id = line.store_id AND product.shop_id = line.product_id
    LEFT JOIN catalog_variant AS variant ON variant.store_id = product.store_id AND variant.product_id = product.id
        AND variant.shop_id = coalesce(nullif(line.variant_id, ''), line.product_id) AND variant.currency = placed.currency
    WHERE line.store_id = placed.store_id AND line.order_id = placed.id
"""
# The sums of one row of `Sums`, from people joined with what each bought.
SUMS_SQL = """
    count(*), count(bought.total), coalesce(sum(bought.total), 0)::float8, coalesce(sum(bought.total * bought.total), 0)::float8,
    coalesce(sum(bought.margin), 0)::float8, coalesce(sum(bought.margin * bought.margin), 0)::float8,
    count(*) FILTER (WHERE bought.uncosted)
"""
_APART = store_wide.apart_sql(since="drawn.assigned_at", until="drawn.assigned_at + experiment.window_days * interval '1 day'")
# Each person's orders by their own index: what else PostgreSQL could choose depends on how well it guesses how many there are.
_BY_DAY = f"""
    WITH people AS MATERIALIZED (
        SELECT drawn.experiment_id, drawn.customer_id, drawn.arm, drawn.plan, drawn.assigned_at AS since,
            drawn.assigned_at + experiment.window_days * interval '1 day' AS until,
            floor(extract(epoch FROM drawn.assigned_at - experiment.started_at) / 86400)::int + experiment.window_days AS day
        FROM campaigns_experiment AS experiment
        JOIN campaigns_assignment AS drawn ON drawn.store_id = experiment.store_id AND drawn.experiment_id = experiment.id
            AND drawn.assigned_at <= %(now)s - experiment.window_days * interval '1 day'
        WHERE experiment.store_id = %(store)s AND experiment.id = ANY(%(experiments)s::bigint[])
            AND (experiment.key = %(whole)s OR NOT {_APART})
    )
    SELECT people.experiment_id, people.day, people.plan, people.arm, {SUMS_SQL}
    FROM people
    LEFT JOIN LATERAL (
        SELECT sum(placed.total_minor)::float8 AS total, coalesce(sum(earned.margin), 0)::float8 AS margin,
            bool_or(earned.margin IS NULL) AS uncosted
        FROM orders_order AS placed
        LEFT JOIN LATERAL ({MARGIN_SQL}) AS earned ON true
        WHERE placed.store_id = %(store)s AND placed.customer_id = people.customer_id
            AND placed.placed_at >= people.since AND placed.placed_at < people.until
            AND placed.cancelled_at IS NULL AND placed.currency = %(currency)s
    ) AS bought ON true
    GROUP BY people.experiment_id, people.day, people.plan, people.arm
    ORDER BY people.experiment_id, people.day
"""  # noqa: S608 - fragments of ours
_CAME = """
    SELECT drawn.experiment_id, drawn.plan, drawn.arm, count(*),
        count(*) FILTER (WHERE drawn.assigned_at > %(now)s - experiment.window_days * interval '1 day')
    FROM campaigns_experiment AS experiment
    JOIN campaigns_assignment AS drawn ON drawn.store_id = experiment.store_id AND drawn.experiment_id = experiment.id
    WHERE experiment.store_id = %(store)s AND experiment.id = ANY(%(experiments)s::bigint[])
    GROUP BY drawn.experiment_id, drawn.plan, drawn.arm
"""

Split = list[tuple[Mapping[str, int], Mapping[str, int]]]
"""By plan: the lots of every arm, and how many people came to it."""


@dataclass(frozen=True)
class Day:
    """Everything counted until the end of a day since the beginning, which is day 0."""

    number: int
    counted: Counted


@dataclass(frozen=True)
class Outcome:
    """What came of one experiment so far, day by day. planned: the reading at the moment chosen beforehand, once it has come.

    planned_at: that moment. watched: people whose time is not over yet. window: for how long after their first exposure people count.
    whole: everybody written to as one arm, whatever they got. since: when day 0 began.
    """

    days: tuple[Day, ...]
    came: Split
    now: Reading
    planned: Reading | None
    planned_at: datetime | None
    watched: int
    window: timedelta
    whole: Reading
    since: datetime

    @property
    def verdict(self) -> Verdict:
        """Return what it comes to, by who ordered."""
        found = judge(self.now, self.planned)
        has_sides = len({arm for lots, _ in self.came for arm in lots}) > 1
        return Verdict(EARLY) if found.code == NOBODY and has_sides else found

    @property
    def brought_in(self) -> Range | None:
        """Return what would not have come by itself, in minor units, by one look; None while it is not judged."""
        lead = self.whole.lead("revenue")
        if lead is None or not self.whole.against or not lead.judged or self.now.is_alarmed:
            return None
        return lead.plain.times(self.whole.totals[lead.arm].people)

    def planned_of(self, contrast: Contrast) -> Contrast | None:
        """Return the same comparison at the look planned beforehand; None before it, and while it had too few people."""
        return self.planned.same(contrast) if self.planned is not None else None


def outcome_of(experiment: Experiment, *, currency: str, now: datetime) -> Outcome:
    """Return what came of one experiment, money in one currency."""
    return outcomes_of([experiment], currency=currency, now=now)[experiment.pk]


def outcomes_of(experiments: Sequence[Experiment], *, currency: str, now: datetime) -> dict[int, Outcome]:
    """Return what came of each of these experiments, in two statements however many they are."""
    wanted: dict[str, Any] = {"store": require_store_id(), "experiments": [one.pk for one in experiments], "now": now, "currency": currency}
    apart = store_wide.lots_ever_apart() | {"whole": store_wide.KEY}
    by_day: dict[int, dict[int, dict[tuple[int, str], Sums]]] = {one.pk: {} for one in experiments}
    for pk, day, plan, arm, *sums in ask(_BY_DAY, wanted | apart):
        by_day[pk].setdefault(day, {})[plan, arm] = Sums(*sums)
    came: dict[int, dict[tuple[int, str], int]] = {one.pk: {} for one in experiments}
    watched = dict.fromkeys(came, 0)
    for pk, plan, arm, count, watching in ask(_CAME, wanted):
        came[pk][plan, arm] = count
        watched[pk] += watching
    return {one.pk: _outcome(one, by_day[one.pk], came[one.pk], watched[one.pk], now=now) for one in experiments}


def cumulated(by_day: Mapping[int, Mapping[tuple[int, str], Sums]]) -> tuple[Day, ...]:
    """Return the sums of days, by plan and arm, as sums until each day."""

    def both(one: Mapping[tuple[int, str], Sums], two: Mapping[tuple[int, str], Sums]) -> dict[tuple[int, str], Sums]:
        return {key: one.get(key, Sums()) + two.get(key, Sums()) for key in {**one, **two}}

    numbers = sorted(by_day)
    return tuple(
        Day(number, as_plans(sums)) for number, sums in zip(numbers, accumulate((by_day[one] for one in numbers), both), strict=True)
    )


def as_plans(sums: Mapping[tuple[int, str], Sums]) -> Counted:
    """Return sums by plan and arm as the arms of each plan."""
    plans: dict[int, dict[str, Sums]] = {}
    for (plan, arm), one in sorted(sums.items()):
        plans.setdefault(plan, {})[arm] = one
    return list(plans.values())


def _outcome(
    experiment: Experiment,
    by_day: Mapping[int, Mapping[tuple[int, str], Sums]],
    came: Mapping[tuple[int, str], int],
    watched: int,
    *,
    now: datetime,
) -> Outcome:
    split: Split = [
        (plan["lots"], {arm: count for (number, arm), count in came.items() if number == place})
        for place, plan in enumerate(experiment.plans)
    ]
    days = cumulated(by_day)
    planned_at = experiment.started_at + experiment.planned_days * DAY
    before = [day for day in days if day.number <= experiment.planned_days]
    latest = read(days[-1].counted if days else [], came=split)
    return Outcome(
        days=days,
        came=split,
        now=latest,
        planned=read(before[-1].counted, came=split) if before and planned_at <= now else None,
        planned_at=planned_at,
        watched=watched,
        window=experiment.window,
        whole=read(as_whole(days[-1].counted if days else [])),
        since=experiment.started_at,
    )


def ask(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of one of our statements."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
