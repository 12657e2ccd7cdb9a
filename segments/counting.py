"""How many belong, how many of them we may write to, and some of them: for the builder and the API, while somebody waits."""

from dataclasses import dataclass
from datetime import datetime

from retention.customers.consent import GATE_SQL
from segments.asking import QUICK_SECONDS, asking, rows_of
from segments.rules.compiler import node_sql, people_where
from segments.rules.sql import Fragment, piece
from segments.rules.terms import At
from segments.rules.tree import Rule

CHANNELS = ("email", "sms", "push")
SAMPLE = 10
_ADDRESSED = {
    "email": "customer.email_key IS NOT NULL", "sms": "customer.phone <> ''",
    "push": "true",
}  # fmt: skip


@dataclass(frozen=True)
class Counted:
    """A rule counted at a moment. reach: how many of them have an address and said yes, per channel; no_way: none of the channels."""

    at: datetime
    count: int
    reach: dict[str, int]
    no_way: int
    sample: list[int]


def count_rule(rule: Rule, at: At, *, seconds: float = QUICK_SECONDS) -> Counted:
    """Count everybody who belongs, in one pass, and take ten of them; raises CannotAsk."""
    return count_where(node_sql(rule.root, at), at, seconds=seconds)


def count_where(condition: Fragment, at: At, *, seconds: float = QUICK_SECONDS) -> Counted:
    """Count every `customer` a condition in SQL holds for, as `count_rule` does; raises CannotAsk."""
    allowed = [piece(f"({_ADDRESSED[channel]} AND {GATE_SQL})", channel) for channel in CHANNELS]
    columns = Fragment("")
    for place, one in enumerate(allowed):
        columns = columns + piece(", ") + one + f" AS may_{place}"
    belong = people_where(condition, at)
    inner = Fragment(
        belong.text.replace("SELECT customer.id FROM", "SELECT customer.id, customer.last_seen_at{columns} FROM", 1), belong.values
    )
    start, rest = inner.text.split("{columns}", 1)
    found = Fragment(start) + columns + Fragment(rest, belong.values)
    sums = ", ".join(f"count(*) FILTER (WHERE may_{place})" for place in range(len(CHANNELS)))
    none = " AND ".join(f"NOT may_{place}" for place in range(len(CHANNELS)))
    some = f"(array_agg(id ORDER BY last_seen_at DESC NULLS LAST, id) FILTER (WHERE true))[1:{SAMPLE}]"
    sums = f"SELECT count(*), {sums}, count(*) FILTER (WHERE {none}), {some} FROM ("  # noqa: S608 - made of constants
    statement = piece(sums) + found + ") AS belonging"
    with asking(seconds=seconds):
        rows_of(piece("SET LOCAL enable_nestloop = off"))  # where statistics are old, it would look into each customer's events one by one
        [[count, *rest_of]] = rows_of(statement)
    *reach, no_way, sample = rest_of
    return Counted(at.now, count, dict(zip(CHANNELS, reach, strict=True)), no_way, list(sample or []))


def count_each(rule: Rule, at: At, *, seconds: float = QUICK_SECONDS) -> dict[str, int]:
    """Return how many meet each condition by itself, by its place in the tree, in one pass over the customers; raises CannotAsk."""
    leaves = list(rule.leaves())
    columns = Fragment("")
    for place, leaf in enumerate(leaves):
        columns = columns + piece("count(*) FILTER (WHERE " if place == 0 else ", count(*) FILTER (WHERE ") + leaf.condition.sql(at) + ")"
    statement = piece("SELECT ") + columns + piece(" FROM customers_customer AS customer WHERE customer.store_id = %s", at.terms.store_id)
    with asking(seconds=seconds):
        [counts] = rows_of(statement)
    return {leaf.path: count for leaf, count in zip(leaves, counts, strict=True)}
