"""Stored events become one truth per person, whatever the order and however often they arrive."""

import json
import random

import pytest

from campaigns.journeys.surveying import ANSWERED
from campaigns.journeys.triggers import PRODUCT_NEWS
from campaigns.recovery.rules.compiling import TRIGGER
from campaigns.sending.opening import OPENED
from campaigns.sending.receipts import BOUNCED, CLICKED, COMPLAINED, DELIVERED
from campaigns.sending.replying import RECEIVED
from campaigns.sending.visiting import CLOSED
from retention.catalog.models import Product
from retention.customers import attributes, counting, profile
from retention.customers.events import OWN_NAMES
from retention.customers.importing.meeting import IMPORTED
from retention.customers.merging import MERGED
from retention.customers.models import Attribute, Consent, Customer, CustomerCounter, CustomerEvent, EventName, Identity, Pending
from retention.customers.saving import SAVED
from retention.intake.projecting import waiting
from retention.intake.projecting.batching import NAME_IS_OURS, project_batch
from retention.intake.projecting.ordering import ORDER_FROM_BROWSER
from retention.intake.projecting.reading import CONSENT_FROM_BROWSER
from retention.intake.shops.people import ASKED
from retention.orders.idling import CART_ABANDONED, CART_IDLE
from retention.orders.models import Cart, Order
from retention.signup.joining import SIGNED_UP
from retention.signup.preferring import CHANGED as PREFERENCES_CHANGED
from tests.factories import make_store, work_for
from tests.intake.stories import NOW, event, identify, take

pytestmark = pytest.mark.django_db


def story():
    yes = {"email": {"status": "granted", "method": "form", "source": "shop"}}
    no = {"email": {"status": "refused", "method": "page"}}
    return [
        event(1, "Product Viewed", browser="b1", trusted=False, product_id="p1"),
        event(2, "Product Added", browser="b1", trusted=False, product_id="p1", price=10, quantity=2),
        identify(3, user="u1", browser="b1", email="Ana@Example.test", firstName="Ana", consent=yes),
        event(4, "Checkout Started", user="u1", browser="b1"),
        event(5, "Order Completed", user="u1", order_id="1", total=20, products=[{"product_id": "p1", "price": 10, "quantity": 2}]),
        identify(6, user="u1", city="Riga", firstName="Anna"),
        event(7, "Product Added", browser="b1", trusted=False, product_id="p2", price="3.50"),
        identify(8, user="u1", consent=no),
        event(9, "Product Added", user="u1", product_id="p3", price=1),
        event(10, "Product Removed", user="u1", product_id="p2"),
    ]


def truth():
    """Return everything that must come out the same, without row numbers."""
    customers = [
        (one.email, one.first_name, one.city, one.created_at, one.last_seen_at) for one in Customer.objects.order_by("email", "created_at")
    ]
    carts = [
        (
            cart.state,
            cart.total_minor,
            cart.stage,
            cart.started_at,
            cart.last_activity_at,
            cart.closed_at,
            sorted(cart.lines.values_list("product_id", "quantity")),
        )
        for cart in Cart.objects.exclude(state="merged").order_by("started_at")
    ]
    orders = [
        (order.number, order.total_minor, order.cart.started_at if order.cart else None, order.lines.count())
        for order in Order.objects.order_by("number")
    ]
    names = sorted(Identity.objects.values_list("kind", "value"))
    return (
        customers,
        carts,
        orders,
        names,
        sorted(Consent.objects.values_list("channel", "status")),
        sorted(Pending.objects.values_list("reader", flat=True)),
        sorted(CustomerCounter.objects.exclude(event_name__name=MERGED).values_list("event_name__name", "count", "first_at", "last_at")),
        sorted(Customer.objects.values_list("orders_count", "spent_minor", "last_order_at")),
        sorted(Product.objects.values_list("shop_id", "state")),
    )


