"""Lots from 0 to 9,999, drawn in Python or in SQL: the same person always draws the same in one experiment, also for a million at once.

`lot_of` says in Python what `LOT_SQL` says in SQL; a test compares them. It only has to be even and stable, not secret.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

BUCKETS = 10_000
HELD_OUT = "held_out"
"""The arm that gets nothing, to compare with."""
LEAST_SHARE, LEAST_SHARE_OF_FEW, FEW_A_MONTH = 0.05, 0.10, 1_000
"""The smallest part held back, and where few come in a month. Source: field guide 4b, test again and again."""

# Parameters by name: store and a salt under the name put in for {salt}. `customer_id` is a column of the row called `drawn`.
LOT_SQL = (
    "((('x' || left(md5(%(store)s::text || ':' || %({salt})s || ':' || drawn.customer_id::text), 8))::bit(32)::bigint "
    "& 4294967295) % %(lots)s)"
)


def lot_sql(salt: str) -> str:
    """Return the expression whose salt is the parameter of this name; beside it the statement needs `store` and `lots`."""
    return lot_sql_by(f"%({salt})s")


def lot_sql_by(salt: str) -> str:
    """Return the expression whose salt is itself an expression, such as a column of ours."""
    return LOT_SQL.replace("%({salt})s", salt).replace("% %(lots)s", "%% %(lots)s")


def lot_of(salt: str, *, store_id: int, customer_id: int) -> int:
    """Return a person's lot, from 0 to 9,999."""
    digest = hashlib.md5(f"{store_id}:{salt}:{customer_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % BUCKETS


def ranges_of(weights: list[int], *, first: int = 0) -> list[tuple[int, int]]:
    """Split the lots from `first` on in proportion to the weights; each range includes its start and not its end."""
    total, ends = sum(weights), [first]
    for index in range(len(weights)):
        ends.append(first + round((BUCKETS - first) * sum(weights[: index + 1]) / total))
    return list(pairwise(ends))


def least_share(people_in_a_month: int) -> float:
    """Return the smallest part that is held back where so many people come in a month."""
    return LEAST_SHARE_OF_FEW if people_in_a_month < FEW_A_MONTH else LEAST_SHARE


@dataclass(frozen=True)
class Lots:
    """How people are split: which part gets nothing, and the arms of the others with their weights (whole numbers above 0)."""

    holdout_share: float = 0.0
    arms: tuple[tuple[str, int], ...] = (("a", 1),)

    @property
    def held(self) -> int:
        """Return how many of the 10,000 lots get nothing."""
        return round(self.holdout_share * BUCKETS)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many of the 10,000 lots each arm has; one that has none is left out."""
        ranges = ranges_of([weight for _, weight in self.arms], first=self.held)
        found = {HELD_OUT: self.held} | {name: high - low for (name, _), (low, high) in zip(self.arms, ranges, strict=True)}
        return {name: count for name, count in found.items() if count}

    def arm_of(self, lot: int) -> str:
        """Return the arm of a lot from 0 to 9,999."""
        if lot < self.held:
            return HELD_OUT
        ranges = ranges_of([weight for _, weight in self.arms], first=self.held)
        return next(name for (name, _), (low, high) in zip(self.arms, ranges, strict=True) if low <= lot < high)

    def at_least(self, share: float) -> "Lots":
        """Return the same with no smaller part held back; who holds nobody back on purpose goes on doing so."""
        return replace(self, holdout_share=share) if 0 < self.holdout_share < share else self


def lots_of(counts: Mapping[str, int]) -> Lots:
    """Return the lots an experiment's plan was stored as."""
    arms = tuple((name, count) for name, count in counts.items() if name != HELD_OUT)
    return Lots(counts.get(HELD_OUT, 0) / BUCKETS, arms)
