"""A rule as one SELECT of customer ids. Values are parameters; names come from `sql.TABLES` alone.

What bounds its cost: conditions about many rows are EXISTS or an aggregated list, never a count per customer (performance guide 2, A2).
"""

from segments.rules.sql import Fragment, all_of, any_of, negated, piece
from segments.rules.terms import At
from segments.rules.tree import Leaf, Node, Rule


def compile_rule(rule: Rule, at: At) -> Fragment:
    """Return the SELECT of the ids of everybody who belongs."""
    return people_where(node_sql(rule.root, at), at)


def people_where(condition: Fragment, at: At) -> Fragment:
    """Return the SELECT of the ids of customers of the store for whom a condition is true."""
    start = piece("SELECT customer.id FROM customers_customer AS customer WHERE customer.store_id = %s AND ", at.terms.store_id)
    return start + condition


def node_sql(node: Node, at: At) -> Fragment:
    """Return what is true of the row `customer` where a node holds."""
    if isinstance(node, Leaf):
        return node.condition.sql(at)
    parts = [node_sql(child, at) for child in node.nodes]
    if node.join == "all":
        return all_of(parts)
    if node.join == "any":
        return any_of(parts)
    return all_of([negated(part) for part in parts])


def turning(rule: Rule, before: At, after: At) -> Fragment | None:
    """Return the SELECT of everybody whose answer may have changed by time alone between two moments; None where nobody's can."""
    parts = [part for leaf in rule.leaves() if (part := leaf.condition.turns(before, after)) is not None]
    return people_where(any_of(parts), after) if parts else None
