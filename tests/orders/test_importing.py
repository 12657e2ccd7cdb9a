"""Orders come in from a file; Online Retail, half a million real lines, is the proof that the sums are right and that twice is once."""

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from retention.catalog.saving import ProductReport, save_products
from retention.customers.importing.filing import keep
from retention.customers.importing.kinds import kinds
from retention.customers.importing.mapping import kind_of, propose
from retention.customers.models import Customer, CustomerCounter, CustomerEvent, ImportRow, Pending
from retention.orders.importing import reading
from retention.orders.importing.reading import ORDERS
from retention.orders.models import Cart, Order, OrderLine, Refund, RefundLine
from tests.customers.importing import brought_in, compared, counts, faults, import_file, put_in
from tests.factories.customers import make_cart, make_customer
from tests.shared_data import shared

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HEAD = "Order Number,Date,Customer Email,SKU,Description,Quantity,Unit Price,Country\n"


@pytest.fixture
def store(british):
    return british


def online_retail(lines: int | None = None) -> Iterator[bytes]:
    """Yield the file's bytes, or its headings and first lines."""
    with gzip.open(shared("data/transactions/online_retail.csv.gz")) as file:
        if lines is None:
            while piece := file.read(1 << 20):
                yield piece
        else:
            yield from islice(file, lines + 1)


def test_the_file_s_own_headings_are_understood(store):
    of = keep(online_retail(5), kind="orders", name="online_retail.csv", created_by=None)
    assert list(propose(kind_of(of), of.headings).values()) == [
        *("number", "product_id", "name", "quantity", "placed_at", "unit_price", "external_id", "country")
    ]


def test_brings_a_slice_in_with_exact_sums_and_twice_is_once(store):
    of = keep(online_retail(6000), kind="orders", name="online_retail.csv", created_by=None)
    done = brought_in(compared(of, store, at=NOW), at=NOW)
    assert (done.state, done.rows_count, faults(done)) == ("done", 6000, [])
    assert done.new_count == Order.objects.count() + Refund.objects.count()
    assert OrderLine.objects.count() + RefundLine.objects.count() == 6000
    took = Order.objects.aggregate(sum=Sum("total_minor"))["sum"] - Refund.objects.aggregate(sum=Sum("total_minor"))["sum"]
    assert Decimal(took) / 100 == Decimal(done.totals["stored"])
    assert Customer.objects.count() == int(done.totals["people"])
    first = Order.objects.get(number="536365")
    assert first.placed_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert (first.total_minor, first.currency, first.customer.country, first.source) == (13912, "GBP", "GB", "csv")
    assert first.customer.identities.get().value == "17850"
    assert Refund.objects.get(number="C536379").order is None
    again = keep(online_retail(6000), kind="orders", name="online_retail.csv", created_by=None)
    before = Order.objects.order_by("pk").last().pk
    again = brought_in(compared(again, store, at=NOW), at=NOW)
    assert counts(again) == {"new": 0, "changed": 0, "same": done.new_count, "refused": 0}
    assert again.totals == done.totals
    assert Order.objects.order_by("pk").last().pk == before


def test_a_line_stands_on_the_shelf_where_the_catalogue_has_its_product(store):
    save_products([ProductReport("X", NOW, category="Kitchen / Cups", brand="Lumen", vendor="Mill")], now=NOW)
    import_file(
        HEAD + "1,2011-07-01 12:00,a@example.test,X,X,1,2.50,UK\n1,2011-07-01 12:00,a@example.test,Y,Y,1,2.50,UK\n",
        store,
        kind="orders",
        at=NOW,
    )
    rows = OrderLine.objects.order_by("position").values_list("product_id", "category", "brand", "vendor")
    assert list(rows) == [("X", "Kitchen / Cups", "Lumen", "Mill"), ("Y", "", "", "")]


def test_summer_time_of_the_shop_s_city_is_kept(store):
    import_file(HEAD + "1,2011-07-01 12:00,a@example.test,X,X,1,2.50,UK\n", store, kind="orders", at=NOW)
    assert Order.objects.get().placed_at == datetime(2011, 7, 1, 11, 0, tzinfo=UTC)


