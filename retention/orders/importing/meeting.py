"""Which orders and credit notes of a file the store knows already, and in what each differs: asked of PostgreSQL, row by row.

Each is looked up by its own keys (LATERAL), so the plan is good whatever the statistics say of a store that has just grown; and of what is
the same as before no line comes to Python. Next to nothing is read of things that are new, which most are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from retention.customers.importing.kinds import Outcome, Thing
from retention.kit.arrays import array_of, texts_of
from retention.orders.importing.columns import TEXTS
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

SOURCE = "csv"
# True of a staged order whose pieces all went back and that yet comes to money. Asked of all its parts together: one line by itself may be
# a discount taken back.
UNCLEAR = """("values" ->> 'back')::bool AND ("values" ->> 'minor')::bigint > 0"""
_UNCLEAR = f"""
    SELECT id, ("values" ->> 'rows')::int FROM customers_importrow
    WHERE store_id = (SELECT %s::bigint) AND id BETWEEN %s AND %s AND id = ANY(%s::bigint[]) AND {UNCLEAR}
"""  # noqa: S608 - a fragment of ours
_IDS = f"""
    SELECT wanted.number, known.id FROM unnest(%s::text[]) WITH ORDINALITY AS wanted(number, place)
    CROSS JOIN LATERAL (SELECT id FROM {{table}} WHERE store_id = (SELECT %s::bigint) AND number = wanted.number OFFSET 0) AS known
    WHERE {said_to_be_few("wanted.place")}
"""  # noqa: S608 - the condition above
# Lines as they are stored, beside `told`; numbers as the file's reader writes them: pieces, price and amount of each with commas between.
_ORDER_LINES = """
    SELECT coalesce(array_agg(product_id::text ORDER BY position), '{{}}') AS products,
        coalesce(array_agg(name::text ORDER BY position), '{{}}') AS names,
        coalesce(string_agg(concat_ws(',', quantity, price_minor, amount_minor), ',' ORDER BY position), '') AS numbers
    FROM orders_orderline WHERE store_id = (SELECT %(store)s::bigint) AND order_id = known.id
"""
_REFUND_LINES = """
    SELECT coalesce(array_agg(product_id::text ORDER BY position), '{{}}') AS products,
        coalesce(array_agg(name::text ORDER BY position), '{{}}') AS names,
        coalesce(string_agg(concat_ws(',', quantity, amount_minor), ',' ORDER BY position), '') AS numbers
    FROM orders_refundline WHERE store_id = (SELECT %(store)s::bigint) AND refund_id = known.id
"""
_BACK = """(
    SELECT coalesce(string_agg(concat_ws(',', greatest(0, -each.numbers[place * 3 - 2]), -each.numbers[place * 3]), ',' ORDER BY place), '')
    FROM (SELECT concat('{{', told.numbers, '}}')::bigint[] AS numbers OFFSET 0) AS each,
        generate_series(1, cardinality(each.numbers) / 3) AS place
)"""
_MET = """
    SELECT told.id, known.id, known.customer_id, known.source = %(source)s, told.minor, told.currency, told.placed_at,
        known.total_minor IS DISTINCT FROM abs(told.minor) OR known.currency <> told.currency, known.at <> told.placed_at,
        CASE WHEN known.source = %(source)s THEN (
            SELECT (kept.products, kept.names, kept.numbers) IS DISTINCT FROM (told.products, told.names, {numbers}) FROM ({lines}) AS kept
        ) END
    FROM unnest(%(things)s::bigint[], %(heads)s::bigint[]) AS asked(thing, head)
    CROSS JOIN LATERAL (
        SELECT id, ("values" ->> 'minor')::bigint AS minor, "values" ->> 'currency' AS currency,
            ("values" ->> 'placed_at')::timestamptz AS placed_at,
            ("values" ->> 'minor')::bigint < 0 OR ("values" ->> 'back')::bool AS is_credit,
            coalesce({products}, '{{}}') AS products, coalesce({names}, '{{}}') AS names, coalesce(lines[3], '') AS numbers
        FROM customers_importrow WHERE store_id = (SELECT %(store)s::bigint) AND id = asked.thing OFFSET 0
    ) AS told
    CROSS JOIN LATERAL (
        SELECT id, customer_id, source, total_minor, currency, {moment} AS at
        FROM {table} WHERE store_id = (SELECT %(store)s::bigint) AND id = asked.head OFFSET 0
    ) AS known
    WHERE told.is_credit = %(is_credit)s
