"""Orders out of a file meet the orders a store knows, two thousand at a time and in a fixed number of statements.

A credit note becomes a refund without an order: the file does not say which order it belongs to. Both are on the customer's timeline
as things of the past, which start and end nothing; only a basket that was left before the order is closed by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from retention.customers.changes import EVERYTHING
from retention.customers.events import NewEvent, record_backfill, tell_readers
from retention.customers.identifying import Claim, email_key, identify
from retention.customers.importing.kinds import Outcome, Thing, Work
from retention.customers.profile import Told, apply_traits
from retention.kit.arrays import array_of, arrays_of, texts_of
from retention.kit.locks import transaction_lock
from retention.kit.money import to_major
from retention.kit.random_ids import random_ids
from retention.orders.carting import update_carts
from retention.orders.figures import refigure
from retention.orders.models import Order, OrderLine, Refund, RefundLine
from retention.stores.models import Store
from retention.tenancy.bulk import update_rows
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import know_table

SOURCE = "csv"
_ORDERS = """
    INSERT INTO orders_order
        (store_id, public_id, number, label, customer_id, currency, total_minor, subtotal_minor, discount_minor, shipping_minor, tax_minor,
         refunded_minor, payment_state, fulfilment_state, coupons, source, placed_at, received_at)
    SELECT %s, public_id, number, label, customer_id, currency, total_minor, subtotal_minor, 0, 0, 0,
        0, 'paid', fulfilment_state, '[]', %s, placed_at, %s
    FROM jsonb_to_recordset(%s::jsonb) AS paper(public_id uuid, number text, label text, customer_id bigint, currency text,
        total_minor bigint, subtotal_minor bigint, fulfilment_state text, placed_at timestamptz)
    RETURNING id, number
"""
_REFUNDS = """
    INSERT INTO orders_refund
        (store_id, public_id, number, order_number, customer_id, currency, total_minor, reason, source, refunded_at, received_at)
    SELECT %s, public_id, number, '', customer_id, currency, total_minor, '', %s, refunded_at, %s
    FROM jsonb_to_recordset(%s::jsonb) AS paper(public_id uuid, number text, customer_id bigint, currency text, total_minor bigint,
        refunded_at timestamptz)
    RETURNING id, number
"""
# The lines of each paper are read once, and then one after the other: functions in FROM would keep them all first.
_STAGED = """(
    SELECT thing.store_id, paper.pk, generate_subscripts(told.products, 1) AS place, unnest(told.products) AS product,
        unnest(told.names) AS name, told.numbers
    FROM unnest(%s::bigint[], %s::bigint[]) AS paper(thing_id, pk)
    JOIN customers_importrow AS thing ON thing.store_id = %s AND thing.id = paper.thing_id
    CROSS JOIN LATERAL (SELECT trim_array(thing.lines, 0) AS lines OFFSET 0) AS kept
    CROSS JOIN LATERAL (
        SELECT concat('{', kept.lines[1], '}')::text[] AS products, concat('{', kept.lines[2], '}')::text[] AS names,
            concat('{', kept.lines[3], '}')::bigint[] AS numbers OFFSET 0
    ) AS told
) AS line"""
_ORDER_LINES = f"""
    INSERT INTO orders_orderline
        (store_id, order_id, position, product_id, variant_id, sku, name, category, brand, vendor, quantity, price_minor, amount_minor)
    SELECT line.store_id, pk, place, line.product, '', '', line.name,
        coalesce(shelf.path, ''), coalesce(about.brand, ''), coalesce(about.vendor, ''),
        numbers[place * 3 - 2], numbers[place * 3 - 1], numbers[place * 3]
    FROM {_STAGED}
    LEFT JOIN catalog_product AS about ON about.store_id = line.store_id AND about.shop_id = line.product AND about.state <> 'seen'
    LEFT JOIN catalog_category AS shelf ON shelf.store_id = line.store_id AND shelf.id = about.category_id
"""  # noqa: S608 - the lines above
_REFUND_LINES = f"""
    INSERT INTO orders_refundline (store_id, refund_id, position, product_id, variant_id, name, quantity, amount_minor)
    SELECT store_id, pk, place, product, '', name, greatest(0, -numbers[place * 3 - 2]), -numbers[place * 3] FROM {_STAGED}
"""  # noqa: S608 - the lines above
_IDS: dict[type, str] = {
    Order: "SELECT id FROM orders_order WHERE store_id = %s AND number = ANY(%s::text[])",
    Refund: "SELECT id FROM orders_refund WHERE store_id = %s AND number = ANY(%s::text[])",
}
_PLACES = "SELECT id, country, email FROM customers_customer WHERE store_id = %s AND id = ANY(%s::bigint[])"
_OPEN = "SELECT customer_id, started_at FROM orders_cart WHERE store_id = %s AND state = 'open' AND customer_id = ANY(%s::bigint[])"
_TOLD = """
    SELECT id, concat('{', lines[1], '}')::text[], concat('{', lines[2], '}')::text[], concat('{', lines[3], '}')::bigint[]
    FROM customers_importrow WHERE store_id = %s AND id = ANY(%s::bigint[])
