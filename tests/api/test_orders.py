"""Orders and refunds through the API: told by number, whole or not at all, stored as events that count once."""

import pytest

from retention.customers.models import CustomerEvent
from retention.intake.projecting.batching import project_batch
from retention.kit import clock
from retention.orders.models import Order
from tests.api.calling import Api
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer, make_order

pytestmark = pytest.mark.django_db
ORDER = {
    "number": "1001", "currency": "EUR", "total_minor": 9390, "shipping_minor": 490, "customer": {"email": "ana@example.test"},
    "placed_at": "2026-11-20T12:00:00Z", "updated_at": "2026-11-20T12:00:00Z", "coupons": ["NOVEMBER"],
    "lines": [{"product_id": "grinder", "sku": "GR-1", "quantity": 2, "price_minor": 4450}],
}  # fmt: skip
REFUND = {
    "number": "R-1", "order_number": "1001", "currency": "EUR", "total_minor": 4450, "customer": {"email": "ana@example.test"},
    "refunded_at": "2026-11-21T12:00:00Z", "lines": [{"product_id": "grinder", "quantity": 1, "amount_minor": 4450}],
}  # fmt: skip


@pytest.fixture
def store():
    return make_store(currency="EUR")


@pytest.fixture
def api(store):
    return Api(store)


def events_of(store, name):
    with work_for(store):
        return list(CustomerEvent.objects.filter(name=name).order_by("pk"))


def project(store):
    with work_for(store):
        while project_batch(now=clock.now()):
            pass


def test_an_order_is_taken_and_counted(api, store):
    answer = api.ask("post", "orders", {"orders": [ORDER]})
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "numbers": ["1001"]})
    [event] = events_of(store, "Order Completed")
    assert (event.trusted, event.source, event.backfill) == (True, "api", False)
    said = event.properties
    assert (said["order_id"], said["total"], said["shipping"], said["currency"]) == ("1001", "93.90", "4.90", "EUR")
    assert said["products"] == [{"product_id": "grinder", "sku": "GR-1", "price": "44.50", "quantity": 2, "amount": "89.00"}]
    project(store)
    [order] = api.get("orders?number=1001")["results"]
    assert (order["total_minor"], order["lines"][0]["price_minor"], order["lines"][0]["quantity"]) == (9390, 4450, 2)
    [ana] = api.get("customers?email=ana@example.test")["results"]
    assert order["customer"] == ana["id"]
    assert api.get(f"orders?customer={ana['id']}&placed_since=2026-11-20T12:00:00Z&placed_before=2026-11-20T12:00:01Z")["results"] == [
        order
    ]
    assert api.get("orders?payment_state=refunded")["results"] == []


def test_told_twice_in_one_version_counts_once_and_a_new_version_is_told(api, store):
    for _time in range(3):
        api.ask("post", "orders", {"orders": [ORDER]})
    assert (len(events_of(store, "Order Completed")), len(events_of(store, "Order Updated"))) == (1, 1)
    api.ask("post", "orders", {"orders": [ORDER | {"payment_state": "refunded", "updated_at": "2026-11-21T12:00:00Z"}]})
    assert (len(events_of(store, "Order Completed")), len(events_of(store, "Order Updated"))) == (1, 2)


def test_a_known_order_is_only_brought_up_to_date(api, store):
    make_order(make_customer(store), number="1001")
    api.ask("post", "orders", {"orders": [ORDER | {"cancelled_at": "2026-11-21T12:00:00Z"}]})
    assert events_of(store, "Order Completed") == []
    assert len(events_of(store, "Order Updated")) == 1
    assert events_of(store, "Order Cancelled")[0].properties == {"order_id": "1001", "cancelled_at": "2026-11-21T12:00:00+00:00"}


@pytest.mark.parametrize(("currency", "minor", "said"), [("JPY", 9390, "9390"), ("KWD", 9390, "9.390"), ("EUR", 5, "0.05")])
def test_amounts_are_exact_in_every_currency(api, store, currency, minor, said):
    api.ask("post", "orders", {"orders": [ORDER | {"currency": currency, "total_minor": minor}]})
    assert events_of(store, "Order Completed")[0].properties["total"] == said


