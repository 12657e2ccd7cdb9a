"""A file meets orders and credit notes that are there: what differs is named, and found by their keys whatever the statistics say."""

import re
from datetime import UTC, datetime

import pytest
from django.db import connection

from retention.customers.models import ImportRow
from retention.orders.importing.meeting import _OF_ORDERS, _OF_REFUNDS
from retention.orders.models import Order, OrderLine, Refund, RefundLine
from retention.tenancy.statistics import MANY, know_table
from tests.customers.importing import brought_in, compared, counts, import_file, put_in
from tests.factories import make_store

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HEAD = "Order Number,Date,Customer Email,SKU,Description,Quantity,Unit Price,Currency\n"
ORDER = '1,2011-07-01,,X,"Cup, ""blue"" \\ 12oz",2,1.50,\n1,2011-07-01,,Y,,-1,0.25,\n'
CREDIT = "C1,2011-07-02,,X,Cup,-2,1.50,\nC1,2011-07-02,,Y,,-1,0.25,\n"
BOTH = (("", 1, 2), ("C", 2, -2))  # what the numbers of orders and credit notes begin with, their day and their pieces


@pytest.fixture
def store(british):
    import_file(HEAD + ORDER + CREDIT, british, kind="orders", at=NOW)
    return british


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (ORDER, None),
        (ORDER.replace("2011-07-01", "2011-07-03"), "placed_at"),
        (ORDER.replace("blue", "red"), "lines"),
        (ORDER.replace(",X,", ",Z,"), "lines"),
        (ORDER.replace(",2,1.50,", ",1,3.00,"), "lines"),
        (ORDER.replace(",2,1.50,", ",3,1.50,"), "total, lines"),
        (ORDER.replace(",\n", ",EUR\n"), "total"),
        ("".join(reversed(ORDER.splitlines(keepends=True))), "lines"),
        (CREDIT, None),
        (CREDIT.replace("2011-07-02", "2011-07-03"), "placed_at"),
        (CREDIT.replace("Cup", "Mug"), "lines"),
        (CREDIT.replace(",-2,1.50,", ",-1,3.00,"), "lines"),
        (CREDIT.replace(",-1,0.25,", ",-1,0.35,"), "total, lines"),
    ],
)
def test_says_in_what_one_that_is_known_differs_and_makes_it_as_the_file_says(store, rows, says):
    ready = compared(put_in(HEAD + rows, kind="orders"), store, at=NOW)
    row = ImportRow.objects.get()
    assert (row.outcome, row.says) == (("changed", says) if says else ("same", ""))
    brought_in(ready, at=NOW)
    again = compared(put_in(HEAD + rows, kind="orders"), store, at=NOW)
    assert counts(again) == {"new": 0, "changed": 0, "same": 1, "refused": 0}
    assert (Order.objects.count(), OrderLine.objects.count(), Refund.objects.count(), RefundLine.objects.count()) == (1, 2, 1, 2)


def test_an_order_and_a_credit_note_of_one_number_are_two(store):
    rows = CREDIT.replace("C1", "1") + ORDER.replace("\n1,", "\nC1,").replace("1,2011", "C1,2011", 1)
    assert counts(compared(put_in(HEAD + rows, kind="orders"), store, at=NOW))["new"] == 2


@pytest.mark.parametrize(
    ("statement", "index", "of"), [(_OF_ORDERS, "orders_orderline_pkey", "order_id"), (_OF_REFUNDS, "refund_line_once", "refund_id")]
)
def test_lines_are_found_by_their_order_in_a_store_that_statistics_do_not_know(store, statement, index, of):
    rows = "".join(f"{sign}{n},2011-07-0{day},,P{n},Cup,{pieces},1.50,\n" * 3 for n in range(9, 209) for sign, day, pieces in BOTH)
    import_file(HEAD + rows, store, kind="orders", at=NOW)
    for model in (OrderLine, RefundLine):  # what PostgreSQL knows is of another store than the one that is asked for
        know_table(model, made=MANY)
    store = make_store("Another")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # these tables are small, and no index is worth it
        asked = {"store": store.pk, "source": "csv", "is_credit": index == "refund_line_once", "things": "{1,2}", "heads": "{1,2}"}
        cursor.execute(f"EXPLAIN {statement}", asked)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert re.search(rf"Index Scan (using|on) {index} .*\n(.*rows=.*\n)?\s*Index Cond: \(\(store_id = .*\) AND \({of} = \w+\.id\)\)", plan)
    assert not any(join in plan for join in ("Hash Join", "Merge Join"))
