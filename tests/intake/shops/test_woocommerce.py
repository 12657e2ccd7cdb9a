"""WooCommerce's documented resources, from signed HTTP to their effect; what its habits would break does not break."""

import json
from pathlib import Path

import pytest

from retention.catalog.models import Product, StockLevel, Variant
from retention.customers.models import Customer, CustomerEvent, Identity
from retention.intake.shops.kinds import KINDS, OTHER_BODY
from retention.intake.shops.woocommerce import orders, people, products
from retention.orders.models import Cart, Order
from tests.factories import work_for
from tests.intake.shops.hooking import events, make_shop, tell

pytestmark = pytest.mark.django_db
DATA = Path(__file__).resolve().parents[2] / "data" / "woocommerce"


def body(resource: str, /, **changes):
    return json.loads((DATA / f"{resource}.json").read_text()) | changes


SALE = ["event:Order Completed", "event:Order Updated", "event:Identify"]


@pytest.mark.parametrize(
    ("topic", "name", "expected"),
    [
        ("order.created", "order", SALE),
        ("order.updated", "order", SALE),
        ("order.restored", "order", SALE),
        ("order.deleted", "order", orders.DELETED),
        ("refund.created", "order_refund", orders.REFUND),
        ("customer.created", "customer", ["event:Identify"]),
        ("customer.updated", "customer", ["event:Identify"]),
        ("customer.deleted", "customer", people.DELETED),
        ("product.created", "product", ["product"]),
        ("product.updated", "product_variation", ["product"]),
        ("coupon.created", "coupon", products.COUPON),
        ("coupon.deleted", "coupon", products.COUPON),
    ],
)
def test_a_resource_has_its_effect_or_its_reason(topic, name, expected):
    delivery = tell(make_shop(kind="woocommerce"), topic, body(name))
    if isinstance(expected, str):
        assert (delivery.state, delivery.reason, delivery.outcome) == ("ignored", expected, [])
    else:
        assert (delivery.state, delivery.reason, delivery.outcome) == ("applied", "", expected)


def test_a_deleted_product_is_taken_out_and_its_topic_takes_no_other_body():
    shop = make_shop(kind="woocommerce")
    tell(shop, "product.created", body("product"))
    refused = tell(shop, "product.deleted", body("product"))
    assert (refused.state, refused.reason, refused.outcome) == ("failed", OTHER_BODY, [])
    with work_for(shop.store):
        assert Product.objects.get().state == "active"
    assert tell(shop, "product.deleted", {"id": body("product")["id"]}).outcome == ["product_gone"]
    with work_for(shop.store):
        assert Product.objects.get().state == "deleted"


def test_every_topic_has_a_normaliser_that_reads_a_bare_id_or_says_what_is_missing():
    shop = make_shop(kind="woocommerce")
    states = {topic: tell(shop, topic, {"id": 7}).state for topic in KINDS["woocommerce"].topics}
    assert {topic for topic, state in states.items() if state not in {"applied", "ignored"}} == set()


def test_the_order_is_counted_once_with_its_moments_in_utc():
    shop = make_shop(kind="woocommerce")
    for topic in ("order.created", "order.updated"):
        tell(shop, topic, body("order"))
    with work_for(shop.store):
        [order] = Order.objects.all()
        said = CustomerEvent.objects.get(name="Order Completed").properties
        assert (order.number, order.total_minor, order.placed_at.isoformat()) == ("727", 2935, "2017-03-22T19:28:08+00:00")
        assert Customer.objects.get().email == "john.doe@example.com"
    assert [line["name"] for line in said["products"]] == ["Woo Single #1", "Ship Your Idea – Color: Black, Size: M Test"]
    assert [(line["product_id"], line.get("variant_id"), line["price"], line["amount"]) for line in said["products"]] == [
        ("93", None, "3.00", "6.00"),
        ("22", "23", "12.00", "12.00"),
    ]


def test_an_order_that_waits_for_its_payment_is_a_checkout_until_it_is_paid():
    shop = make_shop(kind="woocommerce")
    waiting = body("order", status="pending", date_paid_gmt=None, payment_url="https://example.com/checkout/order-pay/727/?key=wc")
    assert tell(shop, "order.created", waiting).outcome == ["event:Checkout Started"]
    with work_for(shop.store):
        assert not Order.objects.exists()
        [cart] = Cart.objects.all()
        assert (cart.state, cart.total_minor) == ("open", 1800)
        assert CustomerEvent.objects.get().properties["restore_url"].startswith("https://example.com/checkout/order-pay/727/")
    tell(shop, "order.updated", body("order"))
    with work_for(shop.store):
        assert Order.objects.get().cart_id == Cart.objects.get().pk
        assert Cart.objects.get().state == "bought"