def test_a_customer_can_be_named_by_our_own_id(api, store):
    customer = make_customer(store, "bob@example.test")
    api.ask("post", "orders", {"orders": [ORDER | {"customer": {"id": str(customer.public_id)}}]})
    assert events_of(store, "Order Completed")[0].properties["email"] == "bob@example.test"
    phone_only = make_customer(store, "", phone="+4915112345678")
    answer = api.ask("post", "orders", {"orders": [ORDER | {"customer": {"id": str(phone_only.public_id)}}]})
    assert "Give them an external_id first." in answer.json()["errors"]["orders"]["0"]["customer"]["id"][0]
    foreign = make_customer(make_store())
    answer = api.ask("post", "orders", {"orders": [ORDER | {"customer": {"id": str(foreign.public_id)}}]})
    assert answer.json()["errors"]["orders"]["0"]["customer"]["id"] == ["There is no such customer."]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"total_minor": 93.9}, "total_minor"),
        ({"total_minor": "93.90"}, "total_minor"),
        ({"total_minor": True}, "total_minor"),
        ({"total_minor": -1}, "total_minor"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": None}, "currency"),
        ({"placed_at": "yesterday"}, "placed_at"),
        ({"placed_at": "1970-01-01T00:00:00Z"}, "placed_at"),
        ({"placed_at": "2999-01-01T00:00:00Z"}, "placed_at"),
        ({"customer": {}}, "customer"),
        ({"customer": {"email": "nonsense"}}, "customer"),
        ({"lines": [{"product_id": "a", "price_minor": 1}] * 501}, "lines"),
        ({"lines": [{"product_id": "a", "price_minor": 10**15, "quantity": 2}]}, "lines"),
        ({"lines": [{"product_id": "a", "price_minor": 1, "quantity": 0}]}, "lines"),
        ({"lines": "none"}, "lines"),
        ({"payment_state": "maybe"}, "payment_state"),
        ({"number": ""}, "number"),
    ],
)
def test_one_wrong_order_names_itself_and_nothing_is_stored(api, store, change, field):
    answer = api.ask("post", "orders", {"orders": [ORDER, ORDER | {"number": "1002"} | change]})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]["orders"]) == ["1"]
    assert field in answer.json()["errors"]["orders"]["1"]
    with work_for(store):
        assert CustomerEvent.objects.count() == 0
        assert Order.objects.count() == 0


def test_two_orders_with_one_number_are_refused(api, store):
    answer = api.ask("post", "orders", {"orders": [ORDER, ORDER | {"total_minor": 1}]})
    assert answer.json()["errors"]["orders"] == {"1": {"number": ["This stands twice in the list."]}}
    assert events_of(store, "Order Completed") == []


def test_history_is_marked_so_that_it_starts_nothing(api, store):
    api.ask("post", "orders", {"orders": [ORDER], "backfill": True})
    assert [event.backfill for event in events_of(store, "Order Completed")] == [True]
    assert api.ask("post", "orders", {"orders": [ORDER], "backfill": "perhaps"}).json()["errors"].keys() == {"backfill"}


def test_a_refund_counts_once_by_its_number(api, store):
    for _time in range(2):
        assert api.ask("post", "refunds", {"refunds": [REFUND]}).status_code == 202
    [event] = events_of(store, "Order Refunded")
    assert event.properties == {
        "order_id": "1001",
        "refund_id": "R-1",
        "currency": "EUR",
        "total": "44.50",
        "refunded_at": "2026-11-21T12:00:00+00:00",
        "products": [{"product_id": "grinder", "quantity": 1, "amount": "44.50"}],
    }
    api.ask("post", "orders", {"orders": [ORDER]})
    project(store)
    [refund] = api.get("refunds?order_number=1001")["results"]
    assert (refund["total_minor"], refund["lines"][0]["quantity"], refund["lines"][0]["amount_minor"]) == (4450, 1, 4450)
    assert api.get("orders?number=1001")["results"][0]["refunded_minor"] == 4450
    assert api.get("refunds?order_number=1002")["results"] == []


def test_money_alone_can_go_back_and_a_line_keeps_the_amount_it_was_told_with(api, store):
    api.ask("post", "orders", {"orders": [ORDER | {"lines": [ORDER["lines"][0] | {"amount_minor": 8000}]}]})
    alone = REFUND | {"total_minor": 500, "lines": [{"product_id": "grinder", "amount_minor": 500}]}
    assert api.ask("post", "refunds", {"refunds": [alone]}).status_code == 202
    project(store)
    [refund] = api.get("refunds")["results"]
    assert (refund["lines"][0]["quantity"], refund["lines"][0]["amount_minor"]) == (0, 500)
    [order] = api.get("orders?number=1001")["results"]
    assert (order["lines"][0]["amount_minor"], order["refunded_minor"], order["payment_state"]) == (8000, 500, "part_refunded")


def test_what_a_newer_version_leaves_out_is_gone(api, store):
    full = ORDER | {"discount_minor": 100, "subtotal_minor": 9000, "cancelled_at": "2026-11-20T12:00:00Z", "payment_state": "pending"}
    bare = {"label", "shipping_minor"}
    for version in (
        full,
        {k: v for k, v in ORDER.items() if k not in bare} | {"coupons": [], "lines": [], "updated_at": "2026-11-20T13:00:00Z"},
    ):
        assert api.ask("post", "orders", {"orders": [version]}).status_code == 202
        project(store)
    [order] = api.get("orders")["results"]
    parts = [order[name] for name in ("discount_minor", "shipping_minor", "subtotal_minor", "coupons", "lines", "cancelled_at")]
    assert (parts, order["payment_state"]) == ([0, 0, None, [], [], None], "pending")


def test_an_order_out_of_a_file_belongs_to_the_api_once_it_tells_of_it(api, store):
    make_order(make_customer(store), number="1001", source="csv")
    api.ask("post", "orders", {"orders": [ORDER]})
    project(store)
    assert api.get("orders")["results"][0]["source"] == "api"


def test_reporting_needs_its_own_scope(store):
    reader = Api(store, scopes=["orders:read"])
    assert reader.ask("post", "orders", {"orders": [ORDER]}).status_code == 403
    assert reader.ask("get", "orders").status_code == 200
    with work_for(store):
        assert CustomerEvent.objects.count() == 0
