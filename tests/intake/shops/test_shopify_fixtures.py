"""All 43 documented examples of Shopify's topics (2026-04), from signed HTTP to their effect, or ignored for a reason one can read.

The examples are not ours to publish, so they are read from the data folder. Their ids above 2^53 stay exact.
"""

import json
from datetime import UTC, datetime

import pytest

from retention.catalog.models import Product, StockLevel, Variant
from retention.customers.models import Consent, Customer, CustomerEvent
from retention.intake.models import ShopConnection
from retention.intake.shops.kinds import KINDS
from retention.intake.shops.shopify import baskets, ending, people, products
from retention.orders.models import Cart, Order
from tests.factories import work_for
from tests.intake.shops.hooking import events, make_shop, tell
from tests.shared_data import shared

pytestmark = pytest.mark.django_db
FOLDER = "fixtures/commerce/shopify/2026-04"
ORDER_STATE = ["event:Order Updated"]

# topic -> what it did, or why it was left alone
EFFECTS: dict[str, list[str] | str] = {
    "app/uninstalled": ["disconnected"],
    "carts/create": ["event:Cart Viewed"],
    "carts/update": ["event:Cart Viewed"],
    "checkouts/create": ["event:Checkout Started"],
    "checkouts/delete": baskets.DELETED,
    "checkouts/update": ["event:Checkout Started"],
    "customers/create": ["event:Identify"],
    "customers/data_request": ["asked"],
    "customers/merge": people.NOT_MERGED,
    "customers/redact": ["unknown_person"],
    "customers/update": ["event:Identify"],
    "customers_email_marketing_consent/update": people.NEVER_ASKED,
    "customers_marketing_consent/update": people.NEVER_ASKED,
    "discounts/create": ending.COUPON,
    "fulfillment_events/create": ["event:Shipment Updated"],
    "fulfillment_orders/cancellation_request_submitted": ending.WAREHOUSE,
    "fulfillment_orders/fulfillment_request_accepted": ending.WAREHOUSE,
    "fulfillment_orders/fulfillment_request_rejected": ending.WAREHOUSE,
    "fulfillment_orders/fulfillment_request_submitted": ending.WAREHOUSE,
    "fulfillment_orders/hold_released": ending.WAREHOUSE,
    "fulfillment_orders/moved": ending.WAREHOUSE,
    "fulfillment_orders/order_routing_complete": ending.WAREHOUSE,
    "fulfillment_orders/placed_on_hold": ending.WAREHOUSE,
    "fulfillment_orders/split": ending.WAREHOUSE,
    "fulfillments/create": ["event:Shipment Updated"],
    "fulfillments/update": ["event:Shipment Updated"],
    "inventory_items/update": products.NO_COST,
    "orders/cancelled": [*ORDER_STATE, "event:Order Cancelled"],
    "orders/create": ["event:Order Completed", "event:Identify", "event:Order Cancelled"],
    "orders/edited": ending.EDITED,
    "orders/fulfilled": ORDER_STATE,
    "orders/paid": ORDER_STATE,
    "orders/partially_fulfilled": ORDER_STATE,
    "orders/updated": ORDER_STATE,
    "products/create": ["product", "stock"],
    "products/delete": ["product_gone"],
    "products/update": ["product", "stock"],
    "refunds/create": ["event:Order Refunded"],
    "returns/approve": ["event:Return Updated"],
    "returns/request": ["event:Return Updated"],
    "shop/redact": ["disconnected"],
    "variants/in_stock": ["stock_unknown"],
    "variants/out_of_stock": ["stock_unknown"],
}


def raw(topic: str) -> bytes:
    return shared(f"{FOLDER}/{topic.replace('/', '__')}.json").read_bytes()


def test_the_table_names_every_example_and_no_other():
    there = {path.stem.replace("__", "/") for path in shared(FOLDER).glob("*.json")}
    assert (len(there), set(EFFECTS)) == (43, there)
    assert there <= set(KINDS["shopify"].topics)


@pytest.mark.parametrize("topic", EFFECTS)
def test_an_example_has_its_effect_or_its_reason(topic):
    expected = EFFECTS[topic]
    delivery = tell(make_shop(), topic, raw(topic))
    if isinstance(expected, str):
        assert (delivery.state, delivery.reason, delivery.outcome) == ("ignored", expected, [])
        assert delivery.reason.endswith(".")
    else:
        assert (delivery.state, delivery.reason, delivery.outcome) == ("applied", "", expected)


def test_all_of_them_in_one_shop_make_one_state_and_again_nothing_more():
    shop = make_shop()
    ending_it = {"app/uninstalled", "shop/redact", "customers/data_request", "customers/redact"}
    told = {topic: f"2026-11-20T09:00:{second:02}Z" for second, topic in enumerate(EFFECTS) if topic not in ending_it}
    for topic, at in told.items():
        tell(shop, topic, raw(topic), at=at)
    once = (events(shop), _state(shop))
    for topic, at in reversed(told.items()):
        tell(shop, topic, raw(topic), at=at)
    assert (events(shop), _state(shop)) == once


