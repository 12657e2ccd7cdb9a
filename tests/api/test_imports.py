"""Erasing through the API, and bringing a file in: put in, looked at, run, announced."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from retention.customers.importing.running import import_batch
from retention.customers.models import Consent, Customer, Import
from retention.kit import clock
from retention.orders.models import Order
from retention.stores.models import AuditEntry
from retention.webhooks.models import Endpoint, OutgoingEvent
from tests.api.calling import Api
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db
ORDERS = 'Order Number,Order Date,Product ID,Quantity,Unit Price\n1,02/01/2026 10:00,X,1,"2,50"\n'
TYPES = ["customer.created", "customer.erased", "import.finished"]


@pytest.fixture
def store(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    store = make_store()
    with work_for(store):
        Endpoint.objects.create(url="https://hooks.example.com/", types=TYPES, secret_sealed="x", created_at=clock.now())
    return store


@pytest.fixture
def api(store):
    return Api(store)


def put_in(api, text, *, kind="customers", name="people.csv", **more):
    file = SimpleUploadedFile(name, text.encode(), content_type="text/csv")
    return api.client.post("/api/v1/imports", {"kind": kind, "file": file, **more})


def work(store):
    with work_for(store):
        while import_batch(now=clock.now()):
            pass


def test_erasing_takes_the_person_and_what_was_told_of_them(api, store):
    ana = api.ask("post", "customers", {"email": "ana@example.test"}).json()
    assert api.ask("delete", f"customers/{ana['id']}").status_code == 204
    assert api.ask("get", f"customers/{ana['id']}").status_code == 404
    with work_for(store):
        assert Customer.objects.count() == 0
        told = {one.type: one.data for one in OutgoingEvent.objects.all()}
        assert AuditEntry.objects.get(action="customer.erased").actor_kind == "key"
    assert told == {"customer.created": {"erased": True}, "customer.erased": {"customer": {"id": ana["id"]}}}


def test_erasing_needs_its_own_scope_and_its_own_store(store):
    ana = make_customer(store)
    other = Api(make_store())
    assert Api(store, scopes=["customers:write"]).ask("delete", f"customers/{ana.public_id}").status_code == 403
    assert other.ask("delete", f"customers/{ana.public_id}").status_code == 404
    with work_for(store):
        assert Customer.objects.count() == 1


def test_a_file_is_put_in_looked_at_brought_in_and_announced(api, store):
    made = put_in(api, "Email,First Name\nana@example.test,Ana\nnonsense,Bob\n")
    assert made.status_code == 202
    where = f"imports/{made.json()['id']}"
    early = api.ask("post", f"{where}/run")
    assert (early.status_code, early.json()["detail"]) == (409, "The import is not ready to be brought in.")
    work(store)
    ready = api.get(where)
    assert (ready["state"], ready["new_count"], [one["row"] for one in ready["faults"]]) == ("ready", 1, [3])
    with work_for(store):
        assert Customer.objects.count() == 0
    assert api.ask("post", f"{where}/run", {}, idempotency_key="r-1").status_code == 202
    work(store)
    assert api.get(where)["state"] == "done"
    assert api.get("imports")["results"][0]["id"] == made.json()["id"]
    with work_for(store):
        assert Customer.objects.get().first_name == "Ana"
        [told] = OutgoingEvent.objects.filter(type="import.finished")
    assert (told.data["import"]["state"], told.data["import"]["new"]) == ("done", 1)


def test_a_file_put_in_twice_with_one_key_is_one_import(api, store):
    text = "Email\nana@example.test\n"
    for _time in range(2):
        file = SimpleUploadedFile("people.csv", text.encode())
        answer = api.client.post("/api/v1/imports", {"kind": "customers", "file": file}, headers={"Idempotency-Key": "i-1"})
        assert answer.status_code == 202
    other = SimpleUploadedFile("people.csv", b"Email\nbob@example.test\n")
    assert api.client.post("/api/v1/imports", {"kind": "customers", "file": other}, headers={"Idempotency-Key": "i-1"}).status_code == 422
    with work_for(store):
        assert Import.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "change", "field"),
    [
        ("Email\na@example.test\n", {"kind": "stars"}, "kind"),
        ("", {}, "file"),
        ("Email\na@example.test\n", {"mapping": "{"}, "mapping"),
        ("Email\na@example.test\n", {"mapping": '{"7": "email"}'}, "mapping"),
        ("Email\na@example.test\n", {"mapping": '{"0": "nonsense"}'}, "mapping"),
        ("Email\na@example.test\n", {"options": "[]"}, "options"),
        ("Email\na@example.test\n", {"options": '{"date_order": 1}'}, "options"),
        ("Email\na@example.test\n", {"options": '{"date_order": "ydm"}'}, "options"),
        ("Email\na@example.test\n", {"options": '{"decimal_mark": ","}'}, "options"),
        ("Email\na@example.test\n", {"options": '{"consent_source": "%s"}' % ("x" * 121)}, "options"),
        (ORDERS, {"kind": "orders", "options": '{"zone": "Nowhere/Land"}'}, "options"),
        (ORDERS, {"kind": "orders", "options": '{"currency": "XXQ"}'}, "options"),
    ],
)
def test_refuses_a_file_by_field_and_keeps_nothing(api, store, text, change, field):
    answer = put_in(api, text, **change)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    with work_for(store):
        assert Import.objects.count() == 0


@pytest.mark.parametrize("mapping", ['{"0":"email","1":"nonsense"}', '{"0":"email","1":"nonsense","2":"nonsense"}'])
def test_names_the_column_whose_field_nobody_knows(api, store, mapping):
    answer = put_in(api, "Email,First Name,City\na@example.test,Ann,Ulm\n", mapping=mapping)
    assert answer.status_code == 400
    told = answer.json()["errors"]["mapping"]
    assert told[0] == "“First Name”: Select a valid choice. nonsense is not one of the available choices."
    with work_for(store):
        assert Import.objects.count() == 0


def test_the_log_tells_that_everybody_in_a_file_was_said_to_agree(api, store):
    options = '{"agreed": "all_by_email", "consent_source": "Till"}'
    refused = put_in(api, "Email,Newsletter\na@example.test,no\n", mapping='{"0": "email"}', options=options)
    assert refused.status_code == 400
    assert "“Newsletter” says who may be e-mailed" in refused.json()["errors"]["mapping"][0]
    made = put_in(api, "Email\na@example.test\n", options=options)
    work(store)
    assert api.ask("post", f"imports/{made.json()['id']}/run").status_code == 202
    with work_for(store):
        assert AuditEntry.objects.get(action="import.began").details == {"new": 1, "changed": 0, "agreed": "all_by_email"}


def test_consent_comes_in_when_its_source_is_said(api, store):
    head = "Email,Birthday,Email Marketing Consent,Email Marketing Consent Timestamp\n"
    text = f"{head}ana@example.test,01/05/1990,Subscribed,03/02/2026 10:00\n"
    without = put_in(api, text)
    assert without.status_code == 400
    assert without.json()["errors"]["mapping"] == [
        "A column says who may be written to. Say where these people agreed, or do not read that column."
    ]
    made = put_in(api, text, options='{"consent_source": "Newsletter form", "date_order": "dmy"}')
    assert made.status_code == 202
    assert made.json()["options"] == {"agreed": "", "consent_source": "Newsletter form", "date_order": "dmy"}
    work(store)
    assert api.ask("post", f"imports/{made.json()['id']}/run").status_code == 202
    work(store)
    with work_for(store):
        consent = Consent.objects.get()
        assert (consent.status, consent.source, consent.changed_at.isoformat()) == (
            "granted", "Newsletter form", "2026-02-03T09:00:00+00:00",
        )  # fmt: skip
        assert Customer.objects.get().birthday == "1990-05-01"


def test_orders_are_read_as_the_options_say(api, store):
    made = put_in(api, ORDERS, kind="orders", options='{"date_order": "dmy", "decimal_mark": ",", "zone": "Asia/Tokyo", "currency": "USD"}')
    assert made.status_code == 202
    work(store)
    assert api.ask("post", f"imports/{made.json()['id']}/run").status_code == 202
    work(store)
    with work_for(store):
        order = Order.objects.get()
    assert (order.total_minor, order.currency, order.placed_at.isoformat()) == (250, "USD", "2026-01-02T01:00:00+00:00")
