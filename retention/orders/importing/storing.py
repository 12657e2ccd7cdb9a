"""Orders out of a file meet the orders a store knows, two thousand at a time and in a fixed number of statements.

A credit note becomes a refund without an order: the file does not say which order it belongs to. Both are on the customer's timeline
as things of the past, which start and end nothing; only a basket that was left before the order is closed by it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import connection

from retention.customers.changes import EVERYTHING
from retention.customers.events import tell_readers
from retention.customers.importing.kinds import Outcome, Thing, Work
from retention.kit.arrays import array_of
from retention.kit.locks import transaction_lock
from retention.orders.carting import update_carts
from retention.orders.figures import refigure
from retention.orders.importing.bringing import ORDER_LINES, REFUND_LINES, bring_in, write_lines
from retention.orders.importing.buyers import Buyers, find_buyers
from retention.orders.importing.meeting import Paper, meet, refused
from retention.orders.models import Order, OrderLine, Refund, RefundLine
from retention.stores.models import Store
from retention.tenancy.bulk import update_rows
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

_OPEN = f"""
    SELECT customer_id, started_at FROM unnest(%s::bigint[]) AS wanted(id)
    JOIN orders_cart AS cart ON cart.store_id = (SELECT %s::bigint) AND cart.customer_id = wanted.id AND {said_to_be_few("wanted.id")}
    WHERE state = 'open'
"""  # noqa: S608 - the condition above
_THERE = f"""
    WITH wanted AS (SELECT id FROM unnest(%(ids)s::bigint[]) AS told(id) WHERE {said_to_be_few("told.id")})
    SELECT there.id FROM wanted JOIN customers_customer AS there ON there.store_id = (SELECT %(store)s::bigint) AND there.id = wanted.id
    UNION SELECT survivor_id FROM wanted
    JOIN customers_customermerge AS gone ON gone.store_id = (SELECT %(store)s::bigint) AND gone.loser_pk = wanted.id
    WHERE survivor_id IS NOT NULL
    ORDER BY id
"""  # noqa: S608 - the condition above
NEW = Outcome("new")


def compare_orders(work: Work) -> list[Outcome]:
    """Return what would become of each, writing nothing."""
    left = refused(work.things)
    return _outcomes(work.things, left, meet([thing for thing in work.things if thing.pk not in left]))


def apply_orders(work: Work, now: datetime) -> list[Outcome]:
    """Bring them in; call it inside a transaction. What the shop reports meanwhile waits for its end."""
    transaction_lock("customers", store_id=require_store_id())
    left = refused(work.things)  # asked again: what waits may have been compared by the release before
    things = [thing for thing in work.things if thing.pk not in left]
    met = meet(things)
    changed = [paper for paper in met.values() if paper.outcome.state == "changed"]
    fresh = [thing for thing in things if thing.pk not in met]
    buyers = find_buyers(sorted([thing.pk for thing in fresh] + [paper.thing for paper in changed]), now=now)
    work.people.update(buyers.of_thing.values(), {one.customer_id for one in changed if one.customer_id is not None})
    bring_in(fresh, buyers, now=now)
    for paper in changed:
        paper.customer_id = buyers.of_thing.get(paper.thing, paper.customer_id)
    _change_orders([paper for paper in changed if not paper.is_credit])
    _change_refunds([paper for paper in changed if paper.is_credit])
    _close_baskets(buyers, currency=work.plan.currency)
    return _outcomes(work.things, left, met)


def _outcomes(things: Sequence[Thing], left: Mapping[int, Outcome], met: Mapping[int, Paper]) -> list[Outcome]:
    return [left.get(thing.pk) or (met[thing.pk].outcome if thing.pk in met else NEW) for thing in things]


def settle_people(ids: Collection[int], now: datetime) -> None:
    """Tell readers of the customers of whom orders came in, and work out their figures; of one who was joined to another, of that one."""
    transaction_lock("customers", store_id=require_store_id())
    store_id = require_store_id()
    with connection.cursor() as cursor:
        cursor.execute(_THERE, {"store": store_id, "ids": array_of(list(ids))})
        there = [pk for (pk,) in cursor.fetchall()]
    tell_readers({customer_id: [EVERYTHING] for customer_id in there}, now=now, living=())
    refigure(there, currency=Store.objects.values_list("currency", flat=True).get(pk=store_id))


def _change_orders(papers: Sequence[Paper]) -> None:
    update_rows(papers, ["currency", "total_minor", "subtotal_minor", "placed_at", "customer"], model=Order)
    OrderLine.objects.filter(order_id__in=[paper.pk for paper in papers]).delete()
    write_lines(ORDER_LINES, [(paper.thing, paper.pk) for paper in papers])


def _change_refunds(papers: Sequence[Paper]) -> None:
    update_rows(papers, ["currency", "total_minor", "refunded_at", "customer"], model=Refund)
    RefundLine.objects.filter(refund_id__in=[paper.pk for paper in papers]).delete()
    write_lines(REFUND_LINES, [(paper.thing, paper.pk) for paper in papers])


def _close_baskets(buyers: Buyers, *, currency: str) -> None:
    """Bring the open baskets of these people up to date where one was begun before an order of the file."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [array_of(list(buyers.last_order_at)), require_store_id()])
        begun = {customer_id: started for customer_id, started in cursor.fetchall() if started <= buyers.last_order_at[customer_id]}
    if begun:
        update_carts(begun, currency=currency)
