"""Files for the merchant: what goes out comes back in unchanged, formulas are harmless, large files are made in pieces and announced."""

import csv
import gc
import io
import json
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from retention.customers import exporting
from retention.customers.attributes import write_attributes
from retention.customers.erasing import erase
from retention.customers.exporting import CUSTOMERS, EVENTS, export_due, order_file, pieces_of, stream
from retention.customers.handing_over import write_person
from retention.customers.models import AttributeValue, Consent, Customer, CustomerEvent, Export, ExportChunk, Identity
from retention.notices.models import Notice
from retention.orders.exporting import ORDERS
from retention.orders.models import Order, OrderLine
from retention.stores.models import AuditEntry
from tests.cast import lumen
from tests.customers.importing import counts, import_file
from tests.factories import make_store, signed_in, work_for
from tests.factories.customers import make_customer, make_event, make_order

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PEOPLE = """Email,Phone Number,External ID,First Name,Last Name,Gender,Birthday,Interests,Language,Timezone,\
City,Region,Zip Code,Country,Note,VIP
ann@example.test,+4930123456,A-1,=cmd(),'Quote,f,1990-05-01,"coffee, tea",de,Europe/Berlin,Köln,NRW,0123,DE,@x,3
bea@example.test,,,-Bea,+Cole,,--02-29,,,,,,,,"two
lines",
,+4930999999,,Cem,,,,,,,,,,,,
"""


def rows_of(text):
    return list(csv.reader(io.StringIO(text)))


def test_customers_come_back_as_they_went_out():
    first, second = make_store(), make_store()
    with work_for(first):
        import_file(PEOPLE, first, at=NOW)
        Consent.objects.create(customer=Customer.objects.get(email="ann@example.test"), channel="email", status="granted", changed_at=NOW)
        out = "".join(stream(CUSTOMERS, store_id=first.pk))
        assert counts(import_file(out, first, at=NOW + timedelta(days=1), consent_source="file")) == {
            "new": 0, "changed": 0, "same": 3, "refused": 0,
        }  # fmt: skip
    with work_for(second):
        assert counts(import_file(out, second, at=NOW, consent_source="file"))["new"] == 3
        assert "".join(stream(CUSTOMERS, store_id=second.pk)) == out


def test_attributes_named_like_fields_come_back_under_their_names():
    first, second = make_store(), make_store()
    attributes = {"mail": "yes", "Phone number": "by hand", "mail (attribute)": "no"}
    with work_for(first):
        customer = make_customer(first, "ann@example.test", attributes=attributes)
        write_attributes({customer.pk: attributes})
        out = "".join(stream(CUSTOMERS, store_id=first.pk))
    with work_for(second):
        assert counts(import_file(out, second, at=NOW, consent_source="file"))["new"] == 1
        assert Customer.objects.get().attributes == attributes
        assert "".join(stream(CUSTOMERS, store_id=second.pk)) == out


