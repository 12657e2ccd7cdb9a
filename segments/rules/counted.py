"""How often, or how much in all: a comparison of a count or a sum over rows of a customer. Nothing at all counts as nought.

A comparison that nought passes is asked the other way round: everybody but those whose rows fail it. "At least N" is an aggregated list and
never a count per customer, which is up to 4.5 times slower (performance guide 2, A2).
"""

from segments.rules.comparing import NumberTest
from segments.rules.sql import Fragment, negated, piece

COUNT_OPS = ("at_least", "equals", "at_most", "more", "less", "between")


def is_any(test: NumberTest) -> bool:
    """Say whether a comparison of a count only asks whether there is one."""
    return (test.op, test.low) in {("at_least", 1), ("more", 0)}


def is_none(test: NumberTest) -> bool:
    """Say whether a comparison of a count only asks that there is none."""
    return (test.op, test.low) in {("equals", 0), ("at_most", 0), ("less", 1)} or (test.op == "between" and test.low == test.high == 0)


def counted(rows: Fragment, test: NumberTest, *, customer: str, amount: str = "count(*)") -> Fragment:
    """Return what is true of `customer` where the count or sum over their rows passes.

    rows: "FROM ... WHERE ..." over all customers of the store. customer: the column with the customer's id. amount: the aggregate.
    """
    if amount == "count(*)" and (is_any(test) or is_none(test)):
        there = piece("EXISTS (SELECT 1 ") + rows + f" AND {customer} = customer.id)"
        return there if is_any(test) else negated(there)
    compared = test.sql(amount)
    if test.holds(0):
        compared = negated(compared)
    listed = piece(f"customer.id IN (SELECT {customer} ") + rows + f" GROUP BY {customer} HAVING " + compared + ")"
    return negated(listed) if test.holds(0) else listed
