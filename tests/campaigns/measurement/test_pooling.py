"""Small cells that learn from each other: their ranges hold what is true as often as they say, and are narrower for it."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest

from campaigns.measurement.statistics import Side
from campaigns.measurement.statistics.pooling import Cell, alone, cells_of, pooled
from tests.campaigns.measurement.luck import hits_of

CARTS = (30, 30, 45, 60, 90, 120, 200, 300, 300, 600, 1200, 2400)
"""A month of twelve cells of a shop; a tenth is held back, a twentieth where there are a thousand."""
SMALL = 60


@dataclass
class Held:
    """How often ranges held what was true, and how wide they were."""

    cells: int = 0
    pooled: int = 0
    alone: int = 0
    small: int = 0
    small_pooled: int = 0
    width: float = 0.0
    width_alone: float = 0.0
    narrower_small: float = 0.0

    def show(self) -> str:
        """Return it as a line."""
        return (
            f"covered {self.pooled / self.cells:.4f} pooled, {self.alone / self.cells:.4f} alone; cells of up to {SMALL} carts "
            f"{self.small_pooled / self.small:.4f} pooled; alone is {self.width_alone / self.width:.2f} times as wide, "
            f"{self.narrower_small / self.small:.2f} times in small cells"
        )


def month(luck: random.Random, lifts: Sequence[float], held: Held) -> None:
    """Let a month go by in a store whose true lifts are known, and note which ranges held them."""
    bases = [luck.betavariate(4, 16) for _ in CARTS]
    pairs = []
    for carts, base, lift in zip(CARTS, bases, lifts, strict=True):
        out = max(1, round(carts * (0.05 if carts >= 1000 else 0.1)))
        chance = min(max(base + lift, 0.005), 0.995)
        pairs.append((_side(luck, carts - out, chance), _side(luck, out, base)))
    cells = cells_of(pairs, shares=True)
    for carts, base, lift, cell, shown in zip(CARTS, bases, lifts, cells, pooled(cells), strict=True):
        true, own = min(max(base + lift, 0.005), 0.995) - base, alone(cell)
        held.cells += 1
        held.pooled += shown.low <= true <= shown.high
        held.alone += own.low <= true <= own.high
        held.width += shown.high - shown.low
        held.width_alone += own.high - own.low
        if carts <= SMALL:
            held.small += 1
            held.small_pooled += shown.low <= true <= shown.high
            held.narrower_small += (own.high - own.low) / (shown.high - shown.low)


def _side(luck: random.Random, people: int, chance: float) -> Side:
    return Side.of_shares(hits_of(luck, people, round(chance, 3)), people)


def months(count: int, *, seed: int, spread: float) -> Held:
    """Let so many months go by, each in another store: its lifts lie around four points, so far from each other."""
    luck, held = random.Random(seed), Held()
    for _ in range(count):
        month(luck, [luck.gauss(0.04, spread) for _ in CARTS], held)
    return held


def test_ranges_hold_the_truth_and_are_narrower_for_learning_from_each_other() -> None:
    held = months(50, seed=5, spread=0.03)
    print(held.show())
    assert 0.92 <= held.pooled / held.cells <= 0.985
    assert held.width_alone / held.width > 1.5
    assert held.narrower_small / held.small > 2


@pytest.mark.deep
def test_over_a_thousand_stores_ranges_hold_the_truth_as_often_as_they_say() -> None:
    """In some stores all cells work alike, in others they lie far apart: together and in each third the ranges keep their word."""
    luck, thirds = random.Random(17), [Held(), Held(), Held()]
    for _ in range(1_000):
        spread = luck.uniform(0, 0.12)
        month(luck, [luck.gauss(0.04, spread) for _ in CARTS], thirds[int(spread / 0.12 * 3)])
    for words, held in zip(("alike", "apart", "far apart"), thirds, strict=True):
        print(f"{words}: {held.show()}")
        assert held.pooled / held.cells >= 0.93
        assert held.small_pooled / held.small >= 0.93
        assert held.width_alone / held.width > 1.5
    whole = sum(held.pooled for held in thirds) / sum(held.cells for held in thirds)
    print(f"together: covered {whole:.4f}")
    assert 0.93 <= whole <= 0.97


def test_luck_makes_no_winner_of_a_small_cell() -> None:
    """Nothing works anywhere; one cell of thirty happened to sell to nobody held back and to nine of 27."""
    pairs = [(Side.of_shares(round(0.2 * n), n), Side.of_shares(round(0.2 * n / 9), n // 9)) for n in (270, 540, 900, 1800)]
    lucky = (Side.of_shares(12, 27), Side.of_shares(0, 3))
    cells = cells_of([*pairs, lucky], shares=True)
    assert cells[-1].guess == pytest.approx(12 / 27)
    shown = pooled(cells)[-1]
    assert shown.says == 0
    assert abs(shown.guess) < 0.1
    assert shown.high - shown.low < (alone(cells[-1]).high - alone(cells[-1]).low) / 2


def test_a_large_cell_stays_as_it_was_counted() -> None:
    cells = [Cell(0.20, 0.004), Cell(0.01, 0.03), Cell(-0.01, 0.03), Cell(0.02, 0.05)]
    assert pooled(cells)[0].guess == pytest.approx(0.20, abs=0.003)


def test_two_cells_have_nothing_to_learn_from() -> None:
    cells = [Cell(0.1, 0.05), Cell(0.0, 0.05)]
    assert pooled(cells) == [alone(cell) for cell in cells]


def test_the_more_alike_the_others_are_the_narrower_a_small_cell_gets() -> None:
    widths = []
    for apart in (0.0, 0.05, 0.15):
        others = [Cell(0.05 + apart * side, 0.01) for side in (-1, -0.5, 0, 0.5, 1)]
        shown = pooled([Cell(0.05, 0.2), *others])[0]
        widths.append(shown.high - shown.low)
    assert all(narrow < wide for narrow, wide in pairwise(widths))


def test_a_whole_matrix_is_worked_out_at_once() -> None:
    cells = [Cell(0.01 * (place % 7), 0.02 + 0.01 * (place % 5)) for place in range(54)]
    began = time.perf_counter()
    assert len(pooled(cells)) == 54
    assert time.perf_counter() - began < 2
