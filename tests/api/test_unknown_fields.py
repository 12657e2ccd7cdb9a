"""A field that does not exist is refused by its name, with the one that was meant; nothing of the body is taken."""

import pytest

from retention.customers.models import Customer
from tests.api.calling import Api
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db
NONE = "There is no such field."


@pytest.fixture
def store():
    return make_store()


@pytest.fixture
def api(store):
    return Api(store)


def test_a_misspelt_field_changes_nothing_and_the_right_one_is_named(api, store):
    with work_for(store):
        ana = make_customer(store, city="Sevilla")
    answer = api.ask("patch", f"customers/{ana.public_id}", {"cty": "Riga", "first_name": "Ana"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["errors"] == {"cty": [f"{NONE} Did you mean city?"]}
    with work_for(store):
        found = Customer.objects.get()
        assert (found.city, found.first_name) == ("Sevilla", "")


def test_unknown_fields_stand_beside_what_else_is_wrong(api):
    answer = api.ask(
        "post", "customers", {"email": "ana@example.test", "phone": "030", "attributes": {"anything": 1}, "Citty": "x", "@": 1}
    )
    errors = answer.json()["errors"]
    assert sorted(errors) == ["@", "Citty", "phone"]
    assert (errors["@"], errors["Citty"]) == ([NONE], [f"{NONE} Did you mean city?"])


@pytest.mark.parametrize(
    ("path", "body", "errors"),
    [
        (
            "customers",
            {"email": "a@example.test", "consents": [{"channel": "email", "status": "granted", "methd": "form"}]},
            {"consents": {"0": {"methd": [f"{NONE} Did you mean method?"]}}},
        ),
        ("products", {"products": [{"shop_id": "1", "name": "x"}], "dry_run": True}, {"dry_run": [NONE]}),
        (
            "products",
            {"products": [{"shop_id": "1", "name": "x", "variants": [{"shop_id": "1", "price": 1}]}]},
            {"products": {"0": {"variants": {"0": {"price": [f"{NONE} Did you mean price_minor?"]}}}}},
        ),
        ("stock", {"stock": [{"sku": "G", "available": 1, "avalable": 2}]}, None),
        ("orders", {"orders": [], "backfil": True}, {"backfil": [f"{NONE} Did you mean backfill?"]}),
        ("segments", {"name": "x", "rule": {"version": 1, "root": {}}, "descr": "x"}, {"descr": [NONE]}),
        ("webhooks", {"url": "https://hooks.example.com/", "types": ["customer.created"], "typ": "x"}, None),
        ("campaigns", {"name": "x", "everbody": True}, {"everbody": [f"{NONE} Did you mean everybody?"]}),
        ("coupons/CODE/redeem", {"order_id": "1", "order": "1"}, {"order": [f"{NONE} Did you mean order_id?"]}),
    ],
)
def test_every_body_is_closed_at_every_depth(api, path, body, errors):
    answer = api.ask("post", path, body)
    assert answer.status_code == 400
    said = answer.json()["errors"]
    assert NONE in str(said)
    assert errors is None or said == errors


def test_the_description_says_so(client):
    schemas = client.get("/api/v1/openapi.json").json()["components"]["schemas"]
    closed = {name for name, schema in schemas.items() if schema.get("additionalProperties") is False}
    assert {"PatchedCustomerPatchRequest", "OrdersInRequest", "OrderLineInRequest", "CampaignInRequest", "SegmentInRequest"} <= closed
    assert not any(name.endswith("Out") for name in closed)
    assert schemas["PatchedCustomerPatchRequest"]["properties"]["attributes"]["additionalProperties"] is not False


def test_every_operation_has_a_short_summary(client):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    summaries = [operation["summary"] for operations in paths.values() for operation in operations.values()]
    assert len(summaries) > 50
    assert all(0 < len(one) < 110 and "\n" not in one for one in summaries), summaries
    assert paths["/api/v1/customers/{public_id}"]["patch"]["summary"] == "Change one customer"
