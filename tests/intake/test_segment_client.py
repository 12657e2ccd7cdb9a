"""Segment's own Python client, unpatched, against a real server: what it sends becomes a customer, a basket and an order."""

import pytest
from segment.analytics import Client

from retention.customers.models import Consent, Customer, CustomerEvent
from retention.intake.projecting import project_due
from retention.kit import clock
from retention.orders.models import Cart, Order
from retention.stores.models import ApiKey
from retention.tenancy.context import store_context
from tests.factories import make_key, make_store
from tests.serving import serve

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_shop_sends_its_story_and_sees_one_customer_with_basket_and_order():
    store = make_store()
    _row, key = make_key(store)
    with serve() as url:
        client = Client(write_key=key, host=url, gzip=True, sync_mode=False, max_retries=0)
        client.identify(
            "c-1", anonymous_id="a-1", traits={"email": "Ann@Example.test", "consent": {"email": {"status": "granted", "method": "form"}}}
        )
        client.track(
            "c-1",
            "Product Added",
            {"product_id": "p1", "name": "Beans", "price": 12.5, "quantity": 2, "currency": "EUR"},
            anonymous_id="a-1",
        )
        client.track("c-1", "Checkout Started", {}, anonymous_id="a-1")
        client.flush()
        client.track(
            "c-1",
            "Order Completed",
            {"order_id": "1001", "total": 25.0, "currency": "EUR", "products": [{"product_id": "p1", "price": 12.5, "quantity": 2}]},
        )
        client.join()
    assert project_due(now=clock.now) == 4
    with store_context(store.pk):
        customer = Customer.objects.get()
        assert (customer.email, customer.email_key) == ("Ann@Example.test", "ann@example.test")
        assert Consent.objects.get().status == "granted"
        cart, order = Cart.objects.get(), Order.objects.get()
        assert (cart.state, cart.total_minor, cart.stage, cart.lines_count) == ("bought", 2500, "checkout", 1)
        assert (order.number, order.total_minor, order.cart_id, order.customer_id) == ("1001", 2500, cart.pk, customer.pk)
        assert set(CustomerEvent.objects.values_list("refusal", flat=True)) == {""}
        assert ApiKey.objects.count() == 1