def test_orders_count_on_the_customer_and_trigger_nothing(store):
    text = HEAD + "1,2011-07-01 12:00,a@example.test,X,Cup,2,2.50,UK\n1,2011-07-01 12:00,a@example.test,Y,Pot,1,10,UK\n"
    import_file(text + "2,2011-08-01 12:00,A@example.test,X,Cup,-1,2.50,UK\n", store, kind="orders", at=NOW)
    customer = Customer.objects.get()
    assert (customer.orders_count, customer.spent_minor, customer.last_order_at) == (1, 1250, datetime(2011, 7, 1, 11, 0, tzinfo=UTC))
    events = CustomerEvent.objects.order_by("occurred_at")
    assert [(event.name, event.backfill, event.properties["total"]) for event in events] == [
        ("Order Completed", True, "15.00"),
        ("Order Refunded", True, "2.50"),
    ]
    assert set(Pending.objects.values_list("reader", flat=True)) == {"segments"}
    assert all("~" not in about for about in Pending.objects.values_list("about", flat=True))  # they move people without a word
    counted = {one.event_name.name: one.count for one in CustomerCounter.objects.select_related("event_name")}
    assert counted == {"Order Completed": 1, "Order Refunded": 1}


NEITHER = "All pieces went back, at prices below nothing: this does not say whether money came in or went out."


@pytest.mark.parametrize(
    ("row", "column", "why"),
    [
        ("2,2011-07-01,b@example.test,X,Cup,0,1,", "Quantity", "“0” is not a number of pieces."),
        ("2,2011-07-01,b@example.test,X,Cup,1.5,1,", "Quantity", "“1.5” is not a number of pieces."),
        ("2,2011-07-01,b@example.test,X,Cup,1,NaN,", "Unit Price", "“NaN” is not a number."),
        ("2,2011-07-01,b@example.test,X,Cup,1,1e999,", "Unit Price", "“1e999” is not a number."),
        ("2,31.02.2011,b@example.test,X,Cup,1,1,", "Date", "“31.02.2011” is not a date."),
        ("2,2099-01-01,b@example.test,X,Cup,1,1,", "Date", "“2099-01-01” lies ahead."),
        ("2,2011-07-01,nobody,X,Cup,1,1,", "Customer Email", "“nobody” is not an e-mail address."),
        ("2,2011-07-01,b@example.test,,,1,1,", "SKU", "The product is missing."),
        (",2011-07-01,b@example.test,X,Cup,1,1,", "Order Number", "The order number is missing."),
        (f"{'2' * 121},2011-07-01,b@example.test,X,Cup,1,1,", "Order Number", "The text is longer than 120 characters."),
        (f"2,2011-07-01,b@example.test,{'X' * 121},Cup,1,1,", "SKU", "The text is longer than 120 characters."),
        (f"2,2011-07-01,b@example.test,X,{'C' * 301},1,1,", "Description", "The text is longer than 300 characters."),
        ("2,2011-07-01,b@example.test,X,Cup,1,10000000000000.01,", "Unit Price", "The amount is too large."),
        ("2,2011-07-01,b@example.test,X,Cup,-2,5000000000000.01,", "Unit Price", "The amount is too large."),
        ("2,2011-07-01,b@example.test,X,Cup,-1,-1.00,", "", NEITHER),
    ],
)
def test_leaves_an_order_out_and_says_why(store, row, column, why):
    text = HEAD + f"1,2011-07-01,a@example.test,X,Cup,1,1,\n{row}\n3,2011-07-01,a@example.test,X,Cup,1,1,\n"
    done = import_file(text, store, kind="orders", at=NOW, date_order="dmy")
    assert faults(done) == [(3, column, why)]
    assert set(Order.objects.values_list("number", flat=True)) == {"1", "3"}


