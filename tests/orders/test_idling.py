"""Baskets left alone are noted once, at their hour, and not for history."""

from datetime import UTC, datetime, timedelta

import pytest

from retention.customers.models import CustomerEvent, Pending
from retention.orders.idling import hush, note_idle, ring_for_idle
from retention.orders.models import Cart, CartSettings
from retention.stores.models import StoreWork
from tests.factories import make_store, work_for
from tests.factories.customers import make_cart, make_customer

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def rung(store, *customers):
    with work_for(store):
        ring_for_idle([customer.pk for customer in customers])


def test_notes_each_basket_once_at_its_hour():
    store = make_store()
    early, late = make_customer(store), make_customer(store)
    make_cart(early, touched=NOON)
    make_cart(late, touched=NOON + timedelta(minutes=10))
    rung(store, early, late)
    assert note_idle(now=NOON + HOUR - timedelta(seconds=1)) == 0
    assert note_idle(now=NOON + HOUR) == 1
    assert StoreWork.objects.get(store=store, kind="idle").due_at == NOON + timedelta(minutes=70)
    assert note_idle(now=NOON + 2 * HOUR) == 1
    assert note_idle(now=NOON + 3 * HOUR) == 0
    assert StoreWork.objects.get(store=store, kind="idle").due_at == NOON + timedelta(days=1)
    with work_for(store):
        events = list(CustomerEvent.objects.filter(name="Cart Idle").order_by("occurred_at"))
        assert [(one.customer_id, one.occurred_at) for one in events] == [(early.pk, NOON + HOUR), (late.pk, NOON + timedelta(minutes=70))]
        assert Pending.objects.filter(reader="journeys").count() == 2
        assert Cart.objects.filter(idle_at=None).count() == 0


def test_bought_empty_and_long_gone_baskets_are_no_news():
    store = make_store()
    people = [make_customer(store) for _ in range(3)]
    make_cart(people[0], touched=NOON, state="bought", closed_at=NOON)
    make_cart(people[1], touched=NOON, lines_count=0)
    make_cart(people[2], touched=NOON - timedelta(days=30))
    rung(store, *people)
    note_idle(now=NOON + 2 * HOUR)
    with work_for(store):
        assert not CustomerEvent.objects.exists()
        long_gone = Cart.objects.get(customer=people[2])
        assert (long_gone.state, long_gone.idle_at) == ("expired", NOON - timedelta(days=30) + HOUR)
        assert long_gone.closed_at == NOON - timedelta(days=16)


def test_a_basket_is_abandoned_a_day_later_and_given_up_after_two_weeks():
    store = make_store()
    ana = make_customer(store)
    make_cart(ana, touched=NOON)
    rung(store, ana)
    for passed in (HOUR, timedelta(days=1), timedelta(days=14, seconds=1)):
        note_idle(now=NOON + passed)
        note_idle(now=NOON + passed)
    assert not StoreWork.objects.filter(store=store, kind="idle").exists()
    with work_for(store):
        cart = Cart.objects.get()
        assert (cart.state, cart.idle_at, cart.abandoned_at) == ("expired", NOON + HOUR, NOON + timedelta(days=1))
        assert list(CustomerEvent.objects.order_by("occurred_at").values_list("name", flat=True)) == ["Cart Idle", "Cart Abandoned"]


def test_what_only_tells_about_the_past_makes_no_news():
    store = make_store()
    ana = make_customer(store)
    make_cart(ana, touched=NOON)
    with work_for(store):
        hush({ana.pk: NOON})
    rung(store, ana)
    note_idle(now=NOON + timedelta(days=2))
    with work_for(store):
        assert not CustomerEvent.objects.exists()
        assert Cart.objects.get().state == "open"


def test_the_stores_own_waiting_time_counts():
    store = make_store()
    ana = make_customer(store)
    make_cart(ana, touched=NOON)
    with work_for(store):
        CartSettings.objects.create(idle_minutes=15)
    rung(store, ana)
    assert note_idle(now=NOON + timedelta(minutes=15)) == 1
