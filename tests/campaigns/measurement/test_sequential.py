"""Ranges that hold at every look: on walks where nothing works, and how much sooner they see what does."""

import math
import random

import pytest

from campaigns.measurement.statistics import FEWEST_BUYERS, Side
from campaigns.measurement.statistics.differences import Estimate, compare, quantile
from campaigns.measurement.statistics.sequential import TUNED_FOR, always_valid, widening
from tests.campaigns.measurement.luck import hits_of

BATCH, LOOKS = 100, 40


def stops_at(luck: random.Random, one: float, other: float, *, batch: int = BATCH, looks: int = LOOKS) -> tuple[int | None, int | None]:
    """Return after which look the range that holds always, and that of one look taken every time, first leave zero out."""
    arms, always, naive = [Side.of_shares(0, 0)] * 2, None, None
    for look in range(1, looks + 1):
        arms = [side + Side.of_shares(hits_of(luck, batch, chance), batch) for side, chance in zip(arms, (one, other), strict=True)]
        if sum(side.buyers for side in arms) < FEWEST_BUYERS:
            continue
        estimate = compare([(arms[0], arms[1])], shares=True)
        assert estimate is not None
        if naive is None and estimate.range_at().says:
            naive = look
        if always is None and always_valid(estimate).says:
            always = look
        if always is not None:
            break
    return always, naive


def false_stops(walks: int, *, seed: int) -> tuple[float, float]:
    """Return which share of walks on which nothing works stop, by the range that holds always and by the naive one."""
    luck = random.Random(seed)
    found = [stops_at(luck, 0.05, 0.05) for _ in range(walks)]
    return sum(always is not None for always, _ in found) / walks, sum(naive is not None for _, naive in found) / walks


def test_of_walks_on_which_nothing_works_one_in_twenty_stops_at_most() -> None:
    always, naive = false_stops(200, seed=7)
    assert always <= 0.05
    assert naive > 0.2, "whoever looks every time by a usual range is wrong far more often"


@pytest.mark.deep
def test_of_ten_thousand_walks_on_which_nothing_works_one_in_twenty_stops_at_most() -> None:
    always, naive = false_stops(10_000, seed=11)
    print(f"false stops of 10,000 null walks: {always:.4f} always valid, {naive:.4f} naive")
    assert always <= 0.05
    assert naive > 0.2


def mean_stop(effect: float, *, base: float, batch: int, horizon: int, walks: int, seed: int) -> float:
    """Return after which part of the planned people it stops on average; who never stops is read at the horizon."""
    luck = random.Random(seed)
    stops = [stops_at(luck, base + effect, base, batch=batch, looks=horizon)[0] or horizon for _ in range(walks)]
    return sum(stops) / walks / horizon


def people_needed(base: float, gap: float) -> int:
    """Return how many people each of two equal arms needs to find a gap in a share. Source: the rule of Evan Miller's calculator."""
    spread = quantile(0.975) * math.sqrt(2 * base * (1 - base))
    spread += quantile(0.8) * math.sqrt(base * (1 - base) + (base + gap) * (1 - base - gap))
    return round((spread / gap) ** 2)


@pytest.mark.parametrize(("times", "most"), [(1.0, 0.9), (1.5, 0.65), (2.0, 0.42)])
def test_a_real_effect_is_seen_sooner_than_at_the_planned_look(times: float, most: float) -> None:
    base, gap = 0.05, 0.015
    batch = 100
    horizon = people_needed(base, gap) // batch
    part = mean_stop(gap * times, base=base, batch=batch, horizon=horizon, walks=120, seed=3)
    print(f"an effect {times} times as large as planned for is seen after {part:.2f} of the planned people")
    assert part < most


def test_it_is_wider_than_one_look_and_least_so_where_it_was_tuned_for() -> None:
    widths = {people: widening(people) for people in (500, TUNED_FOR, 50_000, 500_000)}
    assert widths[TUNED_FOR] == pytest.approx(3.035, abs=0.001)
    assert min(widths, key=lambda people: widths[people]) in (TUNED_FOR, 50_000)
    assert all(1.96 < width < 5 for width in widths.values())
    shown = always_valid(Estimate(0.5, 0.1, TUNED_FOR))
    assert (shown.low, shown.high) == pytest.approx((0.5 - 0.3035, 0.5 + 0.3035), abs=1e-3)
