"""Customers through the management API, as a shop's server uses it."""

import json

import pytest
from django.test import Client

from retention.customers.models import Consent, Customer, CustomerEvent
from retention.rest.models import KeptAnswer
from tests.factories import make_key, make_store, work_for

pytestmark = pytest.mark.django_db
SCOPES = ["customers:read", "customers:write", "orders:read", "events:read", "store:read"]


def caller(store, *, scopes=SCOPES):
    """Return what asks the API with a key of the store."""
    _key, text = make_key(store, scopes=list(scopes))
    return Client(headers={"Authorization": f"Bearer {text}"})


def post(client, body, **headers):
    return client.post("/api/v1/customers", json.dumps(body), content_type="application/json", headers=headers)


def test_makes_a_customer_then_changes_the_same_one():
    store = make_store()
    api = caller(store)
    wish = {"email": "Ann@Example.test", "first_name": "Ann", "consents": [{"channel": "email", "status": "granted", "source": "till"}]}
    made, changed = post(api, wish), post(api, {"email": "ann@example.TEST", "city": "Riga"})
    assert (made.status_code, changed.status_code) == (201, 200)
    assert made.json()["id"] == changed.json()["id"]
    assert (changed.json()["first_name"], changed.json()["city"]) == ("Ann", "Riga")
    with work_for(store):
        assert Customer.objects.count() == 1
        assert Consent.objects.get().source == "till"
        assert CustomerEvent.objects.filter(name="Customer Saved").count() == 2


def test_the_same_key_gives_the_same_answer_and_one_effect():
    store = make_store()
    api = caller(store)
    first = post(api, {"email": "ann@example.test"}, Idempotency_Key="k-1")
    again = post(api, {"email": "ann@example.test"}, Idempotency_Key="k-1")
    other = post(api, {"email": "bob@example.test"}, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.headers["Content-Type"] == "application/problem+json"
    with work_for(store):
        assert (Customer.objects.count(), KeptAnswer.objects.count(), CustomerEvent.objects.count()) == (1, 1, 1)


def test_lists_by_pages_and_shows_nothing_of_another_store():
    mine, other = make_store(), make_store()
    api = caller(mine)
    for number in range(5):
        post(api, {"email": f"p{number}@example.test"})
    foreign = post(caller(other), {"email": "p1@example.test"}).json()["id"]
    page = api.get("/api/v1/customers?page_size=3").json()
    rest = api.get(page["next"]).json()
    assert [row["email"] for row in page["results"] + rest["results"]] == [f"p{number}@example.test" for number in (4, 3, 2, 1, 0)]
    assert rest["next"] is None
    assert api.get(f"/api/v1/customers/{foreign}").status_code == 404
    assert api.get("/api/v1/customers?email=P1@Example.test").json()["results"][0]["email"] == "p1@example.test"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("get", "/api/v1/customers", {"Authorization": ""}, 401),
        ("get", "/api/v1/customers", {"Authorization": "Bearer sk_nonsense"}, 401),
        ("get", "/api/v1/customers", {"Origin": "https://shop.example.test"}, 401),
        ("get", "/api/v1/nothing", {}, 404),
        ("get", "/api/v1/customers/00000000-0000-0000-0000-000000000000", {}, 404),
        ("delete", "/api/v1/customers", {}, 405),
        ("put", "/api/v1/orders", {}, 405),
        ("get", "/api/v1/customers?cursor=cD14", {}, 404),
        ("get", "/api/v1/customers?email=%00", {}, 400),
        ("get", "/api/v1/events?customer=x", {}, 400),
    ],
)
def test_refuses_with_a_problem_document(method, path, headers, status):
    api = caller(make_store())
    answer = getattr(api, method)(path, headers=headers)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_a_key_without_the_scope_is_refused():
    api = caller(make_store(), scopes=["orders:read"])
    assert api.get("/api/v1/customers").status_code == 403
    assert api.get("/api/v1/orders").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"email": NaN}',
        b'{"email": "\\u0000a@b.test"}',
        b'{"email": "\\ud800a@b.test"}',
        b'{"email":"a@b.test","email":"c@d.test"}',
        b"\xff",
        b'{"x":' * 40,
    ],
)
def test_refuses_a_body_that_means_more_than_one_thing(body):
    store = make_store()
    answer = caller(store).post("/api/v1/customers", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    with work_for(store):
        assert not Customer.objects.exists()


def test_describes_itself():
    description = Client().get("/api/v1/openapi.json").json()
    assert description["openapi"] == "3.1.1"
    assert set(description["paths"]) >= {
        "/api/v1/store",
        "/api/v1/customers",
        "/api/v1/customers/{public_id}",
        "/api/v1/orders",
        "/api/v1/events",
    }
    page = Client().get("/api/docs/")
    assert (page.status_code, Client().get("/api/docs").content) == (200, page.content)
    assert b"swagger-ui-bundle.js" in page.content
    assert b"style=" not in page.content


def test_shows_the_keys_own_store():
    store = make_store("Lumen", currency="EUR")
    assert caller(store).get("/api/v1/store").json()["name"] == "Lumen"


def test_a_key_that_only_writes_is_told_the_id_alone():
    store = make_store()
    reader, writer = caller(store), caller(store, scopes=["customers:write"])
    ann = post(reader, {"email": "ann@example.test", "first_name": "Ann"}).json()["id"]
    where = f"/api/v1/customers/{ann}"
    word = {"channel": "email", "status": "granted"}
    answers = [
        post(writer, {"email": "ann@example.test"}),
        writer.patch(where, json.dumps({"city": "Riga"}), content_type="application/json"),
        writer.post(f"{where}/consents", json.dumps(word), content_type="application/json"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 201]
    assert [answer.json() for answer in answers] == [{"id": ann}] * 3
    assert reader.get(where).json()["city"] == "Riga"
    assert [one["status"] for one in reader.get(f"{where}/consents").json()["current"]] == ["granted"]