def test_the_story_comes_out_right():
    with work_for(make_store()):
        take(story())
        customers, carts, orders, names, consents, pending, counters, figures, products = truth()
    assert [(email, first, city) for email, first, city, *_ in customers] == [("Ana@Example.test", "Anna", "Riga")]
    assert [(state, total, stage) for state, total, stage, *_ in carts] == [("bought", 2000, "checkout"), ("open", 100, "basket")]
    assert [(number, total) for number, total, *_ in orders] == [("1", 2000)]
    assert orders[0][2] == carts[0][3]
    assert names == [("anonymous", "b1"), ("email", "ana@example.test"), ("external", "u1")]
    assert (consents, pending) == ([("email", "refused")], ["journeys", "segments"])
    assert [(name, count) for name, count, *_ in counters] == [
        ("Checkout Started", 1),
        ("Order Completed", 1),
        ("Product Added", 3),
        ("Product Removed", 1),
        ("Product Viewed", 1),
    ]
    assert [(count, spent) for count, spent, _ in figures] == [(1, 2000)]
    assert products == [("p1", "seen"), ("p2", "seen"), ("p3", "seen")]


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_arrival_in_any_batches_ends_in_the_same_state(seed):
    dice = random.Random(seed)
    with work_for(make_store()):
        take(story())
        expected = truth()
    shuffled = story()
    dice.shuffle(shuffled)
    with work_for(make_store()):
        while shuffled:
            cut = dice.randint(1, 4)
            take(shuffled[:cut], size=dice.randint(1, 3))
            shuffled = shuffled[cut:]
        assert truth() == expected


@pytest.mark.parametrize("piece", [1, 2, 4, 250])
def test_a_batch_holds_fewer_of_long_events_and_never_none(piece, monkeypatch):
    monkeypatch.setattr(waiting, "PIECE", piece)
    monkeypatch.setattr(waiting, "MOST_LETTERS", 3_000)
    long, story_of_one = "x" * 1_200, [event(minute, "Product Viewed", browser="a", said="y" * 10) for minute in range(3)]
    with work_for(make_store()):
        CustomerEvent.objects.bulk_create(
            [
                *story_of_one,
                *(event(minute, "Product Viewed", browser="a", said=long) for minute in range(10, 14)),
                event(20, "Product Viewed", browser="a", said=long * 3),
            ]
        )
        batches = [project_batch(now=NOW) for _ in range(9)]
        assert all(count <= most for count, most in zip(batches, [5, 3, 2], strict=False)), batches
        assert sum(batches) == 8, "none is left, whatever the pieces"
        assert CustomerCounter.objects.get().count == 8


def test_two_stores_with_the_same_names_stay_apart():
    first, second = make_store(), make_store()
    for store in (first, second):
        with work_for(store):
            take(story())
    for store in (first, second):
        with work_for(store):
            assert (Customer.objects.count(), Order.objects.count(), Cart.objects.count()) == (1, 1, 2)


def test_a_browser_may_not_say_that_an_order_was_paid_nor_that_consent_was_given():
    with work_for(make_store()):
        take(
            [
                event(1, "Product Added", browser="b", trusted=False, product_id="p", price=1),
                event(2, "Order Completed", browser="b", trusted=False, order_id="1", total=1),
                identify(3, browser="b", trusted=False, email="a@example.test", consent={"email": {"status": "granted"}}),
            ]
        )
        assert not Order.objects.exists()
        assert not Consent.objects.exists()
        assert Cart.objects.get().state == "open"
        assert list(CustomerEvent.objects.exclude(refusal="").order_by("id").values_list("refusal", flat=True)) == [
            ORDER_FROM_BROWSER,
            CONSENT_FROM_BROWSER,
        ]
        assert Customer.objects.get().email == "a@example.test"


@pytest.mark.parametrize("kind", ["track", "page", "screen"])
@pytest.mark.parametrize("trusted", [True, False])
def test_nobody_else_says_what_only_the_product_says(kind, trusted):
    with work_for(make_store()):
        take([event(1, name, user="u1", kind=kind, trusted=trusted, cart_id="x") for name in sorted(OWN_NAMES)])
        assert set(CustomerEvent.objects.values_list("name", "refusal")) == {(name, NAME_IS_OURS) for name in OWN_NAMES}


