"""What shops say of baskets, orders and costs, from signed HTTP to the stored row: emptied, cheaper by a discount, paid after all."""

import pytest

from retention.customers.models import Customer, CustomerCounter, CustomerEvent
from retention.orders.idling import note_idle_in_store
from retention.orders.models import Cart, Order
from tests.factories import work_for
from tests.factories.customers import make_customer
from tests.intake.shops.hooking import NOW, make_shop, tell

pytestmark = pytest.mark.django_db


def cart(*lines, at: str):
    """Return a cart as Shopify sends it, whole."""
    return {"id": "c1", "token": "c1", "line_items": list(lines), "updated_at": f"2026-11-20T{at}:00Z"}


def test_a_basket_that_was_emptied_is_never_called_abandoned():
    shop = make_shop()
    line = {"id": 1, "product_id": 5, "title": "Beans", "quantity": 2, "price": "10.00"}
    tell(shop, "carts/update", cart(line, at="06:00"))
    with work_for(shop.store):
        assert Cart.objects.values_list("lines_count", "total_minor").get() == (1, 2000)
    tell(shop, "carts/update", cart(at="06:01"))
    with work_for(shop.store):
        assert Cart.objects.values_list("lines_count", "total_minor").get() == (0, 0)
        assert note_idle_in_store(now=NOW) == 0


def order(**changes):
    """Return an order of two pieces with five off as Shopify sends it."""
    line = {"id": 1, "product_id": 5, "title": "Beans", "quantity": 2, "price": "10.00", "discount_allocations": [{"amount": "5.00"}]}
    return {
        "id": 1,
        "email": "ana@example.test",
        "processed_at": "2026-11-20T08:00:00Z",
        "updated_at": "2026-11-20T08:00:00Z",
        "currency": "USD",
        "financial_status": "paid",
        "total_price": "15.00",
        "total_discounts": "5.00",
        "line_items": [line],
        **changes,
    }


def test_a_line_comes_to_its_price_after_discounts_and_a_refund_line_to_what_was_given_back():
    shop = make_shop()
    tell(shop, "orders/create", order())
    part = {"id": 9, "quantity": 1, "subtotal": "7.50", "line_item": order()["line_items"][0]}
    money = [{"kind": "refund", "status": "success", "amount": "7.50"}]
    tell(
        shop,
        "refunds/create",
        {"id": 70, "order_id": 1, "created_at": "2026-11-20T08:30:00Z", "refund_line_items": [part], "transactions": money},
    )
    with work_for(shop.store):
        stored = Order.objects.get()
        assert (stored.lines.get().amount_minor, stored.refunded_minor) == (1500, 750)
        assert stored.refunds.get().lines.get().amount_minor == 750


def test_an_update_a_tick_before_the_order_itself_does_not_unmake_the_sale():
    shop = make_shop()
    tell(shop, "carts/update", cart(order()["line_items"][0], at="07:00"))
    tell(shop, "orders/paid", order(cart_token="c1", updated_at="2026-11-20T08:00:01Z"))
    tell(shop, "orders/create", order(cart_token="c1"))
    with work_for(shop.store):
        completed = CustomerEvent.objects.get(name="Order Completed")
        assert (completed.refusal, CustomerCounter.objects.get(event_name__name="Order Completed").count) == ("", 1)


def test_an_order_loses_its_discount_and_its_lines_with_the_version_that_has_none():
    shop = make_shop()
    tell(shop, "orders/create", order(discount_codes=[{"code": "HELLO"}]))
    bare = order(updated_at="2026-11-20T08:01:00Z", total_discounts="0.00", line_items=[], total_shipping_price_set=None)
    tell(shop, "orders/updated", bare)
    with work_for(shop.store):
        stored = Order.objects.get()
        assert (stored.discount_minor, stored.coupons, stored.lines.count()) == (0, [], 0)


def test_a_person_named_by_a_phone_alone_is_forgotten_where_nobody_shares_it():
    shop = make_shop()
    for email, phone in (
        ("ana@example.test", "+4915112345678"),
        ("bo@example.test", "+4915187654321"),
        ("cy@example.test", "+4915187654321"),
    ):
        make_customer(shop.store, email, phone=phone)
    own = {"shop_domain": "lumen.example.test", "orders_to_redact": []}
    assert tell(shop, "customers/redact", own | {"customer": {"phone": "+49 151 87654321"}}).outcome == ["unknown_person"]
    assert tell(shop, "customers/redact", own | {"customer": {"phone": "+49 151 12345678"}}).outcome == ["erased"]
    assert tell(shop, "customers/redact", own | {"customer": {}}).state == "ignored"
    with work_for(shop.store):
        assert sorted(Customer.objects.values_list("email", flat=True)) == ["bo@example.test", "cy@example.test"]