def test_one_bad_line_leaves_the_whole_order_out(store):
    text = HEAD + "1,2011-07-01,,X,Cup,1,1,\n1,2011-07-01,,Y,Pot,x,1,\n1,2011-07-01,,Z,Lid,1,1,\n"
    done = import_file(text, store, kind="orders", at=NOW)
    assert [(row, column) for row, column, _why in faults(done)] == [(2, ""), (3, "Quantity"), (4, "")]
    assert faults(done)[0][2] == "Another row of order 1 cannot be read, so the order is left out."
    assert not Order.objects.exists()


MOST = "10000000000000.00"  # in pounds, what anybody may tell us


@pytest.mark.parametrize("sign", ["", "-"])
def test_an_order_comes_to_no_more_than_any_amount_may(store, sign):
    text = HEAD + f"1,2011-07-01,a@example.test,X,Cup,1,{sign}{MOST},\n" + f"2,2011-07-01,b@example.test,X,Cup,1,{sign}{MOST},\n"
    done = import_file(text + f"2,2011-07-01,b@example.test,Y,Pot,1,{sign}0.01,\n", store, kind="orders", at=NOW)
    assert (counts(done)["new"], counts(done)["refused"]) == (1, 2)
    assert faults(done)[0] == (3, "Unit Price", "The order comes to more than any amount may.")
    apart = import_file(text + "3,2011-07-01,,X,Cup,1,1,\n" + f"2,2011-07-01,,Y,Pot,1,{sign}0.01,\n", store, kind="orders", at=NOW)
    assert [row for row, _column, why in faults(apart) if why == "The order comes to more than any amount may."] == [3, 5]
    assert set(Order.objects.values_list("number", "total_minor")) | set(Refund.objects.values_list("number", "total_minor")) == {
        ("1", 10**15),
        ("3", 100),
    }


def test_pieces_and_price_both_below_nothing_change_no_credit_note_and_end_no_import(store):
    import_file(HEAD + "C1,2011-07-01,,X,Cup,-1,1.00,\n", store, kind="orders", at=NOW)
    done = import_file(HEAD + "C1,2011-07-01,,X,Cup,-1,-1.00,\nC2,2011-07-01,,X,Cup,-1,-1.00,\n", store, kind="orders", at=NOW)
    assert (done.state, counts(done)) == ("done", {"new": 0, "changed": 0, "same": 0, "refused": 2})
    assert list(RefundLine.objects.values_list("refund__number", "refund__total_minor", "amount_minor")) == [("C1", 100, 100)]


def test_a_discount_taken_back_stands_in_its_credit_note_also_where_its_lines_stand_apart(store):
    text = HEAD + "C1,2011-07-01,,X,Cup,-1,20.00,\nC1,2011-07-01,,D,Discount,-1,-5.00,\n"
    rest = "2,2011-07-01,,X,Cup,1,1,\nC1,2011-07-01,,Y,Pot,-1,3.00,\n"
    done = import_file(text + rest, store, kind="orders", at=NOW)
    assert (counts(done)["new"], counts(done)["refused"]) == (2, 0)
    assert Refund.objects.get().total_minor == 1800
    assert list(RefundLine.objects.order_by("position").values_list("quantity", "amount_minor")) == [(1, 2000), (1, -500), (1, 300)]


@pytest.mark.parametrize("rows_a_batch", [1, 20_000])
def test_a_discount_that_stands_apart_by_itself_joins_its_credit_note(store, monkeypatch, rows_a_batch):
    monkeypatch.setitem(kinds._items, "orders", replace(ORDERS, batch_rows=rows_a_batch))
    text = HEAD + "C1,2011-07-01,,X,Cup,-1,20.00,\n2,2011-07-01,,X,Cup,1,1,\nC1,2011-07-01,,D,Discount,-1,-5.00,\n"
    done = import_file(text, store, kind="orders", at=NOW)
    assert (counts(done)["new"], faults(done)) == (2, [])
    assert list(Refund.objects.values_list("number", "total_minor")) == [("C1", 1500)]
    assert done.totals["stored"] == "-14.00"


