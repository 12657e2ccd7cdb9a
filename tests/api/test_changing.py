"""PATCH and filters of customers, and consents: left out stays, null clears, one wrong field changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from retention.customers.models import AttributeValue, Consent, ConsentRecord, Customer, CustomerEvent, CustomerMerge, Identity
from tests.api.calling import Api
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def store():
    return make_store()


@pytest.fixture
def api(store):
    return Api(store)


def made(api, **fields):
    return api.ask("post", "customers", {"email": "ana@example.test"} | fields).json()


def test_patch_leaves_what_is_left_out_and_clears_what_is_null(api, store):
    ana = made(api, first_name="Ana", phone="+34600000000", birthday="1990-05-01", attributes={"loyalty": "gold", "size": 3})
    answer = api.ask("patch", f"customers/{ana['id']}", {"phone": None, "birthday": None, "city": "Cádiz", "attributes": {"size": None}})
    assert answer.status_code == 200
    now = answer.json()
    assert (now["first_name"], now["phone"], now["birthday"], now["city"]) == ("Ana", "", "", "Cádiz")
    assert now["attributes"] == {"loyalty": "gold"}
    with work_for(store):
        assert list(AttributeValue.objects.values_list("text_value", flat=True)) == ["gold"]
        event = CustomerEvent.objects.filter(name="Customer Saved").latest("pk")
        assert event.properties == {"fields": ["attributes", "birthday", "city", "phone"]}


def test_patch_moves_the_address_and_its_identity(api, store):
    ana = made(api)
    assert api.ask("patch", f"customers/{ana['id']}", {"email": "Ana.Lopez@example.test"}).json()["email"] == "Ana.Lopez@example.test"
    assert api.get("customers?email=ana@example.test")["results"] == []
    assert api.get("customers?email=ana.lopez@example.test")["results"][0]["id"] == ana["id"]
    with work_for(store):
        assert list(Identity.objects.filter(kind="email").values_list("value", flat=True)) == ["ana.lopez@example.test"]


def test_patch_never_takes_an_address_or_an_id_from_somebody_else(api, store):
    ana, bob = made(api, external_id="7"), made(api, email="bob@example.test")
    taken = api.ask("patch", f"customers/{bob['id']}", {"email": "ANA@example.test", "city": "Riga"})
    shop_id = api.ask("patch", f"customers/{bob['id']}", {"external_id": "7", "city": "Riga"})
    assert (taken.status_code, list(taken.json()["errors"])) == (400, ["email"])
    assert (shop_id.status_code, list(shop_id.json()["errors"])) == (400, ["external_id"])
    assert api.get(f"customers/{bob['id']}")["city"] == ""
    assert api.get(f"customers/{ana['id']}")["email"] == "ana@example.test"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"phone": "030 123"}, "phone"),
        ({"birthday": "1990-02-30"}, "birthday"),
        ({"zone": "Europe/Nowhere"}, "zone"),
        ({"country": "Germany"}, "country"),
        ({"country": "de"}, "country"),
        ({"language": "x"}, "language"),
        ({"email": "ana@nowhere"}, "email"),
        ({"first_name": ""}, "first_name"),
        ({"first_name": "x" * 101}, "first_name"),
        ({"interests": "coffee"}, "interests"),
        ({"attributes": []}, "attributes"),
        ({"attributes": {"": 1}}, "attributes"),
        ({"attributes": {"a": {"b": 1}}}, "attributes"),
        ({"attributes": {"a": "x" * 501}}, "attributes"),
        ({"attributes": {str(number): number for number in range(101)}}, "attributes"),
    ],
)
def test_patch_names_the_field_that_is_wrong_and_changes_nothing(api, store, body, field):
    ana = made(api, city="Sevilla")
    answer = api.ask("patch", f"customers/{ana['id']}", {"city": "Riga"} | body)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert list(answer.json()["errors"]) == [field]
    assert api.get(f"customers/{ana['id']}")["city"] == "Sevilla"


def test_the_same_patch_with_one_key_has_one_effect(api, store):
    ana = made(api)
    first = api.ask("patch", f"customers/{ana['id']}", {"city": "Riga"}, idempotency_key="p-1")
    again = api.ask("patch", f"customers/{ana['id']}", {"city": "Riga"}, idempotency_key="p-1")
    other = api.ask("patch", f"customers/{ana['id']}", {"city": "Oslo"}, idempotency_key="p-1")
    assert (first.json(), other.status_code) == (again.json(), 422)
    with work_for(store):
        assert CustomerEvent.objects.filter(name="Customer Saved").count() == 2


def test_saves_by_the_shops_own_id_without_an_address(api):
    first = api.ask("post", "customers", {"external_id": "7", "first_name": "Ana"})
    again = api.ask("post", "customers", {"external_id": "7", "city": "Riga"})
    nobody = api.ask("post", "customers", {"first_name": "Ana"})
    assert (first.status_code, again.status_code, nobody.status_code) == (201, 200, 400)
    assert first.json()["id"] == again.json()["id"]
    assert list(nobody.json()["errors"]) == ["email"]


def test_filters_meet_exactly_who_fits(api, store):
    made(api, external_id="7", phone="+34600000000", consents=[{"channel": "email", "status": "granted"}])
    made(api, email="bob@example.test", consents=[{"channel": "email", "status": "refused"}])

    def found(query):
        return [row["email"] for row in api.get(f"customers?{query}")["results"]]

    assert found("external_id=7") == ["ana@example.test"]
    assert found("phone=%2B34600000000") == ["ana@example.test"]
    assert found("consent=email:refused") == ["bob@example.test"]
    assert found("consent=email:granted&phone=%2B1") == []
    assert api.ask("get", "customers?consent=email:maybe").status_code == 400


def test_changed_since_finds_whoever_wrote_the_change(store, api):
    ana, _bob = made(api), made(api, email="bob@example.test")
    with work_for(store):
        Customer.objects.update(changed_at=datetime(2026, 1, 1, tzinfo=UTC))
        Customer.objects.filter(public_id=ana["id"]).update(last_seen_at=timezone.now())
        assert api.get("customers?changed_since=2026-02-01T00:00:00Z")["results"] == []
        Customer.objects.filter(public_id=ana["id"]).update(city="Riga")
    [row] = api.get("customers?changed_since=2026-02-01T00:00:00Z")["results"]
    assert row["id"] == ana["id"]


def test_the_id_of_a_merged_customer_leads_to_the_person(api, store):
    ana, old = made(api), "11111111-2222-4333-8444-555555555555"
    with work_for(store):
        survivor = Customer.objects.get(public_id=ana["id"])
        CustomerMerge.objects.create(survivor=survivor, loser_public_id=old, loser_name="bob", rule="email")
    assert api.get(f"customers/{old}")["id"] == ana["id"]


def test_records_consents_and_shows_their_history(api, store):
    ana = made(api)
    where = f"customers/{ana['id']}/consents"
    late = timezone.now() - timedelta(hours=1)
    yes = api.ask("post", where, {"channel": "email", "status": "granted", "text_version": "2026-01"}, idempotency_key="c-1")
    early_no = api.ask("post", where, {"channel": "email", "status": "refused", "said_at": late.isoformat()})
    assert (yes.status_code, early_no.status_code) == (201, 201)
    assert [one["status"] for one in early_no.json()["history"]] == ["granted", "refused"]
    assert [one["status"] for one in api.get(where)["current"]] == ["granted"]
    with work_for(store):
        assert Consent.objects.get().text_version == "2026-01"
        assert ConsentRecord.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channel": "fax", "status": "granted"}, "channel"),
        ({"channel": "email", "status": "yes"}, "status"),
        ({"channel": "email", "status": "granted", "said_at": "2999-01-01T00:00:00Z"}, "said_at"),
        ({"status": "granted"}, "channel"),
    ],
)
def test_a_consent_that_cannot_be_is_refused(api, store, body, field):
    ana = made(api)
    answer = api.ask("post", f"customers/{ana['id']}/consents", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    with work_for(store):
        assert ConsentRecord.objects.count() == 0


def test_nobody_changes_a_customer_of_another_store(api):
    other = make_store()
    foreign = make_customer(other, city="Oslo")
    for method, path, body in (
        ("patch", f"customers/{foreign.public_id}", {"city": "Riga"}),
        ("get", f"customers/{foreign.public_id}/consents", None),
        ("post", f"customers/{foreign.public_id}/consents", {"channel": "email", "status": "granted"}),
    ):
        assert api.ask(method, path, body).status_code == 404
    with work_for(other):
        assert (Customer.objects.get().city, ConsentRecord.objects.count()) == ("Oslo", 0)
