"""The pages of imports: a file goes in, its columns are matched, what would change is shown, it comes in; the report is safe to open."""

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from retention.customers.importing import staging
from retention.customers.models import Customer, Import, ImportChunk
from retention.stores.models import AuditEntry
from tests.cast import lumen
from tests.customers.importing import import_file, work
from tests.factories import signed_in, work_for
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db

FILE = "Email,First Name,Favourite Roast\nann@example.test,Ann,Dark\nnobody,=1+1,Light\nbea@example.test,Bea,\n"


ORDER_FIELDS = ("number", "placed_at", "product_id", "quantity", "unit_price")
OF_ORDERS = {f"column_{place}": field for place, field in enumerate(ORDER_FIELDS)} | {
    "date_order": "ymd", "decimal_mark": ".", "zone": "Europe/Berlin", "currency": "EUR",
}  # fmt: skip


@pytest.fixture
def shop():
    return lumen()


def upload(client, shop, data=FILE, **fields):
    file = SimpleUploadedFile("people list.csv", data.encode() if isinstance(data, str) else data, "text/csv")
    return client.post(reverse("customers:import_new", args=["lumen"]), {"kind": "customers", "file": file} | fields)


def put_in(client, shop):
    where = upload(client, shop).url
    with work_for(shop.store):
        return where, Import.objects.get()


def test_a_file_comes_in_step_by_step(shop):
    client = signed_in(shop.mia)
    where, of = put_in(client, shop)
    page = client.get(where).content.decode()
    assert "Which column is which?" in page
    assert "ann@example.test" in page
    chosen = {"column_0": "email", "column_1": "first_name", "column_2": "attribute:", "date_order": "ymd", "consent_source": ""}
    assert client.post(f"{where}columns/", chosen).url == where
    assert "every 2s" in client.get(where).content.decode()
    with work_for(shop.store):
        work(of)
    page = client.get(where).content.decode()
    assert "Bring in 2 people" in page
    assert "“nobody” is not an e-mail address." in page
    assert "It allows you to write to nobody" in page
    assert "every 2s" not in page
    with work_for(shop.store):
        assert not Customer.objects.exists()
    client.post(f"{where}run/")
    with work_for(shop.store):
        work(of)
        assert Customer.objects.get(first_name="Ann").attributes == {"Favourite Roast": "Dark"}
        assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"import.put_in", "import.began"}
    page = client.get(where).content.decode()
    assert "Done" in page
    assert "Make a segment" in page
    assert "2 new, 0 changed, 1 row left out" in client.get(reverse("customers:imports", args=["lumen"])).content.decode()


def test_the_report_is_safe_to_open_in_a_spreadsheet(shop):
    client = signed_in(shop.mia)
    where = upload(client, shop, "Email\n=cmd()\n@x\n").url
    with work_for(shop.store):
        of = Import.objects.get()
        client.post(f"{where}columns/", {"column_0": "email", "date_order": "ymd"})
        work(of)
    answer = client.get(f"{where}left-out/")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert rows == [
        ["Row", "Column", "Value", "Why"],
        ["2", "Email", "'=cmd()", "“=cmd()” is not an e-mail address."],
        ["3", "Email", "'@x", "“@x” is not an e-mail address."],
    ]


def compared(client, shop, where, columns):
    client.post(f"{where}columns/", columns)
    with work_for(shop.store):
        work(Import.objects.get())
    return client.get(where).content.decode()


OPTIONAL = 'Where did these people agree to be written to? <span class="dim">if you like</span>'


@pytest.mark.parametrize(
    ("told", "fault", "may_be_empty"),
    [
        ({"column_1": "email_consent"}, "Say where these people agreed", False),
        ({"agreed": "all_by_email"}, "Say where they did.", False),
        ({"column_1": "email_consent", "date_order": "?"}, "", False),
        ({"column_0": "first_name"}, "Say which column is the e-mail address", True),
    ],
)
def test_where_they_agreed_is_called_optional_only_where_it_may_stay_empty(shop, told, fault, may_be_empty):
    client = signed_in(shop.mia)
    where = upload(client, shop, "Email,First Name\nann@example.test,Ann\n").url
    assert OPTIONAL in client.get(where).content.decode()
    answer = client.post(f"{where}columns/", {"column_0": "email", "column_1": "", "date_order": "ymd", "consent_source": " "} | told)
    page = answer.content.decode()
    assert (answer.status_code, fault in page, OPTIONAL in page) == (422, True, may_be_empty)


def test_where_they_agreed_is_asked_for_as_soon_as_a_heading_says_who_did(shop):
    client = signed_in(shop.mia)
    page = client.get(upload(client, shop, "Email,Email Marketing Consent\nann@example.test,yes\n").url).content.decode()
    assert OPTIONAL not in page
    assert "Where did these people agree to be written to?" in page


def test_what_would_change_is_shown_field_by_field_and_can_be_downloaded(shop):
    make_customer(shop.store, "ann@example.test", first_name="=Anna", attributes={"Roast": "Dark"})
    client = signed_in(shop.mia)
    where = upload(client, shop, "Email,First Name,Roast,Email Consent\nann@example.test,Ann,Light,yes\n").url
    columns = {"column_0": "email", "column_1": "first_name", "column_2": "attribute:", "column_3": "email_consent"}
    page = compared(client, shop, where, columns | {"date_order": "ymd", "consent_source": "Shop"})
    told = " ".join(re.sub(r"<[^>]+>", " ", page.partition("Would change")[2]).split())
    assert "Row 2 ann@example.test First name Is now =Anna → Would be Ann Roast Is now Dark → Would be Light" in told
    assert "May we e-mail? Is now not asked → Would be yes" in told
    assert "The first" not in told
    answer = client.get(f"{where}changes/")
    assert list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode()))) == [
        ["Row", "Who or what", "Field", "Is now", "Would be"],
        ["2", "ann@example.test", "First name", "'=Anna", "Ann"],
        ["2", "ann@example.test", "Roast", "Dark", "Light"],
        ["2", "ann@example.test", "May we e-mail?", "not asked", "yes"],
    ]
    assert signed_in(shop.sam).get(f"{where}changes/").status_code == 403


