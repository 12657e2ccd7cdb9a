"""Ranges of shares and of their differences, for figures people decide by. Pure.

Source: Wilson 1927 for one share, Newcombe 1998 (method 10) for the difference of two; both hold for small counts too.
"""

import math
from dataclasses import dataclass

SURE_95 = 1.96
FEWEST_EACH = 100
"""Below this no difference is judged. Source: look.md, section 6."""


@dataclass(frozen=True)
class Range:
    """A best guess with its 95 % range."""

    guess: float
    low: float
    high: float

    @property
    def says(self) -> int:
        """Return 1 when all of it lies above zero, -1 below, 0 when zero is inside."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


def share_range(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % range of a share (Wilson); 0 to 1 when nothing was counted."""
    if not of:
        return 0.0, 1.0
    z, share = SURE_95, hits / of
    middle, spread = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def difference_of_shares(hits: int, of: int, other_hits: int, other_of: int) -> Range:
    """Return by how much the first share is higher than the second. of, other_of: above zero."""
    one, two = hits / of, other_hits / other_of
    (low, high), (other_low, other_high) = share_range(hits, of), share_range(other_hits, other_of)
    guess = one - two
    down = math.sqrt((one - low) ** 2 + (other_high - two) ** 2)
    up = math.sqrt((high - one) ** 2 + (two - other_low) ** 2)
    return Range(guess, guess - down, guess + up)


@dataclass(frozen=True)
class Side:
    """What people of one side bought. total, squares: the sum of each person's amount and of its square; who bought nothing counts as 0."""

    people: int
    buyers: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """Return the amount per person."""
        return self.total / self.people if self.people else 0.0

    @property
    def variance(self) -> float:
        """Return how far single people lie from the mean, squared."""
        if self.people < 2:
            return 0.0
        return max(0.0, self.squares - self.total * self.total / self.people) / (self.people - 1)


def brought_in(written: Side, held: Side) -> Range:
    """Return what the written-to bought beyond what the held-out say would have come by itself, in the unit of the totals."""
    guess = written.people * (written.mean - held.mean)
    spread = SURE_95 * written.people * math.sqrt(written.variance / written.people + held.variance / held.people)
    return Range(guess, guess - spread, guess + spread)
