"""What to change about how often people are written to, read from how those who got many messages took it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.measurement.statistics.ranges import difference_of_shares

FEWEST = 200
"""With fewer people on a side nothing is said about it."""


@dataclass(frozen=True)
class Advice:
    """One thing to say. code: over, tired, calm or early. messages: from so many on; high, low: who said no of those and of the others."""

    code: str
    count: int = 0
    messages: int = 0
    high: float = 0.0
    low: float = 0.0


def advise(noes: Sequence[Sequence[int]], *, over: int, written: int, per_week: int) -> list[Advice]:
    """Return what to say, the most pressing first.

    noes: by messages in 30 days, [people, said no, complained]. over: people of `written` who had more than the budget.
    """
    found = [Advice("over", count=over)] if over else []
    many = _border(noes, per_week)
    (people, refused), (others, other_refused) = _side(noes[many:]), _side(noes[:many])
    if min(people, others) < FEWEST:
        return [*found, Advice("early", count=written)]
    difference = difference_of_shares(refused, people, other_refused, others)
    return [*found, Advice("tired" if difference.low > 0 else "calm", people, many, refused / people, other_refused / others)]


def _border(noes: Sequence[Sequence[int]], per_week: int) -> int:
    """Return from how many messages on somebody got many: what a week allows, or fewer where hardly anybody got so many."""
    for number in range(min(per_week, len(noes) - 1), 1, -1):
        if _side(noes[number:])[0] >= FEWEST:
            return number
    return 2


def _side(rows: Sequence[Sequence[int]]) -> tuple[int, int]:
    """Return how many people and how many noes; who also complained may be counted for both, never for more than everybody."""
    people = sum(row[0] for row in rows)
    return people, min(people, sum(row[1] + row[2] for row in rows))