def test_the_list_of_our_own_names_is_complete():
    mail = {*DELIVERED.values(), *BOUNCED.values(), *CLICKED.values(), CLOSED, COMPLAINED, OPENED, RECEIVED, "Unsubscribed"}
    segments = {"Segment Entered", "Segment Left", TRIGGER}
    news = {*PRODUCT_NEWS.values(), ANSWERED}
    assert {ASKED, CART_ABANDONED, CART_IDLE, IMPORTED, MERGED, SAVED, SIGNED_UP, PREFERENCES_CHANGED, *mail, *segments, *news} == OWN_NAMES


def test_a_browser_may_not_change_an_address_nor_join_two_people():
    with work_for(make_store()):
        take([identify(1, user="u1", email="ana@example.test"), identify(2, user="u1", trusted=False, email="thief@example.test")])
        assert Customer.objects.get().email == "ana@example.test"
        take([identify(3, user="u1", email="ana.new@example.test")])
        assert Customer.objects.get().email == "ana.new@example.test"


@pytest.mark.parametrize("first", ["server", "browser"])
def test_a_browser_replaces_nothing_that_the_shop_s_server_said(first):
    said = [
        identify(1, user="u1", email="ana@example.test", firstName="Ana", loyalty="bronze", city="Riga"),
        identify(2, trusted=False, email="ana@example.test", firstName="Pay now: evil.example", loyalty="gold", lastName="Berg"),
    ]
    with work_for(make_store()):
        take(said if first == "server" else said[::-1], size=1)
        ana = Customer.objects.get()
        assert (ana.first_name, ana.last_name, ana.city, ana.attributes) == ("Ana", "Berg", "Riga", {"loyalty": "bronze"})


def test_where_only_browsers_speak_the_later_word_counts():
    with work_for(make_store()):
        take([identify(2, user="u1", trusted=False, city="Riga", size="M"), identify(1, user="u1", trusted=False, city="Bern", size="S")])
        take([identify(3, user="u1", trusted=False, firstName="Ana"), identify(4, user="u1", trusted=False, size="L")])
        ana = Customer.objects.get()
        assert (ana.city, ana.first_name, ana.attributes) == ("Riga", "Ana", {"size": "L"})


def test_a_stranger_s_browser_fills_nobody_s_basket():
    added = {"product_id": "x", "price": 1, "url": "https://evil.example/pay"}
    stranger = event(5, "Product Added", browser="evil", trusted=False, **added)
    stranger.context = {"traits": {"email": "ana@example.test"}}
    with work_for(make_store()):
        take([identify(1, user="u1", browser="mine", email="ana@example.test")])
        take([event(2, "Product Added", browser="mine", trusted=False, product_id="p", price=2)])
        take([event(3, "Product Added", browser="evil", trusted=False, **added)])
        take([identify(4, browser="evil", trusted=False, email="ana@example.test"), stranger])
        take([event(6, "Product Added", user="u1", browser="other", trusted=False, **added)])
        take([identify(7, user="u1", browser="shopify-order:9")])
        take([event(8, "Product Added", user="u1", browser="shopify-order:9", trusted=False, **added)])
        ana = Customer.objects.get()
        assert [cart.lines.get().product_id for cart in Cart.objects.filter(customer=ana, state="open")] == ["p"]
        assert CustomerEvent.objects.filter(customer=ana, name="Product Added").count() == 5  # seen on the timeline all the same


