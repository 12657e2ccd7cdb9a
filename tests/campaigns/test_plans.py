"""What sending, journeys and receipts read of a large store where most stores are small: the rows they name, never all of the store."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from campaigns.journeys.intake import take_news
from campaigns.journeys.running import run_due
from campaigns.models import Click, Enrollment, Flight, Message, Opening
from campaigns.sending import dispatch
from campaigns.sending.opening import note_openings
from campaigns.sending.receipts import note_clicks
from retention.catalog.models import Product
from retention.customers.events import NewEvent, record_many
from retention.customers.models import Customer
from retention.orders.models import Cart, CartLine
from tests.campaigns.campaigning import send_all
from tests.campaigns.crowd import make_ready, make_version
from tests.campaigns.journeys.journeying import SEND, make_journey, make_template
from tests.reads import greedy, most_stores_small

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

PEOPLE, CONCERNED = 1_000, 40
TABLES = (
    *("customers_customer", "customers_consent", "orders_cart", "orders_cartline"),
    *("catalog_product", "campaigns_message", "campaigns_enrollment"),
)


@pytest.fixture
def people(store: Any, now: Any) -> list[Customer]:
    """Fill a store: of each person a mail that waits for tomorrow, and a basket with a product of their own."""
    shown = make_version(html="{% for line in cart.lines %}<p>{{ line.name }}</p>{% endfor %}")
    people = [message.customer for message in make_ready(PEOPLE, now=now + timedelta(days=1), version=shown)]
    Product.objects.bulk_create([Product(shop_id=f"lamp-{one.pk}", name="Lamp", state="active") for one in people])
    carts = Cart.objects.bulk_create(
        [Cart(customer=one, currency="EUR", lines_count=1, started_at=now, last_activity_at=now) for one in people]
    )
    CartLine.objects.bulk_create(
        [CartLine(cart=cart, product_id=f"lamp-{cart.customer_id}", name="Lamp", quantity=1, price_minor=100) for cart in carts]
    )
    return people


def test_mails_and_what_comes_of_them(store: Any, sink: Any, now: Any, people: list[Customer]) -> None:
    """A few people are wanted by a second mail."""
    some = list(Message.objects.order_by("-pk")[:CONCERNED])
    carts = dict(Cart.objects.values_list("customer_id", "pk"))
    for message in some:
        message.due_at, message.cart_id = now, carts[message.customer_id]
    Message.objects.bulk_update(some, ["due_at", "cart_id"])
    Message.objects.bulk_create([Message(**_as_of(one), occurrence="rival", source_id=2) for one in some[:3]])
    with most_stores_small(*TABLES), greedy(*TABLES, most=5 * CONCERNED) as found:
        assert send_all(store, now=now) == CONCERNED
        told = [{"message": one, "customer": one.customer, "at": now, "agent": ""} for one in some]
        Opening.objects.bulk_create([Opening(**each) for each in told])
        Click.objects.bulk_create([Click(**each, position=1, method="GET") for each in told])
        assert (note_openings(now=now), note_clicks(now=now)) == (CONCERNED, CONCERNED)
    assert found == {}
    wanted_twice = Message.objects.filter(customer__in=[one.customer_id for one in some[:3]])
    assert sorted(wanted_twice.values_list("state", flat=True)) == ["ready"] * 3 + ["sent"] * 3


def _as_of(one: Message) -> dict[str, Any]:
    """Return what another message to the same person has in common with one."""
    names = ("source_kind", "step", "customer_id", "channel", "template_version_id", "planned_at", "due_at")
    return {name: getattr(one, name) for name in names}


def test_what_is_reserved_held_on_to_and_given_back(store: Any, now: Any, people: list[Customer]) -> None:
    some = Message.objects.order_by("-pk")[:CONCERNED].values("pk")
    Message.objects.filter(pk__in=some).update(due_at=now)
    holder = uuid4()
    with most_stores_small(*TABLES), greedy(*TABLES, most=5 * CONCERNED) as found:
        ids = dispatch.reserve(holder, channel="email", now=now, limit=dispatch.SLICE)
        dispatch._renew(holder, ids, store_id=store.pk)
        dispatch.give_back(holder, ids)
    assert (len(ids), Message.objects.filter(holder=holder).count(), Flight.objects.count(), found) == (CONCERNED, 0, 0, {})


def test_journeys(store: Any, now: Any, people: list[Customer]) -> None:
    make_template()
    journey = make_journey({"trigger": {"event": "Product Viewed"}, "steps": [SEND]}, now=now)
    usual: dict[str, Any] = {"journey": journey, "version": journey.versions.get(), "trigger_at": now, "entered_at": now}
    usual |= {"step": "mail", "due_at": now + timedelta(days=9)}
    Enrollment.objects.bulk_create([Enrollment(customer=one, occurrence=f"before {one.pk}", about="before", **usual) for one in people])
    with most_stores_small(*TABLES), greedy(*TABLES, most=5 * CONCERNED) as found:
        record_many([NewEvent(one.pk, "Product Viewed") for one in people[-CONCERNED:]], now=now)
        assert take_news(now=now) == CONCERNED
        assert run_due(now=now) == CONCERNED
    assert found == {}
