"""Rows of events in a statement: those of a name that count and have a customer, in a stretch of time."""

from collections.abc import Iterable

from retention.customers.changes import VIEWS
from segments.rules.sql import Fragment, joined, piece
from segments.rules.terms import At


def lived(event: str, when: Fragment, at: At, *, more: Iterable[Fragment] = ()) -> Fragment:
    """Return "FROM ... AS event WHERE ..." over all customers of the store. when: of the row; more: what else must be true of it."""
    rows = piece(
        "FROM customers_customerevent AS event WHERE event.store_id = %s AND event.customer_id IS NOT NULL AND event.refusal = '' AND ",
        at.terms.store_id,
    )
    return rows + joined([_named(event), when, *more], "AND")


def _named(event: str) -> Fragment:
    """Return what is true of the rows of an event; views of pages and screens are one event each, whatever the page is called."""
    told = piece("event.kind IN ('track', 'own') AND event.name = %s", event)
    view = {name: kind for kind, name in VIEWS.items()}.get(event)
    return told if view is None else piece("(") + told + f" OR event.kind = '{view}')"