def _state(shop: ShopConnection):
    with work_for(shop.store):
        return (
            Customer.objects.count(),
            sorted(Customer.objects.exclude(email="").values_list("email", flat=True)),
            list(Order.objects.values_list("number", "total_minor", "refunded_minor", "payment_state").order_by("pk")),
            sorted(Cart.objects.values_list("state", "total_minor", "lines_count")),
            list(Product.objects.values_list("shop_id", "name", "state").order_by("pk")),
            sorted(Variant.objects.values_list("shop_id", "price_minor", "compare_at_minor")),
            sorted(StockLevel.objects.values_list("variant__shop_id", "available")),
        )


def test_the_order_is_counted_in_full():
    shop = make_shop()
    tell(shop, "orders/create", raw("orders/create"))
    with work_for(shop.store):
        [order] = Order.objects.all()
        stored = CustomerEvent.objects.get(name="Order Completed")
        person = Customer.objects.get(email="john@example.com")
    assert (order.number, order.total_minor, order.currency, order.customer_id) == ("820982911946154500", 40495, "USD", person.pk)
    assert order.placed_at == datetime(2022, 1, 1, tzinfo=UTC)
    said = stored.properties
    assert (said["label"], said["total"], said["discount"], said["shipping"], said["payment_state"]) == (
        "#9999",
        "404.95",
        "20.00",
        "10.00",
        "voided",
    )
    assert [line["product_id"] for line in said["products"]][:2] == ["788032119674292900", "LENS-PROTECT-2YR"]
    assert (stored.trusted, stored.source, stored.backfill, stored.external_id) == (True, "shopify", True, "115310627314723950")
    assert (person.first_name, person.last_name, person.city, person.country, person.language) == ("John", "Smith", "Ottawa", "CA", "en")


def test_what_follows_an_order_finds_its_person_whatever_comes_first():
    shop = make_shop()
    for topic in ("fulfillments/create", "refunds/create", "orders/create", "fulfillment_events/create"):
        tell(shop, topic, raw(topic))
    with work_for(shop.store):
        [person] = Customer.objects.filter(pk__in=CustomerEvent.objects.filter(name__contains=" ").values("customer_id"))
        assert set(person.events.values_list("name", flat=True)) >= {"Order Completed", "Order Refunded", "Shipment Updated"}
        refund = CustomerEvent.objects.get(name="Order Refunded").properties
    assert (refund["total"], refund["currency"], refund["refund_id"], len(refund["products"])) == ("85.00", "USD", "890088186047892400", 5)
    assert [line["amount"] for line in refund["products"]] == ["89.99", "19.99", "24.99", "159.99", "119.99"]


def test_a_checkout_keeps_the_way_back():
    shop = make_shop()
    tell(shop, "checkouts/create", raw("checkouts/create"))
    with work_for(shop.store):
        said = CustomerEvent.objects.get(name="Checkout Started").properties
        [cart] = Cart.objects.all()
        assert cart.customer.email == "john@example.com"
    assert said["restore_url"] == "https://checkout.local/548380009/checkouts/123123123/recover?key=example-secret-token"
    assert (said["cart_id"], said["value"], [line["quantity"] for line in said["products"]]) == (
        "eeafa272cebfd4b22385bc4b645e762c",
        "421.88",
        [1, 1],
    )
    assert (cart.state, cart.stage, cart.total_minor) == ("open", "checkout", 39800)


def test_products_keep_their_variants_prices_and_stock():
    shop = make_shop()
    tell(shop, "products/create", raw("products/create"))
    tell(shop, "variants/out_of_stock", raw("variants/out_of_stock"))
    with work_for(shop.store):
        [product] = Product.objects.all()
        assert (product.name, product.state, product.tags) == ("Example T-Shirt", "active", ["example", "mens", "t-shirt"])
        assert sorted(Variant.objects.values_list("shop_id", "name", "price_minor", "compare_at_minor")) == [
            ("642667041472714000", "Small", 1999, 2499),
            ("757650484644203900", "Medium", 1999, 2499),
        ]
        assert dict(StockLevel.objects.values_list("variant__name", "available")) == {"Small": 0, "Medium": 50}
    tell(shop, "products/delete", raw("products/delete"))
    with work_for(shop.store):
        assert Product.objects.get().state == "deleted"


def test_a_consent_that_says_nothing_writes_nothing():
    shop = make_shop()
    for topic in ("customers_email_marketing_consent/update", "customers_marketing_consent/update"):
        tell(shop, topic, raw(topic))
    with work_for(shop.store):
        assert not Consent.objects.exists()
    assert json.loads(raw("customers_email_marketing_consent/update"))["email_marketing_consent"]["state"] == "not_subscribed"