def test_one_that_comes_to_money_by_all_its_lines_is_left_out_with_all_of_them(store):
    text = HEAD + "C1,2011-07-01,,X,Cup,-1,4.00,\n2,2011-07-01,,X,Cup,1,1,\nC1,2011-07-01,,D,Discount,-1,-5.00,\n"
    done = import_file(text, store, kind="orders", at=NOW)
    assert (counts(done), faults(done)) == ({"new": 1, "changed": 0, "same": 0, "refused": 2}, [(2, "", NEITHER)])
    assert (done.totals["lines"], done.totals["stored"]) == ("1", "1.00")
    assert list(Order.objects.values_list("number", flat=True)) == ["2"]
    assert not Refund.objects.exists()


def test_what_the_release_before_let_through_is_left_out_when_it_comes_in(store):
    ready = compared(put_in(HEAD + "C1,2011-07-01,,X,Cup,-1,-5.00,\n2,2011-07-01,,X,Cup,1,1,\n", kind="orders"), store, at=NOW)
    ImportRow.objects.filter(key="C1").update(outcome="new", says="")
    done = brought_in(ready, at=NOW)
    assert (done.state, done.new_count, set(faults(done))) == ("done", 1, {(2, "", NEITHER)})
    assert not Refund.objects.exists()


def test_lines_of_an_order_that_come_later_in_the_file_join_it(store):
    text = HEAD + "1,2011-07-01,,X,Cup,1,1,\n2,2011-07-01,,X,Cup,1,5,\n1,2011-07-01,,Y,Pot,1,2.25,\n"
    done = import_file(text, store, kind="orders", at=NOW)
    assert counts(done)["new"] == 2
    assert dict(Order.objects.values_list("number", "total_minor")) == {"1": 325, "2": 500}
    assert [line.position for line in Order.objects.get(number="1").lines.order_by("position")] == [1, 2]


@pytest.mark.parametrize("rows_a_batch", [1, 20_000])
def test_an_order_with_a_bad_part_elsewhere_in_the_file_is_left_out_whole(store, monkeypatch, rows_a_batch):
    good, bad, other = "1,2011-07-01,,X,Cup,1,1,\n", "1,2011-07-01,,Y,Pot,x,1,\n", "2,2011-07-01,,X,Cup,1,5,\n"
    monkeypatch.setitem(kinds._items, "orders", replace(ORDERS, batch_rows=rows_a_batch))
    for text, left in ((good + other + bad + other + good, [2, 4, 6]), (bad + other + good, [2, 4])):
        done = import_file(HEAD + text, store, kind="orders", at=NOW)
        assert [row for row, _column, _why in faults(done)] == left
        others = text.count(other)
        assert done.refused_count == len(left)
        assert (Decimal(done.totals["amount"]), int(done.totals["lines"])) == (Decimal(5 * others), others)
        assert list(Order.objects.values_list("number", flat=True)) == ["2"]
        Order.objects.all().delete()


def test_parts_that_do_not_go_together_leave_the_order_out(store, monkeypatch):
    monkeypatch.setattr(reading, "MOST_LINES", 2)
    head = HEAD.replace(",Country", ",Currency")
    for second, why in (
        ("1,2011-07-01,,Y,Pot,1,1,EUR\n", "The order has lines in GBP and in EUR."),
        ("1,2011-07-01,,Y,Pot,1,1,GBP\n" * 2, "The order has more than 2 lines."),
    ):
        done = import_file(head + "1,2011-07-01,,X,Cup,1,1,GBP\n2,2011-07-01,,X,Cup,1,1,GBP\n" + second, store, kind="orders", at=NOW)
        assert {told for _row, _column, told in faults(done)} == {why}
        assert set(Order.objects.values_list("number", flat=True)) == {"2"}


def test_rows_of_one_number_that_are_too_many_have_one_reason_and_all_count(store, monkeypatch):
    monkeypatch.setattr(reading, "MOST_LINES", 2)
    row = "1,2011-07-01,,X,Cup,1,1,\n"
    done = import_file(HEAD + row * 4 + "2,2011-07-01,,X,Cup,1,1,\n" + row, store, kind="orders", at=NOW)
    assert (done.rows_count, done.refused_count) == (6, 5)
    assert faults(done) == [
        (2, "Order Number", "The order has more than 2 lines."),
        (7, "", "Another row of “1” cannot be read, so all of it is left out."),
    ]
    assert set(Order.objects.values_list("number", flat=True)) == {"2"}