def test_no_cell_is_a_formula():
    store = make_store()
    with work_for(store):
        import_file(PEOPLE, store, at=NOW)
        cells = [cell for row in rows_of("".join(stream(CUSTOMERS, store_id=store.pk))) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\0"))]
    assert "'=cmd()" in cells


def test_orders_come_back_as_they_went_out():
    head = "Order Number,Order Date,Customer Email,Product ID,Product Name,Quantity,Unit Price,Currency\n"
    first = "1,2026-01-01 10:00,a@example.test,X,Cup,2,1.50,EUR\n1,2026-01-01 10:00,a@example.test,Y,Pot,1,9,EUR\n"
    text = head + first + "2,2026-01-02,,X,Cup,1,120,JPY\n"
    store = make_store()
    with work_for(store):
        import_file(text, store, kind="orders", at=NOW)
        out = "".join(stream(ORDERS, store_id=store.pk))
        assert counts(import_file(out, store, kind="orders", at=NOW)) == {"new": 0, "changed": 0, "same": 2, "refused": 0}


def test_lines_of_orders_follow_each_other_in_pages_of_any_size():
    store = make_store(country="GB", currency="GBP", zone="Europe/London")
    with work_for(store):
        rows = "".join(f"{number},2026-01-01,P{line},1,1.00\n" for number in range(1, 4) for line in range(3))
        import_file("Order Number,Date,SKU,Quantity,Unit Price\n" + rows, store, kind="orders", at=NOW)
        for size in (1, 2, 4, 9):
            place, found = 0, []
            while page := ORDERS.page(place, size):
                found += [(cells[0], cells[4]) for _place, cells in page]
                place = page[-1][0]
            assert found == [(str(number), f"P{line}") for number in range(1, 4) for line in range(3)]


def test_a_large_file_is_made_in_pieces_and_announced(monkeypatch):
    shop = lumen()
    monkeypatch.setattr(exporting, "PAGE", 2)
    with work_for(shop.store):
        for number in range(23):
            make_customer(shop.store, f"c{number:02}@example.test")
        whole = "".join(stream(CUSTOMERS, store_id=shop.store.pk))
        export = order_file("customers", by=shop.nora, now=NOW)
    export_due(now=lambda: NOW)
    with work_for(shop.store):
        export.refresh_from_db()
        assert (export.state, export.rows_count, export.chunks.count()) == ("ready", 23, 4)
        assert b"".join(pieces_of(export)).decode() == whole
    notice = Notice.objects.get(kind="export_ready")
    assert notice.to == shop.nora.email
    assert reverse("customers:exports", args=["lumen"]) in notice.text
    export_due(now=lambda: NOW + timedelta(days=7))
    with work_for(shop.store):
        export.refresh_from_db()
        assert export.state == "gone"
        assert not ExportChunk.objects.exists()
    assert Notice.objects.filter(kind="export_ready").count() == 1


@contextmanager
def measured() -> Iterator[Callable[[], int]]:
    """Give what says afterwards how many bytes were in use at most; what was there before is not looked through again at each piece."""
    peaks: list[int] = []
    gc.freeze()
    tracemalloc.start()
    try:
        yield lambda: peaks[0]
        peaks.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
        gc.unfreeze()


def peak_of_streaming(rows: int) -> tuple[int, int]:
    """Return how long a file of so many customers is, and how many bytes were in use at most while it was written."""
    store = make_store()
    with work_for(store):
        addresses = [f"c{number}@example.test" for number in range(rows)]
        Customer.objects.bulk_create([Customer(email=address, email_key=address) for address in addresses])
        size = 0
        gc.collect()
        with measured() as peak:
            for piece in stream(CUSTOMERS, store_id=store.pk):
                size += len(piece)
                gc.collect()  # rows that point at each other wait for it, and how long depends on all else in the process
    return size, peak()


def test_streaming_keeps_memory_flat():
    few, peak_of_few = peak_of_streaming(1_000)
    many, peak_of_many = peak_of_streaming(3_000)
    assert many > 2.5 * few
    assert peak_of_many < 1.5 * peak_of_few


def test_the_page_sends_small_files_at_once_and_writes_it_down():
    shop = lumen()
    make_customer(shop.store, "ann@example.test", first_name="Ann")
    client = signed_in(shop.nora)
    assert b"Download" in client.get(reverse("customers:exports", args=["lumen"])).content
    answer = client.post(reverse("customers:export", args=["lumen"]), {"kind": "customers"})
    assert answer["Content-Disposition"] == 'attachment; filename="customers.csv"'
    assert rows_of(b"".join(answer.streaming_content).decode())[1][0] == "ann@example.test"
    with work_for(shop.store):
        assert AuditEntry.objects.filter(action="export.made").exists()


@pytest.mark.parametrize("role", ["marketer", "analyst", "support"])
def test_who_may_not_take_files_gets_none(role):
    shop = lumen()
    customer = make_customer(shop.store, "ann@example.test")
    client = signed_in(shop.person(role))
    for name, ids in (("exports", []), ("export_one", [customer.public_id])):
        assert client.get(reverse(f"customers:{name}", args=["lumen", *ids])).status_code == 403
    assert client.post(reverse("customers:export", args=["lumen"]), {"kind": "customers"}).status_code == 403


def test_no_file_without_a_fresh_second_factor():
    shop = lumen()
    customer = make_customer(shop.store, "ann@example.test")
    client = signed_in(shop.nora, stepped_up=False)
    assert client.post(reverse("customers:export", args=["lumen"]), {"kind": "customers"}).status_code == 302
    assert client.get(reverse("customers:export_one", args=["lumen", customer.public_id])).status_code == 302


def test_everything_about_one_person_in_one_zip():
    shop = lumen()
    customer = make_customer(shop.store, "ann@example.test", first_name="Ann", allows=("email",), attributes={"Roast": "=dark"})
    other = make_customer(shop.store, "bea@example.test", first_name="Bea")
    make_event(customer, "Product Viewed", properties={"name": "Beans"})
    make_event(other, "Product Viewed", properties={"name": "Tea"})
    order = make_order(customer, number="N-7")
    with work_for(shop.store):
        OrderLine.objects.create(order=order, position=1, product_id="X", name="Cup", quantity=1)
    answer = signed_in(shop.nora).get(reverse("customers:export_one", args=["lumen", customer.public_id]))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    person = json.loads(archive.read("person.json"))
    assert person["customers_customer"][0]["first_name"] == "Ann"
    assert person["customers_customerevent"][0]["properties"] == {"name": "Beans"}
    assert person["orders_order"][0]["number"] == "N-7"
    assert person["orders_orderline"][0]["name"] == "Cup"
    assert person["customers_consent"][0]["status"] == "granted"
    assert set(archive.namelist()) == {"person.json", *(f"{name}.csv" for name in person)}
    assert b"bea@" not in b"".join(archive.read(name) for name in archive.namelist())
    with work_for(shop.store):
        assert AuditEntry.objects.filter(action="customer.exported").exists()
        assert (Identity.objects.count(), AttributeValue.objects.count(), Order.objects.count(), Export.objects.count()) == (2, 0, 1, 0)


def test_erasing_somebody_begins_a_file_anew_that_is_being_made(monkeypatch, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    shop = lumen()
    monkeypatch.setattr(exporting, "PAGE", 1)
    people = [make_customer(shop.store, f"c{number}@example.test") for number in range(7)]
    with work_for(shop.store):
        ready = order_file("customers", by=shop.nora, now=NOW)
        export_due(now=lambda: NOW)
        made = order_file("customers", by=shop.nora, now=NOW)
        exporting._make_piece(made, now=NOW)
        erase(people[0], by=None, now=NOW)
        ready.refresh_from_db()
        made.refresh_from_db()
        assert (ready.state, ready.chunks.count()) == ("gone", 0)
        assert (made.state, made.position, made.rows_count, made.size, made.chunks.count()) == ("making", 0, 0, 0, 0)
        export_due(now=lambda: NOW)
        made.refresh_from_db()
        text = b"".join(pieces_of(made)).decode()
    assert (made.state, made.rows_count, len(rows_of(text))) == ("ready", 6, 7)
    assert "c0@example.test" not in text
    assert Notice.objects.filter(key=f"export-ready:{made.public_id}").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_piece_that_is_being_written_meanwhile_goes_too(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    store = make_store()
    zoe = make_customer(store, "zoe@example.test")

    def erase_zoe():
        with work_for(store):
            erase(zoe, by=None, now=NOW)
        connection.close()

    erasing = Thread(target=erase_zoe)
    with work_for(store):
        made = order_file("customers", by=None, now=NOW)
        with transaction.atomic():
            exporting._next_piece(now=NOW)
            erasing.start()
            erasing.join(1)
            assert erasing.is_alive()  # it waits for the piece
        erasing.join(10)
        assert not ExportChunk.objects.exists()
        assert Export.objects.get().position == 0
        export_due(now=lambda: NOW)
        assert "zoe" not in b"".join(pieces_of(made)).decode()


def test_events_go_out_in_the_order_they_arrived_also_where_many_arrived_at_once(monkeypatch):
    monkeypatch.setattr(exporting, "STREAMED", 3)
    store = make_store()
    ana = make_customer(store, "ana@example.test")
    make_event(ana, "Last", at=NOW + timedelta(seconds=1))
    for number in range(7):
        make_event(ana, f"At once {number}", at=NOW)
    make_event(ana, "First", at=NOW - timedelta(days=40))
    names = [row[1] for row in rows_of("".join(stream(EVENTS, store_id=store.pk)))[1:]]
    assert names == ["First", *(f"At once {number}" for number in range(7)), "Last"]


def test_the_page_counts_no_further_than_it_must_and_its_list_counts_nothing(monkeypatch):
    monkeypatch.setattr("retention.customers.views.exporting.SMALL", 2)
    shop = lumen()
    for number in range(3):
        make_customer(shop.store, f"c{number}@example.test")
    client = signed_in(shop.nora)
    here = reverse("customers:exports", args=["lumen"])
    assert "More than 2 rows" in client.get(here).content.decode()
    with CaptureQueriesContext(connection) as asked:
        client.get(here, headers={"HX-Request": "true", "HX-Target": "exports"})
    assert not [query["sql"] for query in asked if "COUNT(" in query["sql"].upper()]
    client.post(reverse("customers:export", args=["lumen"]), {"kind": "customers"})
    with work_for(shop.store):
        assert Export.objects.get().state == "making"


def test_a_person_with_much_to_tell_is_handed_over_a_few_rows_at_a_time():
    store = make_store()
    ana = make_customer(store, "ana@example.test")
    text = {"text": "words " * 1000}
    with work_for(store), tempfile.TemporaryFile() as file:
        for name in range(5):
            given = {"customer": ana, "kind": "track", "name": f"E{name}", "occurred_at": NOW, "received_at": NOW, "properties": text}
            CustomerEvent.objects.bulk_create([CustomerEvent(**given) for _number in range(1000)])
        with measured() as peak, CaptureQueriesContext(connection) as asked:
            write_person(ana, file)
        with zipfile.ZipFile(file) as archive:
            person = json.loads(archive.read("person.json"))
            rows = rows_of(archive.read("customers_customerevent.csv").decode())
    assert len(person["customers_customerevent"]) == len(rows) - 1 == 5000
    assert sum('FROM "customers_customerevent"' in query["sql"] for query in asked) > 20
    assert peak() < 15_000_000
