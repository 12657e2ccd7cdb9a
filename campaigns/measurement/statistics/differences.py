"""One arm against another: per person, also where the lots were split otherwise from some day on. Pure.

People who came under different plans are never thrown together: each plan is compared by itself, and the comparisons are averaged with the
weights of Mantel and Haenszel. So neither a holdout that was made larger in a good month nor lots that follow what works can look like an
effect. Sources: Welch 1947; Greenland and Robins 1985; Agresti and Caffo 2000 for shares; Hill 1970 for Student's quantile.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from campaigns.measurement.statistics.ranges import Range, Side, difference_of_shares

SURE = 0.95
Strata = Sequence[tuple[Side, Side]]
"""One arm and the other, by plan."""


@dataclass(frozen=True)
class Estimate:
    """A difference per person with its standard error. people: of both arms; freedom: degrees of freedom of the error."""

    guess: float
    error: float
    people: int
    freedom: float = math.inf

    def range_at(self, sure: float = SURE) -> Range:
        """Return the range of a single look, at a moment chosen beforehand."""
        reach = quantile_of_t(0.5 + sure / 2, self.freedom) * self.error
        return Range(self.guess, self.guess - reach, self.guess + reach)


def compare(strata: Strata, *, shares: bool = False) -> Estimate | None:
    """Return by how much the first arm is higher per person; None where no plan has two people in both.

    shares: everybody counts as 1 or 0, so that the error is known even where nobody, or everybody, did it.
    """
    pairs = [(one, other) for one, other in strata if one.people > 1 and other.people > 1]
    if not pairs:
        return None
    weights = [one.people * other.people / (one.people + other.people) for one, other in pairs]
    whole = sum(weights)
    guess = sum(weight * (one.mean - other.mean) for weight, (one, other) in zip(weights, pairs, strict=True)) / whole
    spreads = [_spread([pair[side] for pair in pairs], shares=shares) for side in (0, 1)]
    parts = [
        sum((weight / whole) ** 2 / pair[side].people for weight, pair in zip(weights, pairs, strict=True)) * spreads[side]
        for side in (0, 1)
    ]
    people = [sum(pair[side].people for pair in pairs) for side in (0, 1)]
    return Estimate(guess, math.sqrt(sum(parts)), sum(people), _freedom(parts, [count - len(pairs) for count in people]))


def share_difference(strata: Strata, *, sure: float = SURE) -> Range | None:
    """Return by how much the first arm's share is higher: by Newcombe, who holds for small counts, where there is one plan."""
    pairs = [(one, other) for one, other in strata if one.people and other.people]
    if len(pairs) == 1:
        (one, other), z = pairs[0], quantile(0.5 + sure / 2)
        return difference_of_shares(round(one.total), one.people, round(other.total), other.people, z=z)
    found = compare(pairs, shares=True)
    return found.range_at(sure) if found else None


@lru_cache(maxsize=256)
def quantile(chance: float) -> float:
    """Return the normal curve's quantile."""
    return NormalDist().inv_cdf(chance)


def quantile_of_t(chance: float, freedom: float) -> float:
    """Return Student's quantile; from four degrees of freedom on right to three places, from fifty to six."""
    z = quantile(chance)
    if freedom == math.inf:
        return z
    n = max(freedom, 4.0)
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * n**4)
    )


def _spread(sides: Sequence[Side], *, shares: bool) -> float:
    """Return how far single people of an arm lie from its mean, squared, over all plans."""
    people = sum(side.people for side in sides)
    if shares:
        share = (sum(side.total for side in sides) + 1) / (people + 2)
        return share * (1 - share)
    return sum(side.variance * (side.people - 1) for side in sides) / max(people - len(sides), 1)


def _freedom(parts: Sequence[float], each: Sequence[int]) -> float:
    """Return the degrees of freedom of a sum of variances (Welch and Satterthwaite)."""
    below = sum(part * part / max(count, 1) for part, count in zip(parts, each, strict=True))
    return sum(parts) ** 2 / below if below else math.inf