def test_what_would_change_of_an_order_is_named_in_words(shop):
    order = "Order Number,Order Date,Product ID,Quantity,Unit Price\n1,2026-01-01,X,{},2.00\n"
    with work_for(shop.store):
        import_file(order.format(1), shop.store, kind="orders")
        Import.objects.all().delete()
    client = signed_in(shop.mia)
    where = upload(client, shop, order.format(3), kind="orders").url
    page = compared(client, shop, where, OF_ORDERS)
    assert "<small>Total, Products and pieces</small>" in page


@pytest.mark.parametrize(("heading", "field", "says_so"), [("Remark", "", True), ("Status", "status", False)])
def test_a_file_of_orders_without_status_says_that_all_of_them_count_as_paid(shop, heading, field, says_so):
    client = signed_in(shop.mia)
    order = f"Order Number,Order Date,Product ID,Quantity,Unit Price,{heading}\n1,2026-01-01,X,1,2.00,paid\n"
    where = upload(client, shop, order, kind="orders").url
    said = "every order of the file counts as paid"
    assert (said in client.get(where).content.decode()) is says_so
    page = compared(client, shop, where, OF_ORDERS | {"column_5": field})
    assert (said in page) is says_so
    assert "Bring in 1 order or credit note" in page
    assert "€2.00" in page
    assert "s-queued" in page


def test_what_is_left_out_is_said_beside_the_state(shop):
    client = signed_in(shop.mia)
    where = upload(client, shop, "Email\nann@example.test\nnobody\n").url
    page = compared(client, shop, where, {"column_0": "email", "date_order": "ymd"})
    assert "Ready to bring in; 1 row is left out" in page
    assert "Bring in 1 person" in page
    assert "s-needs" not in page


def test_an_order_left_out_as_a_whole_is_named_and_its_rows_that_the_download_lacks_are_said(shop):
    client = signed_in(shop.mia)
    rows = "EU:1001,2026-01-01,X,-1,-2.00\n" * 3 + "7,2026-01-01,X,-1,-2.00\n"
    where = upload(client, shop, f"Order Number,Order Date,Product ID,Quantity,Unit Price\n{rows}", kind="orders").url
    words = " ".join(re.sub(r"<[^>]+>", " ", compared(client, shop, where, OF_ORDERS)).split())
    assert "Left out The first 2 of 4. The download has 2 of these rows; the rest is only counted." in words
    report = csv.reader(io.StringIO(b"".join(client.get(f"{where}left-out/").streaming_content).decode()))
    assert [line[:3] for line in report] == [["Row", "Column", "Value"], ["2", "", "EU:1001"], ["5", "", "7"]]


def test_says_how_many_are_shown_and_how_many_the_download_has(shop, monkeypatch):
    monkeypatch.setattr(staging, "MOST_FAULTS", 60)
    client = signed_in(shop.mia)
    lines = [*(f"known{number}@example.test,New" for number in range(51)), *("nobody,x" for _number in range(70))]
    for number in range(51):
        make_customer(shop.store, f"known{number}@example.test", first_name="Old")
    where = upload(client, shop, "\n".join(["Email,First Name", *lines])).url
    page = compared(client, shop, where, {"column_0": "email", "column_1": "first_name", "date_order": "ymd"})
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Left out The first 50 of 70. The download has 60 of these rows; the rest is only counted." in words
    assert "Would change The first 50 of 51. The download has them all." in words
    assert len(b"".join(client.get(f"{where}left-out/").streaming_content).splitlines()) == 61
    assert len(b"".join(client.get(f"{where}changes/").streaming_content).splitlines()) == 52


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "The file is empty."),
        ("Email\n", "The file holds headings and no rows."),
        ("Email,email\na,b\n", "more than once: Email, email."),
    ],
)
def test_says_why_a_file_is_refused_and_keeps_nothing(shop, data, why):
    answer = upload(signed_in(shop.mia), shop, data)
    assert answer.status_code == 422
    assert why in answer.content.decode()
    with work_for(shop.store):
        assert not Import.objects.exists()
        assert not ImportChunk.objects.exists()


def test_two_columns_cannot_be_the_same_field(shop):
    client = signed_in(shop.mia)
    where, _of = put_in(client, shop)
    answer = client.post(f"{where}columns/", {"column_0": "email", "column_1": "email", "column_2": "", "date_order": "ymd"})
    assert answer.status_code == 422
    assert "“Email” and “First Name” cannot both be E-mail address." in answer.content.decode()
    with work_for(shop.store):
        assert Import.objects.get().state == "uploaded"


def test_a_step_that_is_over_changes_nothing(shop):
    client = signed_in(shop.mia)
    where, _of = put_in(client, shop)
    for step in ("run", "pause", "resume"):
        assert client.post(f"{where}{step}/").url == where
    with work_for(shop.store):
        assert Import.objects.get().state == "uploaded"


def test_who_may_not_bring_in_sees_no_imports(shop):
    assert signed_in(shop.sam).get(reverse("customers:imports", args=["lumen"])).status_code == 403