def test_what_the_shop_says_meanwhile_is_read_under_the_lock(store):
    work = import_file(HEAD + "1,2011-07-01,a@example.test,X,Cup,1,1,\n", store, kind="orders", at=NOW)
    assert counts(work)["new"] == 1
    with CaptureQueriesContext(connection) as seen:
        import_file(HEAD + "1,2011-07-01,a@example.test,X,Cup,2,1,\n", store, kind="orders", at=NOW)
    statements = [query["sql"] for query in seen]
    lock = next(place for place, sql in enumerate(statements) if "pg_advisory_xact_lock" in sql)
    read = [place for place, sql in enumerate(statements) if "FROM orders_order WHERE" in sql]
    assert any(lock < place for place in read), "orders are read again under the lock of the store's people"
    assert Order.objects.get().total_minor == 200


def test_a_price_with_more_decimals_is_rounded_line_by_line_and_the_report_says_so(store):
    done = import_file(HEAD + "1,2011-07-01,,X,Cup,3,0.335,\n", store, kind="orders", at=NOW)
    assert (Order.objects.get().total_minor, done.totals["amount"], done.totals["stored"]) == (101, "1.005", "1.01")
    told = dict(kind_of(done).tell(done.totals, "GBP"))
    assert list(told.values())[2:] == ["£1.005", "£1.01", "£0.005"]


def test_currencies_with_no_and_three_decimals(store):
    import_file(HEAD + "1,2011-07-01,,X,Cup,2,120,\n", store, kind="orders", at=NOW, currency="JPY")
    import_file(HEAD + "2,2011-07-01,,X,Cup,2,1.234,\n", store, kind="orders", at=NOW, currency="KWD")
    assert dict(Order.objects.values_list("number", "total_minor")) == {"1": 240, "2": 2468}


def test_changed_lines_change_the_order_and_the_shop_s_own_orders_stay(store):
    import_file(HEAD + "1,2011-07-01,,X,Cup,1,1,\n", store, kind="orders", at=NOW)
    Order.objects.create(number="9", currency="GBP", total_minor=700, placed_at=NOW, received_at=NOW, source="shopify")
    text = HEAD + "1,2011-07-01,,X,Cup,2,1,\n9,2011-07-01,,X,Cup,2,1,\n"
    ready = compared(put_in(text, kind="orders"), store, at=NOW)
    assert ImportRow.objects.get(key="1").says == "total, lines"
    assert counts(brought_in(ready, at=NOW)) == {"new": 0, "changed": 1, "same": 1, "refused": 0}
    assert dict(Order.objects.values_list("number", "total_minor")) == {"1": 200, "9": 700}
    assert OrderLine.objects.get(order__number="1").quantity == 2


def test_an_order_of_the_file_closes_the_basket_that_led_to_it(store):
    customer = make_customer(store, "a@example.test")
    make_cart(customer, touched=NOW, currency="GBP")
    import_file(HEAD + "1,2026-11-24 09:30,a@example.test,X,Cup,1,1,\n", store, kind="orders", at=NOW.replace(hour=12))
    assert not Cart.objects.open().filter(lines_count__gt=0).exists()


@pytest.mark.deep
@pytest.mark.django_db(transaction=True)
def test_all_of_online_retail(store):
    of = keep(online_retail(), kind="orders", name="online_retail.csv", created_by=None)
    done = brought_in(compared(of, store, at=NOW), at=NOW)
    assert (done.rows_count, done.new_count, done.refused_count) == (541_909, 25_900, 0)
    assert (Order.objects.count(), Refund.objects.count(), Customer.objects.count()) == (20_726, 5_174, 4_372)
    assert OrderLine.objects.count() + RefundLine.objects.count() == 541_909
    assert Decimal(done.totals["amount"]) == Decimal("9747747.934")
    again = keep(online_retail(), kind="orders", name="online_retail.csv", created_by=None)
    assert counts(compared(again, store, at=NOW)) == {"new": 0, "changed": 0, "same": 25_900, "refused": 0}