def test_an_unpaid_order_that_is_called_off_is_no_sale():
    shop = make_shop(kind="woocommerce")
    tell(shop, "order.updated", body("order", status="cancelled", date_paid_gmt=None))
    with work_for(shop.store):
        assert not Order.objects.exists()
    assert events(shop) == ["Order Updated"]
    tell(shop, "order.updated", body("order", date_modified_gmt="2017-03-24T00:00:00"))
    with work_for(shop.store):
        assert Order.objects.values_list("payment_state", "cancelled_at").get() == ("paid", None)
        assert Customer.objects.get().orders_count == 1


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_an_order_whose_money_never_came_leaves_the_revenue(status):
    shop = make_shop(kind="woocommerce")
    tell(shop, "order.created", body("order", status="on-hold", date_paid_gmt=None))
    with work_for(shop.store):
        assert Customer.objects.values_list("orders_count", "spent_minor").get() == (1, 2935)
    tell(shop, "order.updated", body("order", status=status, date_paid_gmt=None, date_modified_gmt="2017-03-24T00:00:00"))
    with work_for(shop.store):
        assert Order.objects.get().payment_state == "voided"
        assert Customer.objects.values_list("orders_count", "spent_minor").get() == (0, 0)


def test_refunds_inside_an_order_count_once_each():
    shop = make_shop(kind="woocommerce")
    once = body("order", refunds=[{"id": 726, "reason": "Broken", "total": "-10.00"}])
    twice = body("order", refunds=[*once["refunds"], {"id": 728, "reason": "", "total": "-5.5"}], date_modified_gmt="2017-03-23T10:00:00")
    for told in (once, twice, once):
        tell(shop, "order.updated", told)
    with work_for(shop.store):
        refunds = CustomerEvent.objects.filter(name="Order Refunded").order_by("pk")
        assert [(one.properties["refund_id"], one.properties["total"]) for one in refunds] == [("726", "10.00"), ("728", "5.50")]


def test_a_unit_price_with_binary_noise_does_not_refuse_the_order():
    shop = make_shop(kind="woocommerce")
    line = body("order")["line_items"][0] | {"quantity": 3, "subtotal": "20.00", "total": "20.00", "price": 6.666666666666667}
    assert tell(shop, "order.created", body("order", line_items=[line])).state == "applied"
    with work_for(shop.store):
        [stored] = Order.objects.get().lines.all()
        assert (stored.quantity, stored.price_minor, stored.amount_minor) == (3, 667, 2000)
        [told] = CustomerEvent.objects.get(name="Order Completed").properties["products"]
    assert (told["price"], told["quantity"], told["amount"]) == ("6.67", 3, "20.00")


def test_a_customer_is_known_by_number_and_address():
    shop = make_shop(kind="woocommerce")
    tell(shop, "customer.created", body("customer"))
    tell(shop, "order.created", body("order", customer_id=25))
    with work_for(shop.store):
        [person] = Customer.objects.all()
        assert (person.first_name, person.city, person.country, person.phone) == ("John", "San Francisco", "US", "")
        assert set(Identity.objects.values_list("kind", "value")) >= {("external", "25"), ("email", "john.doe@example.com")}
        assert Order.objects.get().customer_id == person.pk


def test_variations_join_the_product_they_belong_to():
    shop = make_shop(kind="woocommerce")
    tell(shop, "product.updated", body("product_variation", stock_quantity=4))
    tell(shop, "product.updated", body("product", id=22, name="Ship Your Idea", variations=[732, 733]))
    by_field = body("product_variation", id=733, parent_id=22, on_sale=True, price="7.00", regular_price="9.00", stock_quantity=-1)
    by_field.pop("_links")
    tell(shop, "product.updated", by_field)
    with work_for(shop.store):
        product = Product.objects.get()
        rows = Variant.objects.order_by("shop_id").values_list("shop_id", "name", "price_minor", "compare_at_minor", "removed_at")
        assert (product.shop_id, product.name) == ("22", "Ship Your Idea")
        assert list(rows) == [("732", "Black", 900, None, None), ("733", "Black", 700, 900, None)]
        assert dict(StockLevel.objects.values_list("variant__shop_id", "available")) == {"732": 4, "733": -1}
    tell(shop, "product.deleted", {"id": 733})
    with work_for(shop.store):
        assert list(Variant.objects.filter(removed_at=None).values_list("shop_id", flat=True)) == ["732"]
        assert Product.objects.get().state == "active"


def test_an_older_variation_does_not_overwrite_a_newer_one():
    shop = make_shop(kind="woocommerce")
    tell(shop, "product.updated", body("product_variation", price="8.00", date_modified_gmt="2017-03-24T00:00:00"))
    tell(shop, "product.updated", body("product_variation", price="9.00"))
    with work_for(shop.store):
        assert Variant.objects.get().price_minor == 800
