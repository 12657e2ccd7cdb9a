"""Lots drawn in SQL: the same person always draws the same number from 0 to 9,999 in one experiment, also for a million at once.

`lot_of` says in Python what `LOT_SQL` says in SQL; a test compares them. It only has to be even and stable, not secret.
"""

import hashlib
from itertools import pairwise

from campaigns.measurement.holdouts import BUCKETS

# Parameters by name: store and a salt under the name put in for {salt}. `customer_id` is a column of the row called `drawn`.
LOT_SQL = (
    "((('x' || left(md5(%(store)s::text || ':' || %({salt})s || ':' || drawn.customer_id::text), 8))::bit(32)::bigint "
    "& 4294967295) % %(lots)s)"
)


def lot_sql(salt: str) -> str:
    """Return the expression whose salt is the parameter of this name; beside it the statement needs `store` and `lots`."""
    return LOT_SQL.replace("{salt}", salt).replace("% %(lots)s", "%% %(lots)s")


def lot_of(salt: str, *, store_id: int, customer_id: int) -> int:
    """Return a person's lot, from 0 to 9,999."""
    digest = hashlib.md5(f"{store_id}:{salt}:{customer_id}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) % BUCKETS


def ranges_of(weights: list[int]) -> list[tuple[int, int]]:
    """Split all lots in proportion to the weights; each range includes its start and not its end."""
    total, ends = sum(weights), [0]
    for index in range(len(weights)):
        ends.append(round(BUCKETS * sum(weights[: index + 1]) / total))
    return list(pairwise(ends))