"""
Line = list[Any]
ToldLines = tuple[list[str], list[str], list[int]]  # products, names, and three numbers a line: pieces, price, amount
NEW = Outcome("new")


@dataclass
class _Paper:
    """One order or credit note of the file, and the one the store knows by its number. is_credit: money or goods went back."""

    thing: Thing
    at: datetime = field(init=False)
    total_minor: int = field(init=False)
    is_credit: bool = field(init=False)
    who: tuple[str, str] = field(init=False)  # the shop's id of the customer and the folded address; both empty for nobody
    known: Any = None
    outcome: Outcome = NEW
    customer_id: int | None = None
    pk: int = 0

    def __post_init__(self) -> None:
        self.at = datetime.fromisoformat(self.thing.values["placed_at"])
        self.total_minor = self.thing.values["minor"]
        self.is_credit = self.total_minor < 0 or self.thing.values["back"]
        self.who = self.thing.values["external_id"], email_key(self.thing.values["email"])


def compare_orders(work: Work) -> list[Outcome]:
    """Return what would become of each, writing nothing."""
    return [paper.outcome for paper in _meet(work)]


def apply_orders(work: Work, now: datetime) -> list[Outcome]:
    """Bring them in; call it inside a transaction. What the shop reports meanwhile waits for its end."""
    transaction_lock("customers", store_id=require_store_id())
    papers = _meet(work)
    wanted = [paper for paper in papers if paper.outcome.state in {"new", "changed"}]
    people = {paper.known.customer_id for paper in wanted if paper.known is not None}
    _find_people(wanted, now=now)
    _store_orders([paper for paper in wanted if not paper.is_credit], now=now)
    _store_refunds([paper for paper in wanted if paper.is_credit], now=now)
    _tell_timeline([paper for paper in wanted if paper.outcome.state == "new"], now=now)
    people |= {paper.customer_id for paper in wanted}
    concerned = people - {None}
    tell_readers({customer_id: [EVERYTHING] for customer_id in concerned}, now=now, living=())
    refigure(concerned, currency=Store.objects.values_list("currency", flat=True).get(pk=require_store_id()))
    _close_baskets(wanted, currency=work.plan.currency)
    return [paper.outcome for paper in papers]


def _meet(work: Work) -> list[_Paper]:
    papers = [_Paper(thing) for thing in work.things]
    for model, is_credit in ((Order, False), (Refund, True)):
        asked = [paper for paper in papers if paper.is_credit == is_credit]
        known = _known(model, [paper.thing.values["number"] for paper in asked])
        for paper in asked:
            paper.known = known.get(paper.thing.values["number"])
    met = [paper for paper in papers if paper.known is not None]
    ours = [paper for paper in met if paper.known.source == SOURCE]
    told = _lines_told([paper.thing.pk for paper in ours])
    lines = _lines_of([paper.known for paper in ours])
    for paper in met:
        paper.outcome = _compare(paper, lines.get((type(paper.known), paper.known.pk), []), told.get(paper.thing.pk, ([], [], [])))
    return papers


def _known(model: type[Order | Refund], numbers: Sequence[str]) -> dict[str, Any]:
    """Return those of these numbers that are there. Most are not, and asking for rows of a list is dear: so first for their ids."""
    with connection.cursor() as cursor:
        cursor.execute(_IDS[model], [require_store_id(), texts_of(numbers)])
        ids = [pk for (pk,) in cursor.fetchall()]
    return {one.number: one for one in model.objects.filter(pk__in=ids)}


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


def _find_people(papers: Sequence[_Paper], *, now: datetime) -> None:
    """Say whose each paper is, making who is new, and tell where they are; one without a name belongs to nobody."""
    named = sorted((paper for paper in papers if any(paper.who)), key=lambda paper: paper.at)
    firsts: dict[tuple[str, str], _Paper] = {}
    for paper in named:
        firsts.setdefault(paper.who, paper)
    ids = identify([_claim(paper) for paper in firsts.values()], now=now, newcomers=[])
    people = dict(zip(firsts, ids, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [require_store_id(), array_of(ids)])
        known = {pk: (country, email) for pk, country, email in cursor.fetchall()}
    told: dict[int, Told] = {}
    for paper in named:
        paper.customer_id = people[paper.who]
        country, email = paper.thing.values["country"], paper.thing.values["email"]
        traits = {name: value for name, value in (("country", country), ("email", email)) if value}
        if traits and (country or known[paper.customer_id][0], email or known[paper.customer_id][1]) != known[paper.customer_id]:
            told[paper.customer_id] = Told(paper.customer_id, traits, told_at=paper.at, trusted=True)
    apply_traits(list(told.values()))


def _claim(paper: _Paper) -> Claim:
    values = paper.thing.values
    return Claim(external=values["external_id"], email=values["email"], trusted=True, at=paper.at)


def _store_orders(papers: Sequence[_Paper], *, now: datetime) -> None:
    fresh = [paper for paper in papers if paper.known is None]
    _insert(_ORDERS, papers, [_order(paper) | {"number": paper.thing.key} for paper in fresh], now=now)
    know_table(Order, made=len(fresh))
    changed = [paper for paper in papers if paper.outcome.state == "changed"]
    for paper in changed:
        for name, value in _order(paper).items():
            setattr(paper.known, name, value)
    update_rows([paper.known for paper in changed], ["currency", "total_minor", "subtotal_minor", "placed_at", "customer"])
    OrderLine.objects.filter(order_id__in=[paper.known.pk for paper in changed]).delete()
    _write(_ORDER_LINES, papers)


def _order(paper: _Paper) -> dict[str, Any]:
    return {
        "customer_id": paper.customer_id if paper.customer_id is not None else getattr(paper.known, "customer_id", None),
        "label": paper.thing.key,
        "currency": paper.thing.values["currency"],
        "total_minor": paper.total_minor,
        "subtotal_minor": paper.total_minor,
        "placed_at": paper.at,
        "fulfilment_state": str(Order.Fulfilment.DONE),
    }


def _store_refunds(papers: Sequence[_Paper], *, now: datetime) -> None:
    fresh = [paper for paper in papers if paper.known is None]
    _insert(_REFUNDS, papers, [_refund(paper) | {"number": paper.thing.key} for paper in fresh], now=now)
    know_table(Refund, made=len(fresh))
    changed = [paper for paper in papers if paper.outcome.state == "changed"]
    for paper in changed:
        for name, value in _refund(paper).items():
            setattr(paper.known, name, value)
    update_rows([paper.known for paper in changed], ["currency", "total_minor", "refunded_at", "customer"])
    RefundLine.objects.filter(refund_id__in=[paper.known.pk for paper in changed]).delete()
    _write(_REFUND_LINES, papers)


def _refund(paper: _Paper) -> dict[str, Any]:
    return {
        "customer_id": paper.customer_id if paper.customer_id is not None else getattr(paper.known, "customer_id", None),
        "currency": paper.thing.values["currency"],
        "total_minor": -paper.total_minor,
        "refunded_at": paper.at,
    }


def _insert(statement: str, papers: Sequence[_Paper], fresh: list[dict[str, Any]], *, now: datetime) -> None:
    """Insert the rows of papers the store does not know, and note every paper's row."""
    for one, public_id in zip(fresh, random_ids(len(fresh)), strict=True):
        one["public_id"] = public_id
    with connection.cursor() as cursor:
        cursor.execute(statement, [require_store_id(), SOURCE, now, msgspec.json.encode(fresh).decode()])
        ids = {number: pk for pk, number in cursor.fetchall()}
    for paper in papers:
        paper.pk = ids[paper.thing.key] if paper.known is None else paper.known.pk


