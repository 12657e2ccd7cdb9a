"""A rule as one SELECT of customer ids. Values are parameters; names come from `sql.TABLES` alone.

What bounds its cost: conditions about many rows are EXISTS or an aggregated list, never a count per customer (performance guide 2, A2); and
customers are read only where a condition asks about a column of theirs.
"""

import re

from segments.rules.sql import Fragment, all_of, any_of, joined, negated, piece
from segments.rules.terms import At
from segments.rules.tree import Leaf, Node, Rule

_COLUMN = re.compile(r"\bcustomer\.(\w+)")


def compile_rule(rule: Rule, at: At) -> Fragment:
    """Return the SELECT of the ids of everybody who belongs."""
    parts = [rule.root] if isinstance(rule.root, Leaf) or rule.root.join != "all" else list(rule.root.nodes)
    for place, part in enumerate(parts):
        rows = _rows(part, at)
        if rows is None:
            continue
        rest = all_of(node_sql(other, at) for other in parts[:place] + parts[place + 1 :])
        if _asks_for_the_id_alone(rest):
            return piece("SELECT customer.id ") + "FROM (" + rows + ") AS customer WHERE " + rest
    return people_where(node_sql(rule.root, at), at)


def people_where(condition: Fragment, at: At) -> Fragment:
    """Return the SELECT of the ids of customers of the store for whom a condition is true."""
    start = piece("SELECT customer.id FROM customers_customer AS customer WHERE customer.store_id = %s AND ", at.terms.store_id)
    return start + condition


def node_sql(node: Node, at: At, *, is_negated: bool = False) -> Fragment:
    """Return what is true of the row `customer` where a node holds. is_negated: something around it asks for the opposite."""
    if isinstance(node, Leaf):
        return node.condition.sql(at) if is_negated else node.condition.lenient_sql(at)
    parts = [node_sql(child, at, is_negated=is_negated or node.join == "none") for child in node.nodes]
    if node.join == "all":
        return all_of(parts)
    if node.join == "any":
        return any_of(sorted(parts, key=_is_dear))
    return all_of([negated(part) for part in parts])


def _rows(node: Node, at: At) -> Fragment | None:
    """Return a SELECT of the ids of everybody for whom a node holds that reads no more customers than it must; None where there is none.

    Alternatives are put together from their lists: asked of every customer, they cost twice as much.
    """
    if isinstance(node, Leaf):
        return node.condition.rows(at)
    if node.join != "any":
        return None
    parts = [(child, node_sql(child, at)) for child in node.nodes]
    plain = [part for _, part in parts if not _is_dear(part)]
    lists = [_rows(child, at) for child, part in parts if _is_dear(part)]
    found = [one for one in lists if one is not None]
    if not found or len(found) < len(lists):
        return None
    return joined([*found, *([people_where(any_of(plain), at)] if plain else [])], "UNION")


def _is_dear(part: Fragment) -> bool:
    """Say whether a part looks beyond the customer's row; of alternatives PostgreSQL asks the first one first."""
    return "SELECT" in part.text


def _asks_for_the_id_alone(part: Fragment) -> bool:
    return set(_COLUMN.findall(part.text)) <= {"id"}


def turning(rule: Rule, before: At, after: At) -> Fragment | None:
    """Return the SELECT of everybody whose answer may have changed by time alone between two moments; None where nobody's can."""
    parts = [part for leaf in rule.leaves() if (part := leaf.condition.turns(before, after)) is not None]
    return people_where(any_of(parts), after) if parts else None
