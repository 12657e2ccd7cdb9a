"""News of events: what starts a run and what does not, replays, order of arrival, and that no news is lost between two transactions."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from campaigns.journeys.intake import take_news
from campaigns.journeys.running import next_moment
from campaigns.models import Enrollment, Message
from campaigns.playbooks.switching import switch_on
from retention.customers.changes import EVERYTHING
from retention.customers.events import record, tell_readers
from retention.customers.models import Pending
from retention.kit import clock
from retention.tenancy.context import store_context
from tests.campaigns.story import buy, leave_cart, make_shopper, tick


@pytest.mark.django_db
def test_replayed_events_start_nothing_twice(store: Any, now: Any) -> None:
    switch_on("abandoned_cart", now=now - timedelta(days=1))
    shopper = make_shopper(now=now)
    cart = leave_cart(shopper, now=now)
    for _ in range(3):
        record(shopper.pk, name="Cart Idle", now=now, properties={"cart_id": str(cart.public_id)})
        tell_readers({shopper.pk: [EVERYTHING]}, now=now)
        tick(now=now)
    assert (Enrollment.objects.count(), Message.objects.count()) == (1, 1)
    assert Enrollment.objects.get().cart_id == cart.pk


@pytest.mark.django_db
def test_what_happened_before_the_launch_starts_nothing(store: Any, now: Any) -> None:
    switch_on("abandoned_cart", now=now + timedelta(seconds=1))
    leave_cart(make_shopper(now=now), now=now)
    tick(now=now + timedelta(minutes=1))
    assert Enrollment.objects.count() == 0


@pytest.mark.django_db
def test_order_that_arrives_together_with_the_idle_moment_ends_the_run_unsent(store: Any, now: Any) -> None:
    switch_on("abandoned_cart", now=now - timedelta(days=1))
    shopper = make_shopper(now=now)
    cart = leave_cart(shopper, now=now)
    buy(shopper, cart, now=now + timedelta(seconds=1))
    tick(now=now + timedelta(minutes=1))
    assert Enrollment.objects.get().state == "stopped"
    assert Message.objects.count() == 0


@pytest.mark.django_db
def test_older_order_does_not_end_a_new_run(store: Any, now: Any) -> None:
    switch_on("abandoned_cart", now=now - timedelta(days=1))
    shopper = make_shopper(now=now)
    buy(shopper, None, now=now - timedelta(hours=3))
    leave_cart(shopper, now=now)
    tick(now=now)
    assert (Enrollment.objects.get().state, Message.objects.count()) == ("running", 1)


@pytest.mark.django_db
def test_another_customers_basket_is_not_taken(store: Any, now: Any) -> None:
    switch_on("abandoned_cart", now=now - timedelta(days=1))
    cart = leave_cart(make_shopper(now=now), now=now - timedelta(days=3))
    thief = make_shopper("Eve", now=now)
    record(thief.pk, name="Cart Idle", now=now, properties={"cart_id": str(cart.public_id)})
    tick(now=now)
    run = Enrollment.objects.get(customer=thief)
    assert (run.cart_id, run.state) == (None, "stopped")


@pytest.mark.django_db
def test_next_moment_is_the_next_step(store: Any, now: Any) -> None:
    assert next_moment(now=now) is None
    switch_on("abandoned_cart", now=now - timedelta(days=1))
    leave_cart(make_shopper(now=now), now=now)
    assert next_moment(now=now) == now
    tick(now=now)
    assert next_moment(now=now) == now + timedelta(hours=20)


@pytest.mark.django_db(transaction=True)
def test_news_of_an_uncommitted_event_is_not_lost(store: Any) -> None:
    """The reader looks while a second event of the same person is written but not committed: the news must stay."""
    now = clock.now()
    shopper = make_shopper(now=now)
    record(shopper.pk, name="Product Viewed", now=now)
    written, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with store_context(store.pk):
            with transaction.atomic():
                record(shopper.pk, name="Cart Idle", now=now, properties={"cart_id": "x"})
                written.set()
                go_on.wait(10)
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    written.wait(10)
    assert take_news(now=now) == 0
    go_on.set()
    writer.join()
    assert Pending.objects.filter(reader="journeys").count() == 1
    assert take_news(now=now) == 1
    assert Pending.objects.filter(reader="journeys").count() == 0