def _write(statement: str, papers: Sequence[_Paper]) -> None:
    """Write the lines of all papers in one statement, from where they were staged."""
    if papers:
        with connection.cursor() as cursor:
            things, pks = arrays_of((paper.thing.pk, paper.pk) for paper in papers)
            cursor.execute(statement, [things, pks, require_store_id()])


def _tell_timeline(papers: Sequence[_Paper], *, now: datetime) -> None:
    known = [paper for paper in papers if paper.customer_id is not None]
    record_backfill([NewEvent(paper.customer_id or 0, *_event(paper), paper.at) for paper in known], source=SOURCE, kind="track", now=now)


def _event(paper: _Paper) -> tuple[str, dict[str, Any]]:
    """Return the event's name and properties; its lines stand with the order."""
    currency = paper.thing.values["currency"]
    total = str(to_major(abs(paper.total_minor), currency=currency))
    if paper.is_credit:
        return "Order Refunded", {"refund_id": paper.thing.key, "total": total, "currency": currency}
    return "Order Completed", {"order_id": paper.thing.key, "total": total, "currency": currency}


def _close_baskets(papers: Sequence[_Paper], *, currency: str) -> None:
    """Bring the open baskets of these people up to date where one was begun before an order of the file."""
    latest: dict[int, datetime] = {}
    for paper in papers:
        if paper.customer_id is not None and not paper.is_credit:
            latest[paper.customer_id] = max(paper.at, latest.get(paper.customer_id, paper.at))
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [require_store_id(), array_of(list(latest))])
        begun = {customer_id: started for customer_id, started in cursor.fetchall() if started <= latest[customer_id]}
    if begun:
        update_carts(begun, currency=currency)
