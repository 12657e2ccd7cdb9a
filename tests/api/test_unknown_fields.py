"""A field that does not exist is refused by its name, with the one that was meant; nothing of the body is taken."""

import json

import pytest

from retention.customers.models import Customer
from retention.rest.bodies import LONGEST_NAMED, MOST_NAMED
from tests.api.calling import Api
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db
NONE = "There is no such field."
TOLD = "This is told by us and cannot be set."
RULE = {"version": 1, "root": {"join": "all", "rules": [{"is": "consent", "channel": "email", "status": "granted"}]}}


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


def test_a_customer_got_and_sent_back_is_told_which_fields_are_ours(api, store):
    with work_for(store):
        ana = make_customer(store, city="Sevilla")
    got = api.get(f"customers/{ana.public_id}")
    answer = api.ask("patch", f"customers/{ana.public_id}", got | {"city": "Riga"})
    ours = {
        "id", "consents", "orders_count", "spent_minor", "first_order_at", "last_order_at", "created_at", "changed_at", "last_seen_at",
    }  # fmt: skip
    said = answer.json()["errors"]
    assert {name: words for name, words in said.items() if name in ours} == {name: [TOLD] for name in ours}
    assert NONE not in str(said)
    taken = api.ask("patch", f"customers/{ana.public_id}", {"city": "Riga", "zone": got["zone"] or None})
    assert (taken.status_code, taken.json()["city"]) == (200, "Riga")


def test_a_segment_got_and_sent_back_is_told_which_fields_are_ours(api):
    made = api.ask("post", "segments", {"name": "Agreed", "rule": RULE}).json()
    got = api.get(f"segments/{made['id']}")
    answer = api.ask("patch", f"segments/{made['id']}", got | {"name": "Very loyal"})
    ours = set(got) - {"name", "note", "folder", "rule"}
    assert {"id", "kind", "state", "version", "members_count", "is_up_to_date", "sentence", "saved_at"} <= ours
    assert (answer.status_code, answer.json()["errors"]) == (400, {name: [TOLD] for name in ours})
    mine = {name: value for name, value in got.items() if name not in ours}
    assert api.ask("patch", f"segments/{made['id']}", mine | {"name": "Very loyal"}).json()["name"] == "Very loyal"


@pytest.mark.parametrize(
    ("path", "body", "ours"),
    [
        ("webhooks", {"url": "https://hooks.example.com/", "types": ["customer.created"], "paused_at": None}, "paused_at"),
        ("campaigns", {"name": "x", "figures": {}}, "figures"),
        ("products", {"products": [{"shop_id": "1", "name": "x", "created_at": None}]}, "created_at"),
        ("products", {"products": [{"shop_id": "1", "name": "x", "variants": [{"shop_id": "1", "removed_at": None}]}]}, "removed_at"),
    ],
)
def test_what_is_told_of_other_things_is_refused_as_ours(api, path, body, ours):
    answer = api.ask("post", path, body)
    assert answer.status_code == 400
    assert json.dumps({ours: [TOLD]})[1:-1] in json.dumps(answer.json()["errors"])


@pytest.mark.parametrize(
    ("count", "others"), [(MOST_NAMED, None), (MOST_NAMED + 1, "1 more field cannot be used."), (5000, "4980 more fields")]
)
def test_of_many_unknown_names_few_are_named_and_the_others_counted(api, count, others):
    answer = api.ask("post", "customers", {"email": "ana@example.test"} | {f"x{place}": 1 for place in range(count)})
    said = answer.json()["errors"]
    assert answer.status_code == 400
    rest = said.pop("non_field_errors", None)
    assert said == {f"x{place}": [NONE] for place in range(MOST_NAMED)}
    assert rest is None if others is None else rest[0].startswith(others)


def test_a_very_long_name_is_cut_and_one_like_the_line_of_the_others_stands_beside_it(api):
    said = api.ask("post", "customers", {"email": "ana@example.test", "x" * 5000: 1}).json()["errors"]
    assert said == {"x" * LONGEST_NAMED: [NONE]}
    body = {"email": "ana@example.test", "non_field_errors": 1} | {f"x{place}": 1 for place in range(MOST_NAMED)}
    said = api.ask("post", "customers", body).json()["errors"]
    assert (len(said), said["non_field_errors"]) == (MOST_NAMED, [NONE, "1 more field cannot be used."])


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
