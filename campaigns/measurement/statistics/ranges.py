"""Ranges of shares and of their differences, for figures people decide by. Pure.

Source: Wilson 1927 for one share, Newcombe 1998 (method 10) for the difference of two; both hold for small counts too.
"""

import math
from dataclasses import dataclass

SURE_95 = 1.96
FEWEST_EACH, FEWEST_BUYERS = 100, 20
"""With fewer people on a side, or fewer buyers together, no difference is judged. Source: look.md, section 6."""


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

    def times(self, factor: float) -> "Range":
        """Return the range of so many times the amount. factor: not below 0."""
        return Range(self.guess * factor, self.low * factor, self.high * factor)

    def within(self, bound: float) -> bool:
        """Say whether all of it is nearer to zero than the bound."""
        return -bound < self.low and self.high < bound


def share_range(hits: int, of: int, *, z: float = SURE_95) -> tuple[float, float]:
    """Return the range of a share (Wilson), of 95 % unless z says otherwise; 0 to 1 when nothing was counted."""
    if not of:
        return 0.0, 1.0
    share = hits / of
    middle, spread = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def difference_of_shares(hits: int, of: int, other_hits: int, other_of: int, *, z: float = SURE_95) -> Range:
    """Return by how much the first share is higher than the second. of, other_of: above zero."""
    one, two = hits / of, other_hits / other_of
    (low, high), (other_low, other_high) = share_range(hits, of, z=z), share_range(other_hits, other_of, z=z)
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

    @classmethod
    def of_shares(cls, hits: int, of: int) -> "Side":
        """Return a side of which so many did something: everybody counts as 1 or as 0."""
        return cls(of, hits, float(hits), float(hits))

    def __add__(self, other: "Side") -> "Side":
        """Return both together."""
        return Side(self.people + other.people, self.buyers + other.buyers, self.total + other.total, self.squares + other.squares)

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
