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
from retention.customers.models import Customer, ImportRow
from retention.customers.profile import Told, apply_traits
from retention.kit.locks import transaction_lock
from retention.kit.money import to_major
from retention.kit.random_ids import random_ids
from retention.orders.carting import update_carts
from retention.orders.figures import refigure
from retention.orders.models import Cart, Order, OrderLine, Refund, RefundLine
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
_ORDER_LINES = """
    INSERT INTO orders_orderline
        (store_id, order_id, position, product_id, variant_id, sku, name, category, brand, vendor, quantity, price_minor, amount_minor)
    SELECT thing.store_id, paper.pk, told.position, line ->> 0, '', '', line ->> 1,
        coalesce(shelf.path, ''), coalesce(product.brand, ''), coalesce(product.vendor, ''),
        (line ->> 2)::int, (line ->> 3)::bigint, (line ->> 4)::bigint
    FROM unnest(%s::bigint[], %s::bigint[]) AS paper(thing_id, pk)
    JOIN customers_importrow AS thing ON thing.store_id = %s AND thing.id = paper.thing_id
    CROSS JOIN jsonb_array_elements(thing.lines) WITH ORDINALITY AS told(line, position)
    LEFT JOIN catalog_product AS product
        ON product.store_id = thing.store_id AND product.shop_id = line ->> 0 AND product.state <> 'seen'
    LEFT JOIN catalog_category AS shelf ON shelf.store_id = thing.store_id AND shelf.id = product.category_id
"""
_REFUND_LINES = """
    INSERT INTO orders_refundline (store_id, refund_id, position, product_id, variant_id, name, quantity, amount_minor)
    SELECT thing.store_id, paper.pk, told.position, line ->> 0, '', line ->> 1, greatest(0, -(line ->> 2)::int), -(line ->> 4)::bigint
    FROM unnest(%s::bigint[], %s::bigint[]) AS paper(thing_id, pk)
    JOIN customers_importrow AS thing ON thing.store_id = %s AND thing.id = paper.thing_id
    CROSS JOIN jsonb_array_elements(thing.lines) WITH ORDINALITY AS told(line, position)
"""
Line = list[Any]
NEW = Outcome("new")


@dataclass
class _Paper:
    """One order or credit note of the file, and the one the store knows by its number. is_credit: money or goods went back."""

    thing: Thing
    at: datetime = field(init=False)
    total_minor: int = field(init=False)
    is_credit: bool = field(init=False)
    known: Any = None
    outcome: Outcome = NEW
    customer_id: int | None = None
    pk: int = 0

    def __post_init__(self) -> None:
        self.at = datetime.fromisoformat(self.thing.values["placed_at"])
        self.total_minor = self.thing.values["minor"]
        self.is_credit = self.total_minor < 0 or self.thing.values["back"]


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
    numbers = [thing.values["number"] for thing in work.things]
    orders = {order.number: order for order in Order.objects.filter(number__in=numbers)}
    refunds = {refund.number: refund for refund in Refund.objects.filter(number__in=numbers)}
    for paper in papers:
        known = refunds if paper.is_credit else orders
        paper.known = known.get(paper.thing.values["number"])
    met = [paper for paper in papers if paper.known is not None]
    ours = [paper for paper in met if paper.known.source == SOURCE]
    told = dict(ImportRow.objects.filter(pk__in=[paper.thing.pk for paper in ours]).values_list("pk", "lines"))
    lines = _lines_of([paper.known for paper in ours])
    for paper in met:
        paper.outcome = _compare(paper, lines.get((type(paper.known), paper.known.pk), []), told.get(paper.thing.pk, []))
    return papers


def _compare(paper: _Paper, lines: list[Line], told: list[Line]) -> Outcome:
    known = paper.known
    if known.source != SOURCE:
        return Outcome("same")  # the shop's own word stands
    changed = []
    if known.total_minor != abs(paper.total_minor) or known.currency != paper.thing.values["currency"]:
        changed.append("total")
    if (known.refunded_at if paper.is_credit else known.placed_at) != paper.at:
        changed.append("placed_at")
    if lines != [_stored(line, credit=paper.is_credit) for line in told]:
        changed.append("lines")
    return Outcome("changed", ", ".join(changed)) if changed else Outcome("same")


def _stored(line: Line, *, credit: bool) -> Line:
    product, name, pieces, price, amount = line
    return [product, name, max(0, -pieces), -amount] if credit else [product, name, pieces, price, amount]


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
    named = [paper for paper in papers if paper.thing.values["external_id"] or email_key(paper.thing.values["email"])]
    firsts: dict[tuple[str, str], _Paper] = {}
    for paper in sorted(named, key=lambda paper: paper.at):
        firsts.setdefault(_who(paper), paper)
    ids = identify([_claim(paper) for paper in firsts.values()], now=now, newcomers=[])
    people = dict(zip(firsts, ids, strict=True))
    known = {pk: (country, email) for pk, country, email in Customer.objects.filter(pk__in=ids).values_list("pk", "country", "email")}
    told: dict[int, Told] = {}
    for paper in sorted(named, key=lambda paper: paper.at):
        paper.customer_id = people[_who(paper)]
        country, email = paper.thing.values["country"], paper.thing.values["email"]
        traits = {name: value for name, value in (("country", country), ("email", email)) if value}
        if traits and (country or known[paper.customer_id][0], email or known[paper.customer_id][1]) != known[paper.customer_id]:
            told[paper.customer_id] = Told(paper.customer_id, traits, told_at=paper.at, trusted=True)
    apply_traits(list(told.values()))


def _who(paper: _Paper) -> tuple[str, str]:
    return paper.thing.values["external_id"], email_key(paper.thing.values["email"])


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
            cursor.execute(statement, [[paper.thing.pk for paper in papers], [paper.pk for paper in papers], require_store_id()])


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
    carts = Cart.objects.open().filter(customer_id__in=list(latest)).values_list("customer_id", "started_at")
    begun = {customer_id: started for customer_id, started in carts if started <= latest[customer_id]}
    if begun:
        update_carts(begun, currency=currency)
