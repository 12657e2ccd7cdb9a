"""Orders out of a file meet the orders a store knows, two thousand at a time and in a fixed number of statements.

A credit note becomes a refund without an order: the file does not say which order it belongs to. Both are on the customer's timeline
as things of the past, which start and end nothing; only a basket that was left before the order is closed by it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from retention.customers.changes import EVERYTHING
from retention.customers.events import tell_readers
from retention.customers.importing.kinds import Outcome, Thing, Work
from retention.customers.importing.staging import with_values
from retention.kit.arrays import array_of, texts_of
from retention.kit.locks import transaction_lock
from retention.kit.money import LARGEST_MINOR
from retention.orders.carting import update_carts
from retention.orders.figures import refigure
from retention.orders.importing.bringing import ORDER_LINES, REFUND_LINES, SOURCE, bring_in, write_lines
from retention.orders.importing.buyers import Buyers, find_buyers
from retention.orders.models import Order, OrderLine, Refund, RefundLine
from retention.stores.models import Store
from retention.tenancy.bulk import update_rows
from retention.tenancy.context import require_store_id

_IDS: dict[type, str] = {
    Order: "SELECT id FROM orders_order WHERE store_id = %s AND number = ANY(%s::text[])",
    Refund: "SELECT id FROM orders_refund WHERE store_id = %s AND number = ANY(%s::text[])",
}
_OPEN = "SELECT customer_id, started_at FROM orders_cart WHERE store_id = %s AND state = 'open' AND customer_id = ANY(%s::bigint[])"
_THERE = """
    SELECT id FROM customers_customer WHERE store_id = (SELECT %(store)s::bigint) AND id = ANY(%(ids)s::bigint[])
    UNION SELECT survivor_id FROM customers_customermerge
    WHERE store_id = (SELECT %(store)s::bigint) AND loser_pk = ANY(%(ids)s::bigint[]) AND survivor_id IS NOT NULL
    ORDER BY id
"""
_TOLD = """
    SELECT id, concat('{', lines[1], '}')::text[], concat('{', lines[2], '}')::text[], concat('{', lines[3], '}')::bigint[]
    FROM customers_importrow WHERE store_id = %s AND id = ANY(%s::bigint[])
"""
Line = list[Any]
ToldLines = tuple[list[str], list[str], list[int]]  # products, names, and three numbers a line: pieces, price, amount
NEW = Outcome("new")


@dataclass
class _Paper:
    """An order or credit note of the file whose number the store knows, and the one it knows. is_credit: money or goods went back."""

    thing: Thing
    at: datetime = field(init=False)
    total_minor: int = field(init=False)
    is_credit: bool = field(init=False)
    known: Any = None
    outcome: Outcome = NEW
    customer_id: int | None = None

    def __post_init__(self) -> None:
        self.at = datetime.fromisoformat(self.thing.values["placed_at"])
        self.total_minor = self.thing.values["minor"]
        self.is_credit = self.total_minor < 0 or self.thing.values["back"]


def compare_orders(work: Work) -> list[Outcome]:
    """Return what would become of each, writing nothing."""
    met = _meet(work.things)
    return [met[thing.pk].outcome if thing.pk in met else NEW for thing in work.things]


def apply_orders(work: Work, now: datetime) -> list[Outcome]:
    """Bring them in; call it inside a transaction. What the shop reports meanwhile waits for its end."""
    transaction_lock("customers", store_id=require_store_id())
    met = _meet(work.things)
    changed = [paper for paper in met.values() if paper.outcome.state == "changed"]
    fresh = [thing for thing in work.things if thing.pk not in met]
    buyers = find_buyers(sorted([thing.pk for thing in fresh] + [paper.thing.pk for paper in changed]), now=now)
    work.people.update(buyers.of_thing.values(), {one.known.customer_id for one in changed if one.known.customer_id is not None})
    bring_in(fresh, buyers, now=now)
    for paper in changed:
        paper.customer_id = buyers.of_thing.get(paper.thing.pk)
    _change_orders([paper for paper in changed if not paper.is_credit])
    _change_refunds([paper for paper in changed if paper.is_credit])
    _close_baskets(buyers, currency=work.plan.currency)
    return [met[thing.pk].outcome if thing.pk in met else NEW for thing in work.things]


def settle_people(ids: Collection[int], now: datetime) -> None:
    """Tell readers of the customers of whom orders came in, and work out their figures; of one who was joined to another, of that one."""
    transaction_lock("customers", store_id=require_store_id())
    store_id = require_store_id()
    with connection.cursor() as cursor:
        cursor.execute(_THERE, {"store": store_id, "ids": array_of(list(ids))})
        there = [pk for (pk,) in cursor.fetchall()]
    tell_readers({customer_id: [EVERYTHING] for customer_id in there}, now=now, living=())
    refigure(there, currency=Store.objects.values_list("currency", flat=True).get(pk=store_id), most=LARGEST_MINOR)


def _meet(things: Sequence[Thing]) -> dict[int, _Paper]:
    """Return those of these things whose number the store knows, by the thing's row; most are new, and nothing is read of those."""
    numbers = [thing.key for thing in things]
    known = {(is_credit, one.number): one for model, is_credit in ((Order, False), (Refund, True)) for one in _known(model, numbers)}
    there = {number for _is_credit, number in known}
    papers = [_Paper(thing) for thing in with_values([thing for thing in things if thing.key in there])]
    for paper in papers:
        paper.known = known.get((paper.is_credit, paper.thing.key))
    met = [paper for paper in papers if paper.known is not None]
    ours = [paper for paper in met if paper.known.source == SOURCE]
    told = _lines_told([paper.thing.pk for paper in ours])
    lines = _lines_of([paper.known for paper in ours])
    for paper in met:
        paper.outcome = _compare(paper, lines.get((type(paper.known), paper.known.pk), []), told.get(paper.thing.pk, ([], [], [])))
    return {paper.thing.pk: paper for paper in met}


