"""How much a connection that warms up may send on a day: so many on the first, more each day, until it needs no limit. Pure.

Mailbox providers trust an address they do not know in small steps; a day nothing was sent on is a step all the same, as in the ramps of the
large services.
"""

from dataclasses import dataclass
from datetime import date

LONGEST_DAYS = 120


@dataclass(frozen=True)
class WarmUp:
    """since: its first day. first: so many on it. growth: percent more each day. goal: a day that may be as large needs no limit."""

    since: date
    first: int
    growth: int
    goal: int

    def allowed(self, day: date) -> int | None:
        """Return how many may leave on a day; None once there is no limit."""
        passed = max(0, (day - self.since).days)
        if passed >= LONGEST_DAYS:
            return None
        amount = int(self.first * (1 + self.growth / 100) ** passed)
        return None if amount >= self.goal else amount

    def number_of(self, day: date) -> int:
        """Return which of its days this is, from 1."""
        return max(0, (day - self.since).days) + 1

    @property
    def days(self) -> int:
        """Return for how many days there is a limit."""
        amount, count = float(self.first), 0
        while count < LONGEST_DAYS and int(amount) < self.goal:
            amount, count = amount * (1 + self.growth / 100), count + 1
        return count
