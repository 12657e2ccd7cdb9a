"""Erasing a person: a dump of the database holds nothing of them, accounts and blocks stay."""

import os
import subprocess
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from retention.customers.consent import Said, is_suppressed, record_consents, suppress
from retention.customers.erasing import erase
from retention.customers.exporting import order_file
from retention.customers.identifying import Claim, identify
from retention.customers.models import Consent, ConsentRecord, Customer, CustomerEvent, Erasure, Identity, Import, ImportChunk, ImportFault
from retention.embedded.finding import find_postgres
from retention.notices.owing import owe
from retention.orders.models import Cart, Order
from retention.stores.models import AuditEntry
from tests.cast import lumen
from tests.customers.importing import import_file, put_in
from tests.factories import signed_in, work_for
from tests.factories.customers import make_cart, make_customer, make_event, make_order

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CANARIES = ("zoe.quartz@canary.example", "Quartzfield", "+4915112345678", "ext-quartz-77", "anon-quartz-88", "203.0.113.77", "QuartzAgent")


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


def make_zoe(store):
    """Save a person with something in every room."""
    zoe = make_customer(store, CANARIES[0], first_name="Zoe", last_name=CANARIES[1], phone=CANARIES[2], attributes={"of": "Quartzfield"})
    with work_for(store), transaction.atomic():
        identify([Claim(external=CANARIES[3], email=CANARIES[0], anonymous=CANARIES[4], trusted=True, at=NOW)], now=NOW)
        record_consents(
            [Said(zoe.pk, "email", "granted", NOW, method="form", ip=CANARIES[5], user_agent=CANARIES[6], proof={"ip": CANARIES[5]})],
            now=NOW,
        )
        suppress(CANARIES[0], channel="email", reason="complained", now=NOW)
        CustomerEvent.objects.create(kind="track", name="Viewed", anonymous_id=CANARIES[4], occurred_at=NOW, received_at=NOW)
        make_event(zoe, "Order Completed", properties={"email": CANARIES[0], "note": CANARIES[1]})
        make_cart(zoe)
        make_order(zoe, number="N-1")
        import_file(f"Email\n{CANARIES[0]} and more\n", store, at=NOW)
        put_in(f"Email\nbea@example.test\n{CANARIES[0].upper()}\n")
        order_file("customers", by=None, now=NOW)
    owe("welcome", to=CANARIES[0], subject="Hello", text=f"Dear {CANARIES[1]}", key="welcome:1")
    return zoe


@pytest.mark.django_db
def test_the_person_goes_and_the_accounts_stay():
    shop = lumen()
    zoe = make_zoe(shop.store)
    bea = make_customer(shop.store, "bea@example.test", first_name="Bea", allows=("email",))
    with work_for(shop.store):
        erase(zoe, by=shop.nora.pk, now=NOW)
        assert list(Customer.objects.values_list("pk", flat=True)) == [bea.pk]
        assert Order.objects.get(number="N-1").customer is None
        assert not Cart.objects.exists()
        assert not CustomerEvent.objects.exists()
        record = ConsentRecord.objects.get()
        assert (record.customer_id, record.status, record.ip, record.user_agent, record.proof) == (None, "granted", None, "", {})
        assert is_suppressed(CANARIES[0], channel="email")
        assert Consent.objects.get().customer_id == bea.pk
        assert not ImportChunk.objects.exists()
        assert [of.state for of in Import.objects.order_by("id")] == ["done", "cancelled"]
        assert ImportFault.objects.get().why == "This row is forgotten."
        assert Erasure.objects.get().customer_public_id == zoe.public_id


@pytest.mark.django_db
def test_a_new_import_does_not_undo_a_block():
    store = lumen().store
    zoe = make_zoe(store)
    with work_for(store):
        erase(zoe, by=None, now=NOW)
        text = f"Email,Email Marketing Consent,Email Marketing Consent Timestamp\n{CANARIES[0]},Subscribed,2026-11-24T09:00:00Z\n"
        import_file(text, store, at=NOW, consent_source="form")
        assert Customer.objects.count() == 1
        assert not Consent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_dump_of_the_whole_database_holds_nothing_of_the_person():
    shop = lumen()
    zoe = make_zoe(shop.store)
    assert [canary for canary in CANARIES if canary.encode() in _dump()] == list(CANARIES)
    answer = signed_in(shop.nora).post(reverse("customers:erase", args=["lumen", zoe.public_id]), {"name": "Zoe Quartzfield"})
    assert answer.url == reverse("customers:list", args=["lumen"])
    dump = _dump().lower()
    assert [canary for canary in (*CANARIES, "quartz") if canary.lower().encode() in dump] == []
    with work_for(shop.store):
        entry = AuditEntry.objects.get(action="customer.erased")
        assert entry.target == f"customer:{zoe.public_id}"


def _dump() -> bytes:
    database = settings.DATABASES["owner"]
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    environment = {variable: str(database[name]) for variable, name in names.items() if database[name]}
    program = find_postgres(os.environ).path.with_name("pg_dump")
    return subprocess.run([program, "--data-only", database["NAME"]], env=os.environ | environment, capture_output=True, check=True).stdout


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "Zoe", "zoe quartzfield"])
def test_nothing_is_erased_unless_the_name_is_typed(typed):
    shop = lumen()
    zoe = make_customer(shop.store, "zoe@example.test", first_name="Zoe", last_name="Quartzfield")
    answer = signed_in(shop.nora).post(reverse("customers:erase", args=["lumen", zoe.public_id]), {"name": typed})
    assert answer.url == reverse("customers:detail", args=["lumen", zoe.public_id])
    with work_for(shop.store):
        assert Customer.objects.count() == 1
        assert not Erasure.objects.exists()


@pytest.mark.django_db
def test_many_names_take_no_more_statements_than_one(django_assert_max_num_queries):
    store = lumen().store
    one, many = make_customer(store, "one@example.test"), make_customer(store, "many@example.test")
    with work_for(store):
        Identity.objects.bulk_create([Identity(customer=many, kind="anonymous", value=f"browser-{number}") for number in range(300)])
        with CaptureQueriesContext(connection) as asked:
            erase(one, by=None, now=NOW)
        with django_assert_max_num_queries(len(asked)):
            erase(many, by=None, now=NOW)
        assert not Identity.objects.exists()