def test_invented_names_and_keys_leave_room_for_the_shop_s_own():
    with work_for(make_store()):
        Attribute.objects.bulk_create([Attribute(key=f"made-{number}", kind="text") for number in range(attributes.MOST_FROM_BROWSERS)])
        EventName.objects.bulk_create([EventName(name=f"Made {n}", first_seen_at=NOW) for n in range(counting.MOST_FROM_BROWSERS)])
        take([identify(1, user="u1", trusted=False, invented="x", **{"made-1": "y"}), event(2, "Invented", user="u1", trusted=False)])
        assert Customer.objects.get().attributes == {"made-1": "y"}
        assert not EventName.objects.filter(name="Invented").exists()
        take([identify(3, user="u1", tier="gold"), event(4, "Brewed", user="u1")])
        assert Customer.objects.get().attributes == {"made-1": "y", "tier": "gold"}
        assert list(CustomerCounter.objects.values_list("event_name__name", "count")) == [("Brewed", 1)]


def test_one_person_s_attributes_end_somewhere():
    with work_for(make_store()):
        take([identify(n, user="u1", **{f"a-{n}-{place}": "x" for place in range(90)}) for n in range(1, 5)])
        take([identify(n, user="u2", **{f"a-{n}-{place}": ["y" * 500] * 50 for place in range(3)}) for n in range(1, 5)])
        one, other = Customer.objects.order_by("pk")
        assert len(one.attributes) == profile.MOST_OF_PERSON
        assert len(json.dumps(other.attributes)) <= profile.LARGEST_OF_PERSON + 100
        assert len(other.attributes) >= 2


def test_a_browser_fills_in_a_phone_number_and_never_changes_it():
    with work_for(make_store()):
        take([identify(1, user="u1", trusted=False, phone="+37120000001"), identify(2, user="u1", trusted=False, phone="+37120000666")])
        assert Customer.objects.get().phone == "+37120000001"
        take([identify(3, user="u1", phone="+37120000002")])
        assert Customer.objects.get().phone == "+37120000002"


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"total": 1}, "properties.order_id is missing."),
        ({"order_id": "1"}, "properties.total is missing."),
        ({"order_id": "1", "total": -1}, "properties.total: The amount is negative."),
        ({"order_id": "1", "total": 1.005}, "properties.total: The amount has more decimals than EUR has."),
        ({"order_id": "1", "total": 1, "currency": "???"}, "properties.currency: '???' is not a currency code we know."),
        ({"order_id": "1", "total": 1, "products": "x"}, "properties.products: This must be a list of at most 500 products."),
    ],
)
def test_an_order_that_cannot_be_read_says_why_and_hurts_nobody_else(properties, reason):
    with work_for(make_store()):
        take([event(1, "Order Completed", user="u", **properties), event(2, "Order Completed", user="v", order_id="2", total=5)])
        assert [order.number for order in Order.objects.all()] == ["2"]
        assert CustomerEvent.objects.get(external_id="u").refusal == reason


def test_an_order_sent_twice_with_other_ids_counts_once():
    with work_for(make_store()):
        take([event(1, "Order Completed", user="u", order_id="1", total=5), event(2, "Order Completed", user="u", order_id="1", total=5)])
        take([event(3, "Order Completed", user="u", order_id="1", total=5)])
        assert Order.objects.count() == 1
        assert CustomerEvent.objects.filter(refusal="Order 1 was counted already.").count() == 2


def test_a_basket_that_came_back_stays_so_whatever_arrives_late():
    with work_for(make_store()):
        take([event(2, "Product Added", user="u", product_id="a", price=1), event(5, "Order Completed", user="u", order_id="1", total=1)])
        Cart.objects.update(state="recovered")
        take([event(1, "Product Added", user="u", product_id="b", price=2)])
        cart = Cart.objects.get()
        assert (cart.state, cart.total_minor) == ("recovered", 300)


def test_a_batch_of_many_people_costs_as_many_statements_as_one_of_few(django_assert_max_num_queries):
    with work_for(make_store()):
        events = [
            part
            for number in range(100)
            for part in (
                identify(1, user=f"u{number}", email=f"u{number}@example.test"),
                event(2, "Product Added", user=f"u{number}", product_id="p", price=1),
            )
        ]
        CustomerEvent.objects.bulk_create(events)
        with django_assert_max_num_queries(42):
            assert project_batch(now=NOW) == 200
        assert (Customer.objects.count(), Cart.objects.count()) == (100, 100)