def _known(model: type[Order | Refund], numbers: Sequence[str]) -> list[Any]:
    """Return those of these numbers that are there. Most are not, and asking for rows of a list is dear: so first for their ids."""
    with connection.cursor() as cursor:
        cursor.execute(_IDS[model], [require_store_id(), texts_of(numbers)])
        ids = [pk for (pk,) in cursor.fetchall()]
    return list(model.objects.filter(pk__in=ids)) if ids else []


def _compare(paper: _Paper, lines: list[Line], told: ToldLines) -> Outcome:
    known = paper.known
    if known.source != SOURCE:
        return Outcome("same")  # the shop's own word stands
    changed = []
    if known.total_minor != abs(paper.total_minor) or known.currency != paper.thing.values["currency"]:
        changed.append("total")
    if (known.refunded_at if paper.is_credit else known.placed_at) != paper.at:
        changed.append("placed_at")
    if lines != _stored(told, credit=paper.is_credit):
        changed.append("lines")
    return Outcome("changed", ", ".join(changed)) if changed else Outcome("same")


def _lines_told(things: Sequence[int]) -> dict[int, ToldLines]:
    """Return the products, names and numbers of the lines of things, as they were staged."""
    if not things:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, [require_store_id(), array_of(things)])
        return {pk: tuple(columns) for pk, *columns in cursor.fetchall()}


def _stored(told: ToldLines, *, credit: bool) -> list[Line]:
    """Return lines as the tables of orders or refunds keep them."""
    products, names, numbers = told
    each = zip(products, names, numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    if credit:
        return [[product, name, max(0, -pieces), -amount] for product, name, pieces, _price, amount in each]
    return [list(line) for line in each]


def _lines_of(known: Sequence[Any]) -> dict[tuple[type, int], list[Line]]:
    found: dict[tuple[type, int], list[Line]] = {}
    orders = [one.pk for one in known if isinstance(one, Order)]
    refunds = [one.pk for one in known if isinstance(one, Refund)]
    fields = ("product_id", "name", "quantity", "price_minor", "amount_minor")
    for order_id, *line in OrderLine.objects.filter(order_id__in=orders).order_by("order_id", "position").values_list("order_id", *fields):
        found.setdefault((Order, order_id), []).append(line)
    kept = ("product_id", "name", "quantity", "amount_minor")
    for refund_id, *line in (
        RefundLine.objects.filter(refund_id__in=refunds).order_by("refund_id", "position").values_list("refund_id", *kept)
    ):
        found.setdefault((Refund, refund_id), []).append(line)
    return found


def _change_orders(papers: Sequence[_Paper]) -> None:
    for paper in papers:
        paper.known.customer_id = paper.customer_id if paper.customer_id is not None else paper.known.customer_id
        paper.known.currency, paper.known.placed_at = paper.thing.values["currency"], paper.at
        paper.known.total_minor = paper.known.subtotal_minor = paper.total_minor
    update_rows([paper.known for paper in papers], ["currency", "total_minor", "subtotal_minor", "placed_at", "customer"])
    OrderLine.objects.filter(order_id__in=[paper.known.pk for paper in papers]).delete()
    write_lines(ORDER_LINES, [(paper.thing.pk, paper.known.pk) for paper in papers])


def _change_refunds(papers: Sequence[_Paper]) -> None:
    for paper in papers:
        paper.known.customer_id = paper.customer_id if paper.customer_id is not None else paper.known.customer_id
        paper.known.currency, paper.known.refunded_at = paper.thing.values["currency"], paper.at
        paper.known.total_minor = -paper.total_minor
    update_rows([paper.known for paper in papers], ["currency", "total_minor", "refunded_at", "customer"])
    RefundLine.objects.filter(refund_id__in=[paper.known.pk for paper in papers]).delete()
    write_lines(REFUND_LINES, [(paper.thing.pk, paper.known.pk) for paper in papers])


def _close_baskets(buyers: Buyers, *, currency: str) -> None:
    """Bring the open baskets of these people up to date where one was begun before an order of the file."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [require_store_id(), array_of(list(buyers.last_order_at))])
        begun = {customer_id: started for customer_id, started in cursor.fetchall() if started <= buyers.last_order_at[customer_id]}
    if begun:
        update_carts(begun, currency=currency)
