"""Many small cells that learn from each other: a cell of thirty baskets gets an honest range, and luck makes no winner of it. Pure.

Each cell's difference is a noisy look at its own true one, and the true ones scatter around the store's. How far they scatter is not known;
it is averaged over, weighted by how well it explains all cells. A cell with many people stays as it was counted; one with few moves
towards the others, and its range says what is known by both. Before anything was counted every scatter is as likely as any other: what
favours small ones held the truth in only 92 of 100 cells where cells really differ. Sources: Rubin 1981; Gelman 2006.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.measurement.statistics.differences import quantile
from campaigns.measurement.statistics.ranges import Range, Side

FEWEST_CELLS = 3
"""With fewer there is nothing to learn how far cells scatter."""
BORROWED = 20
"""As so many people of a usual cell counts what is known of a cell's own level before its people came: without it thirty people who all
bought nothing would seem to prove that nobody ever does."""
WIDEST = 4
"""True differences scatter by at most so many times the error of a usual cell."""
_POINTS, _HALVINGS = 32, 30
_ROOT = math.sqrt(2)


@dataclass(frozen=True)
class Cell:
    """One cell's difference as it was counted, with its standard error."""

    guess: float
    error: float


@dataclass(frozen=True)
class _Mixed:
    """What is known of one true difference: normal curves with weights."""

    parts: tuple[tuple[float, float, float], ...]  # weight, middle, error

    def below(self, value: float) -> float:
        return sum(weight * math.erfc((middle - value) / error / _ROOT) for weight, middle, error in self.parts) / 2

    def quantile(self, chance: float) -> float:
        low = min(middle - 8 * error for _, middle, error in self.parts)
        high = max(middle + 8 * error for _, middle, error in self.parts)
        for _ in range(_HALVINGS):
            half = (low + high) / 2
            low, high = (half, high) if self.below(half) < chance else (low, half)
        return (low + high) / 2


def cells_of(pairs: Sequence[tuple[Side, Side]], *, shares: bool) -> list[Cell]:
    """Return each cell's difference, first side over second. shares: everybody counts as 1 or 0.

    What single people spread by is taken from the cell and, where it is small, from all cells. Every side has at least one person.
    """
    usual = [sum((pair[side] for pair in pairs), Side(0, 0, 0.0, 0.0)) for side in (0, 1)]
    spread = _spread_of_share if shares else _spread
    return [
        Cell(
            one.mean - other.mean,
            math.sqrt(spread(one, usual[0]) / one.people + spread(other, usual[1]) / other.people),
        )
        for one, other in pairs
    ]


def pooled(cells: Sequence[Cell], *, sure: float = 0.95) -> list[Range]:
    """Return each cell's range, having learned from the others; as counted where there are too few cells to learn from."""
    if len(cells) < FEWEST_CELLS:
        return [alone(cell, sure=sure) for cell in cells]
    weighted = _scatters(cells)
    found = []
    for cell in cells:
        known = _Mixed(tuple((weight, *_towards(cell, scatter, middle, spread)) for weight, scatter, middle, spread in weighted))
        guess = sum(weight * at for weight, at, _ in known.parts)
        found.append(Range(guess, known.quantile((1 - sure) / 2), known.quantile((1 + sure) / 2)))
    return found


def alone(cell: Cell, *, sure: float = 0.95) -> Range:
    """Return a cell's range from its own people only."""
    reach = quantile(0.5 + sure / 2) * cell.error
    return Range(cell.guess, cell.guess - reach, cell.guess + reach)


def _scatters(cells: Sequence[Cell]) -> list[tuple[float, float, float, float]]:
    """Return how far the true differences may scatter: (weight, scatter, the middle of all, its error), weights adding up to 1."""
    usual = math.sqrt(len(cells) / sum(1 / cell.error**2 for cell in cells))
    found = []
    for point in range(_POINTS):
        scatter = usual * WIDEST * (point + 0.5) / _POINTS
        variances = [cell.error**2 + scatter**2 for cell in cells]
        known = sum(1 / one for one in variances)
        middle = sum(cell.guess / one for cell, one in zip(cells, variances, strict=True)) / known
        fit = -0.5 * math.log(known) - 0.5 * sum(
            math.log(one) + (cell.guess - middle) ** 2 / one for cell, one in zip(cells, variances, strict=True)
        )
        found.append((fit, scatter, middle, math.sqrt(1 / known)))
    best = max(fit for fit, _, _, _ in found)
    weights = [math.exp(fit - best) for fit, _, _, _ in found]
    return [(weight / sum(weights), scatter, middle, spread) for weight, (_, scatter, middle, spread) in zip(weights, found, strict=True)]


def _towards(cell: Cell, scatter: float, middle: float, spread: float) -> tuple[float, float]:
    """Return where a cell's true difference lies for one scatter, and how surely: as counted, moved towards the middle of all."""
    noise, own = cell.error**2, scatter**2
    moved = noise / (noise + own)
    return cell.guess + moved * (middle - cell.guess), math.sqrt((1 - moved) * noise + (moved * spread) ** 2)


def _spread_of_share(side: Side, usual: Side) -> float:
    share = (side.total + BORROWED * (usual.total + 1) / (usual.people + 2)) / (side.people + BORROWED)
    return share * (1 - share)


def _spread(side: Side, usual: Side) -> float:
    own = max(side.people - 1, 0)
    return (own * side.variance + BORROWED * max(usual.variance, 1e-12)) / (own + BORROWED)
