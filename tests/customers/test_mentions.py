"""A file waiting to be brought in does not bring back somebody who is erased, whatever its encoding and however it writes their names."""

from datetime import UTC, datetime

import pytest

from retention.customers.erasing import erase
from retention.customers.models import Customer, Identity, Import
from tests.customers.importing import compared, put_in
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NAMED = {
    "UTF-16 with its mark": "Email\nzoë@example.test\n".encode("utf-16"),
    "UTF-16 without": "Email\nzoë@example.test\n".encode("utf-16-le"),
    "Windows": "Email\nzoë@example.test\n".encode("cp1252"),
    "in capitals": "Email\nZOË@EXAMPLE.TEST\n".encode(),
    "between two pieces": ("Note,Email\n" + "x" * 15_000 + ",a@b.test\n").encode() * 70 + "y,zoë@example.test\n".encode(),
    "the number as at home": b"Phone,Email\n0151 / 123-456 78,now@another.test\n",
    "the number in full": b"Phone\n+49 (0)151 12345678\n",
    "a short id": b"Email,External ID\nnow@another.test,77\n",
    "a short id under another heading": b"Kundennummer,Email\n77,now@another.test\n",
}
OTHERS = {
    "another number": b"Phone\n0151 123 456 789\n",
    "a longer id": b"External ID\n177\n",
    "a short number that is no id": b"Email,Zip Code\nbea@example.test,77\n",
}


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


def make_zoe(store):
    zoe = make_customer(store, "zoë@example.test", phone="+4915112345678")
    with work_for(store):
        Identity.objects.create(customer=zoe, kind="external", value="77")
    return zoe


@pytest.mark.parametrize("data", NAMED.values(), ids=NAMED)
def test_a_file_that_names_the_person_is_called_off(data):
    store = make_store()
    zoe = make_zoe(store)
    with work_for(store):
        of = put_in(data)
        erase(zoe, by=None, now=NOW)
        of.refresh_from_db()
        assert (of.state, of.chunks.count()) == ("cancelled", 0)
        assert of.error.startswith("A person of this file was erased")


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
def test_a_file_about_others_stays(data):
    store = make_store()
    zoe = make_zoe(store)
    with work_for(store):
        of = put_in(data)
        erase(zoe, by=None, now=NOW)
        of.refresh_from_db()
        assert (of.state, of.chunks.count()) == ("uploaded", 1)


@pytest.mark.parametrize("data", [NAMED["UTF-16 with its mark"], NAMED["the number as at home"], NAMED["a short id"]])
def test_nobody_comes_back_out_of_a_file_that_was_compared(data):
    store = make_store(country="DE")
    zoe = make_zoe(store)
    with work_for(store):
        of = compared(put_in(data), store, at=NOW)
        assert of.state == Import.State.READY
        erase(zoe, by=None, now=NOW)
        of.refresh_from_db()
        assert (of.state, of.things.count()) == ("cancelled", 0)
        assert not Customer.objects.exists()
