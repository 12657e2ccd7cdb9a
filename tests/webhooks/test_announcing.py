"""What the projection learns of customers is told: new ones, changed ones, merged ones and what they allow, each once per batch."""

from datetime import timedelta

import pytest

from retention.customers.identifying import Claim, identify
from retention.customers.models import Customer
from retention.intake.projecting.batching import project_batch
from retention.intake.reading import Row, key_of
from retention.intake.storing import store_events
from retention.orders.idling import note_idle_in_store
from retention.orders.models import CartSettings
from retention.webhooks.models import Endpoint, OutgoingEvent
from tests.factories import make_store, work_for
from tests.factories.customers import make_cart, make_customer
from tests.webhooks.conftest import NOON

pytestmark = pytest.mark.django_db
TYPES = ["cart.abandoned", "order.created", "order.updated", "customer.created", "customer.updated", "customer.merged", "consent.changed"]


@pytest.fixture
def store():
    store = make_store()
    with work_for(store):
        Endpoint.objects.create(url="https://hooks.example.com/", types=TYPES, secret_sealed="x", created_at=NOON)
    return store


def identify_event(store, external, **traits):
    return Row(
        store_id=store.pk, key=key_of(None, by="secret"), kind="identify", name="Identify", anonymous_id="", external_id=external,
        properties=traits, context={}, occurred_at=NOON, received_at=NOON, trusted=True,
    )  # fmt: skip


def told(store):
    with work_for(store):
        found = [(one.type, str(one.about)) for one in OutgoingEvent.objects.order_by("pk")]
        OutgoingEvent.objects.all().delete()
        return found


def project(store, *rows):
    with work_for(store):
        store_events(rows, now=NOON)
        while project_batch(now=NOON):
            pass


@pytest.mark.django_db(transaction=True)
def test_tells_who_is_new_who_changed_and_what_they_allow(store):
    project(store, identify_event(store, "7", email="ana@example.test"), identify_event(store, "7", city="Riga"))
    with work_for(store):
        ana = str(Customer.objects.get().public_id)
    assert told(store) == [("customer.created", ana)]
    project(store, identify_event(store, "7", city="Oslo", consent={"email": {"status": "granted"}}))
    assert told(store) == [("consent.changed", ana), ("customer.updated", ana)]
    project(store, identify_event(store, "7"))
    assert told(store) == []


def test_tells_who_stays_of_two(store):
    stays = make_customer(store, "ana@example.test")
    with work_for(store):
        identify([Claim(anonymous="b-1", at=NOON)], now=NOON)
        OutgoingEvent.objects.all().delete()
        identify([Claim(email="ana@example.test", anonymous="b-1", trusted=True, at=NOON)], now=NOON)
    assert told(store) == [("customer.merged", str(stays.public_id))]


def test_tells_of_an_abandoned_basket_once(store):
    ana = make_customer(store, "ana@example.test")
    make_cart(ana, touched=NOON)
    with work_for(store):
        idle_after, abandoned_after = CartSettings.delays()
        note_idle_in_store(now=NOON + idle_after)
        assert OutgoingEvent.objects.count() == 0
        note_idle_in_store(now=NOON + abandoned_after)
        note_idle_in_store(now=NOON + 2 * abandoned_after)
        [one] = OutgoingEvent.objects.all()
    assert (one.type, one.data["cart"]["total_minor"], one.data["customer"]["email"]) == ("cart.abandoned", 1250, "ana@example.test")


def test_tells_of_new_and_changed_orders_and_not_of_history(store):
    def order(number, name="Order Completed", *, backfill=False, **more):
        said = {"order_id": number, "total": "89.00", "currency": "EUR", "updated_at": NOON.isoformat(), **more}
        row = identify_event(store, "7", **said)
        row.kind, row.name, row.backfill = "track", name, backfill
        return row

    def told_orders():
        with work_for(store):
            found = [
                (one.type, one.data["order"]["number"]) for one in OutgoingEvent.objects.filter(type__startswith="order.").order_by("pk")
            ]
            OutgoingEvent.objects.all().delete()
            return found

    project(store, order("1001"), order("old", backfill=True))
    assert told_orders() == [("order.created", "1001")]
    later = (NOON + timedelta(hours=1)).isoformat()
    project(store, order("1001", "Order Updated", payment_state="refunded", updated_at=later))
    assert told_orders() == [("order.updated", "1001")]


def test_says_that_an_order_was_called_off_once_with_its_parts_and_lines(store):
    def tell(name, **more):
        said = {"order_id": "1001", "total": "16.50", "shipping": "1.50", "currency": "EUR", **more}
        row = identify_event(store, "7", **said)
        row.kind, row.name = "track", name
        project(store, row)

    line = {"product_id": "beans", "variant_id": "250", "price": "10.00", "quantity": 2, "amount": "15.00"}
    tell("Order Completed", products=[line], updated_at=NOON.isoformat())
    with work_for(store):
        OutgoingEvent.objects.all().delete()
    for cancelled in ("Order Cancelled", "Order Cancelled", "Order Updated", "Order Updated"):
        tell(cancelled, products=[line], cancelled_at=NOON.isoformat(), updated_at=NOON.isoformat(), coupons=[])
    with work_for(store):
        [one] = OutgoingEvent.objects.filter(type="order.updated")
    order = one.data["order"]
    assert (order["cancelled_at"], order["shipping_minor"], order["discount_minor"]) == (NOON.isoformat(), 150, 0)
    assert [(line["variant_id"], line["amount_minor"]) for line in order["lines"]] == [("250", 1500)]


def test_a_store_without_endpoints_hears_nothing():
    store = make_store()
    project(store, identify_event(store, "7", email="ana@example.test"))
    assert told(store) == []