"""
_TOLD = {"products": TEXTS.format(column=1), "names": TEXTS.format(column=2)}
_OF_ORDERS = _MET.format(table="orders_order", moment="placed_at", lines=_ORDER_LINES.format(), numbers="told.numbers", **_TOLD)
_OF_REFUNDS = _MET.format(table="orders_refund", moment="refunded_at", lines=_REFUND_LINES.format(), numbers=_BACK.format(), **_TOLD)
_QUESTIONS = ((_IDS.format(table="orders_order"), _OF_ORDERS, False), (_IDS.format(table="orders_refund"), _OF_REFUNDS, True))


@dataclass
class Paper:
    """An order or credit note of the file whose number the store knows. pk: of the order or refund; thing: its row in the import.

    is_credit: money or goods went back. customer_id: whose it is. What else the file says of it has the names of the fields it becomes.
    """

    thing: int
    pk: int
    is_credit: bool
    customer_id: int | None
    currency: str
    total_minor: int
    at: datetime
    outcome: Outcome

    @property
    def subtotal_minor(self) -> int:
        """Return what the lines come to: all of it, for a file tells of nothing else."""
        return self.total_minor

    @property
    def placed_at(self) -> datetime:
        """Return when the order was placed."""
        return self.at

    @property
    def refunded_at(self) -> datetime:
        """Return when the money was given back."""
        return self.at


def refused(things: Sequence[Thing]) -> dict[int, Outcome]:
    """Return those of these things that are neither an order nor a credit note, by the thing's row, with why."""
    if not things:
        return {}
    ids = [thing.pk for thing in things]
    with connection.cursor() as cursor:
        cursor.execute(_UNCLEAR, [require_store_id(), min(ids), max(ids), array_of(ids)])
        found = cursor.fetchall()
    why = _("All pieces went back, at prices below nothing: this does not say whether money came in or went out.")
    return {pk: Outcome("refused", why, rows=rows) for pk, rows in found}


def meet(things: Sequence[Thing]) -> dict[int, Paper]:
    """Return those of these things whose number the store knows, by the thing's row."""
    rows = {thing.key: thing.pk for thing in things}
    found = (paper for ids, statement, is_credit in _QUESTIONS for paper in _met(rows, ids, statement, is_credit=is_credit))
    return {paper.thing: paper for paper in found}


def _met(rows: dict[str, int], ids: str, statement: str, *, is_credit: bool) -> list[Paper]:
    store_id = require_store_id()
    with connection.cursor() as cursor:
        cursor.execute(ids, [texts_of(list(rows)), store_id])
        known = cursor.fetchall()
        if not known:
            return []
        asked: dict[str, Any] = {"store": store_id, "source": SOURCE, "is_credit": is_credit}
        asked |= {"things": array_of([rows[number] for number, _pk in known]), "heads": array_of([pk for _number, pk in known])}
        cursor.execute(statement, asked)
        return [
            Paper(thing, pk, is_credit, customer_id, currency, abs(minor), at, _outcome(differs) if is_ours else Outcome("same"))
            for thing, pk, customer_id, is_ours, minor, currency, at, *differs in cursor.fetchall()
        ]  # of one that did not come from a file, the shop's own word stands


def _outcome(differs: Sequence[bool]) -> Outcome:
    names = [name for name, differs_in in zip(("total", "placed_at", "lines"), differs, strict=True) if differs_in]
    return Outcome("changed", ", ".join(names)) if names else Outcome("same")
