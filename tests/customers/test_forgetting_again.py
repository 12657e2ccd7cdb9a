"""A restored backup forgets again whoever was erased since it was made, under whatever id and wherever it holds them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from retention.customers import erasure_list
from retention.customers.erasing import erase
from retention.customers.erasure_list import list_path, read_list, settle
from retention.customers.forgetting_again import forget_again, replay
from retention.customers.models import Customer, CustomerEvent, Erasure, Identity, Import
from retention.intake.models import Delivery
from retention.signup.confirming import digest_of
from retention.signup.models import Signup
from retention.stores.restoring import after_restore
from tests.cast import lumen, other_store
from tests.customers.importing import put_in
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer
from tests.factories.signup import make_form
from tests.intake.shops.hooking import make_shop, send

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ZOE, PHONE = "zoe@example.test", "+4915112345678"


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def states():
    return [json.loads(line)["state"] for line in list_path().read_text().splitlines()]


def erase_and_lose_the_database(store, commits, **given):
    """Erase Zoe, then bring the store back to a time when nobody knew her."""
    zoe = make_customer(store, ZOE, **given)
    with work_for(store):
        Identity.objects.create(customer=zoe, kind="external", value="77")
        Identity.objects.create(customer=zoe, kind="anonymous", value="browser-of-zoe")
        with commits():
            erase(zoe, by=None, now=NOW)
        Erasure.objects.all().delete()
    return zoe


@pytest.mark.django_db
def test_by_id_and_only_in_the_store_that_erased(tmp_path, commits):
    store = lumen().store
    other = other_store()[0]
    kept = make_customer(other, ZOE)
    zoe = erase_and_lose_the_database(store, commits)
    make_customer(store, "now@another.test", public_id=zoe.public_id)
    entries = read_list(list_path())
    assert [(entry["store"], entry["customer"]) for entry in entries] == [(str(store.public_id), str(zoe.public_id))]
    assert list_path().stat().st_mode & 0o777 == 0o600
    assert "zoe" not in list_path().read_text()
    assert after_restore.get("erasures") is forget_again
    assert forget_again(tmp_path / "backup", NOW) == "Erased 1 people again, of 1 on the erasure list."
    with work_for(store):
        assert not Customer.objects.exists()
    with work_for(other):
        assert Customer.objects.get().pk == kept.pk
    assert replay(entries, now=NOW) == 0


@pytest.mark.django_db
def test_under_another_id_by_every_name_that_is_theirs_alone(commits):
    store = make_store()
    erase_and_lose_the_database(store, commits, phone=PHONE)
    by_address, by_phone = make_customer(store, "Zoe@Example.test"), make_customer(store, "", phone=PHONE)
    by_id, by_browser = make_customer(store, ""), make_customer(store, "")
    max_of_the_same_phone = make_customer(store, "max@example.test", phone=PHONE)
    with work_for(store):
        Identity.objects.create(customer=by_id, kind="external", value="77")
        Identity.objects.create(customer=by_browser, kind="anonymous", value="browser-of-zoe")
        assert replay(read_list(list_path()), now=NOW) == 4
        assert list(Customer.objects.values_list("pk", flat=True)) == [max_of_the_same_phone.pk]
        assert {by_address.public_id, by_phone.public_id} <= set(Erasure.objects.values_list("customer_public_id", flat=True))


@pytest.mark.django_db
def test_what_would_bring_them_back_goes_too(commits):
    shop = make_shop()
    store = shop.store
    form = make_form(store)
    erase_and_lose_the_database(store, commits, phone=PHONE)
    given = {"text_version": "1", "consent_text": "Yes", "expires_at": NOW + timedelta(days=1)}
    event = {"kind": "identify", "name": "", "occurred_at": NOW, "received_at": NOW}
    with work_for(store):
        for address in (ZOE, "bea@example.test"):
            Signup.objects.create(form=form, email=address, address_digest=digest_of(address, ""), **given)
            CustomerEvent.objects.create(properties={"email": address.upper()}, **event)
        CustomerEvent.objects.create(external_id="77", **event)
        CustomerEvent.objects.create(anonymous_id="browser-of-zoe", **event)
        waiting = [put_in(text) for text in ("Email,Note\nzoe@example.test,x\n", "Kundennummer\n77\n", "Phone\n0151 / 123 456 78\n")]
        kept = put_in("Email,Points\nbea@example.test,78\n")
    for address in (ZOE, "bea@example.test"):
        send(shop, "customers/update", {"id": 1, "email": address})
    with work_for(store):
        assert replay(read_list(list_path()), now=NOW) == 0
        assert list(Signup.objects.values_list("email", flat=True)) == ["bea@example.test"]
        assert list(CustomerEvent.objects.values_list("properties__email", flat=True)) == ["BEA@EXAMPLE.TEST"]
        assert list(Import.objects.exclude(state="cancelled").values_list("pk", flat=True)) == [kept.pk]
        assert {of.pk for of in waiting} == set(Import.objects.filter(state="cancelled").values_list("pk", flat=True))
        assert [b"bea@" in bytes(body) for body in Delivery.objects.exclude(body=b"").values_list("body", flat=True)] == [True]


@pytest.mark.django_db
def test_whoever_came_back_after_the_erasure_stays(commits):
    store = make_store()
    zoe = make_customer(store, ZOE)
    with work_for(store):
        with commits():
            erase(zoe, by=None, now=NOW)
        again = make_customer(store, ZOE)
        assert replay(read_list(list_path()), now=NOW) == 0
        assert Customer.objects.get().pk == again.pk


@pytest.mark.django_db
def test_an_erasure_that_was_not_committed_is_dropped_and_not_replayed():
    store = make_store()
    zoe = make_customer(store, ZOE)
    with work_for(store):
        with transaction.atomic():
            erase(zoe, by=None, now=NOW)
            transaction.set_rollback(True)
        assert Customer.objects.filter(pk=zoe.pk).exists()
    assert states() == ["asked"]
    assert settle(now=NOW + timedelta(minutes=14)) == 0
    assert settle(now=NOW + timedelta(minutes=15)) == 1
    assert states() == ["asked", "dropped"]
    assert settle(now=NOW + timedelta(hours=1)) == 0
    assert replay(read_list(list_path()), now=NOW) == 0
    with work_for(store):
        assert Customer.objects.get().pk == zoe.pk


@pytest.mark.django_db
def test_an_erasure_whose_last_line_was_lost_is_replayed_and_noted(commits):
    store = make_store()
    zoe = make_customer(store, ZOE)
    with work_for(store):
        erase(zoe, by=None, now=NOW)  # the process ends before its commit is noted
        assert [entry["customer"] for entry in read_list(list_path())] == [str(zoe.public_id)]
        assert settle(now=NOW + timedelta(hours=1)) == 1
    assert states() == ["asked", "done"]


@pytest.mark.django_db
def test_a_list_is_read_as_far_as_it_goes(tmp_path):
    path = tmp_path / "list"
    ids = [f"{number:032x}" for number in range(4)]
    lines = [{"store": ids[0], "customer": one} for one in ids]
    told = [
        lines[0],
        lines[1] | {"state": "asked"},
        lines[1] | {"state": "dropped"},
        lines[2] | {"state": "done"},
        lines[2] | {"state": "asked"},
    ]
    path.write_text("\n".join(map(json.dumps, told)) + '\n{"store": "x"}\n[]\n{"store": "cut')
    assert [(entry["customer"], entry["state"]) for entry in read_list(path)] == [(ids[0], "done"), (ids[2], "done")]
    assert read_list(tmp_path / "none") == []


@pytest.mark.django_db
def test_a_list_that_cannot_be_written_stops_nobody(settings, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    settings.VAR_DIR = tmp_path / "file"
    store = make_store()
    zoe = make_customer(store, ZOE)
    with work_for(store):
        erase(zoe, by=None, now=NOW)
        assert not Customer.objects.exists()
    assert "not in the list" in caplog.text
    assert erasure_list.read_list(list_path()) == []
