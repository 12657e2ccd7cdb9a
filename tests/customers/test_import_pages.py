"""The pages of imports: a file goes in, its columns are matched, what would change is shown, it comes in; the report is safe to open."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from retention.customers.models import Customer, Import, ImportChunk
from retention.stores.models import AuditEntry
from tests.cast import lumen
from tests.customers.importing import work
from tests.factories import signed_in, work_for

pytestmark = pytest.mark.django_db

FILE = "Email,First Name,Favourite Roast\nann@example.test,Ann,Dark\nnobody,=1+1,Light\nbea@example.test,Bea,\n"


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
    assert "every 2s" not in page
    with work_for(shop.store):
        assert not Customer.objects.exists()
    client.post(f"{where}run/")
    with work_for(shop.store):
        work(of)
        assert Customer.objects.get(first_name="Ann").attributes == {"Favourite Roast": "Dark"}
        assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"import.put_in", "import.began"}
    assert "Done" in client.get(where).content.decode()
    assert "2 new, 0 changed, 1 rows left out" in client.get(reverse("customers:imports", args=["lumen"])).content.decode()


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
