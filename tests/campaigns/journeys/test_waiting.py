"""Waiting for events in the database: only what happens afterwards counts, for this basket, in its order, also while resting."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from campaigns.journeys import running
from campaigns.journeys.intake import take_news
from campaigns.journeys.running import run_due
from campaigns.models import Enrollment, Journey, Message
from retention.customers.events import record
from retention.customers.models import Customer
from retention.webhooks.managing import Wish, make_endpoint
from retention.webhooks.models import OutgoingEvent
from tests.campaigns.campaigning import make_crowd
from tests.campaigns.journeys.journeying import LATER, SEND, make_journey, make_template, planned, runs_of, tick
from tests.campaigns.story import leave_cart, make_shopper

pytestmark = pytest.mark.django_db
HOPE = {"id": "hope", "kind": "wait_event", "event": "Checkout Started", "key": "cart_id", "hours": 4, "otherwise": "mail"}
STEPS = [HOPE, {"id": "came", "kind": "exit"}, SEND]


def idle(person: Any, *, at: Any, cart: str = "c1") -> None:
    record(person.pk, name="Cart Idle", now=at, properties={"cart_id": cart})
    tick(now=at)


@pytest.mark.parametrize(
    ("event", "after", "step"),
    [
        ({"cart_id": "c1"}, timedelta(hours=1), "came"),
        ({"cart_id": "c2"}, timedelta(hours=1), "mail"),
        ({"cart_id": "c1"}, timedelta(minutes=-1), "mail"),
        ({"cart_id": "c1"}, timedelta(hours=5), "mail"),
    ],
)
def test_only_what_happens_to_this_basket_while_it_waits_counts(
    store: Any, now: Any, event: dict[str, str], after: timedelta, step: str
) -> None:
    make_template()
    journey = make_journey({"trigger": {"event": "Cart Idle", "key": "cart_id"}, "steps": STEPS}, now=now)
    person = make_shopper(now=now)
    if after < timedelta(0):
        record(person.pk, name="Checkout Started", now=now + after, properties=event)
    idle(person, at=now)
    if timedelta(0) < after < timedelta(hours=4):
        record(person.pk, name="Checkout Started", now=now + after, properties=event)
        tick(now=now + after)
    tick(now=now + timedelta(hours=4))
    if after > timedelta(hours=4):
        record(person.pk, name="Checkout Started", now=now + after, properties=event)
        tick(now=now + after)
    assert runs_of(journey) == [("finished", step, "")]


def test_two_events_in_one_look_are_heard_one_after_the_other(store: Any, now: Any) -> None:
    steps = [{"id": f"w{place}", "kind": "wait_event", "event": event, "hours": 9} for place, event in enumerate(["A", "A", "B"])]
    journey = make_journey({"trigger": {"event": "Start"}, "steps": [*steps, LATER]}, now=now)
    (person,) = make_crowd(1, now=now)
    record(person.pk, name="Start", now=now)
    tick(now=now)
    for second, name in enumerate(["B", "A", "A"], start=1):
        record(person.pk, name=name, now=now + timedelta(seconds=second))
    tick(now=now + timedelta(seconds=9))
    assert runs_of(journey) == [("running", "w2", "")]  # the first B came too early
    record(person.pk, name="B", now=now + timedelta(seconds=10))
    tick(now=now + timedelta(seconds=11))
    assert runs_of(journey) == [("running", "pause", "")]


def test_a_resting_journey_keeps_what_it_heard_and_does_nothing_until_it_goes_on(store: Any, now: Any) -> None:
    make_template()
    steps = [{**HOPE, "key": ""}, SEND]
    journey = make_journey({"trigger": {"event": "Cart Idle"}, "steps": steps}, now=now)
    person = make_shopper(now=now)
    idle(person, at=now)
    Journey.objects.get(pk=journey.pk).pause(now=now)
    record(person.pk, name="Checkout Started", now=now + timedelta(hours=1))
    tick(now=now + timedelta(hours=1))
    assert (runs_of(journey), planned(journey)) == ([("running", "hope", "")], [])
    Journey.objects.get(pk=journey.pk).resume()
    tick(now=now + timedelta(hours=2))
    assert (runs_of(journey), planned(journey)) == ([("finished", "mail", "")], [("mail", "email")])


def test_nobody_is_written_to_who_still_moves(store: Any, now: Any) -> None:
    make_template()
    make_template("corner", channel="onsite")
    corner = {"id": "corner", "kind": "send", "channel": "onsite", "template": "corner"}
    journey = make_journey({"trigger": {"event": "Cart Idle"}, "calm_minutes": 30, "steps": [corner, SEND]}, now=now)
    person = make_shopper(now=now)
    Customer.objects.filter(pk=person.pk).update(last_seen_at=now - timedelta(minutes=10))
    idle(person, at=now)
    assert planned(journey) == [("corner", "onsite")]
    Customer.objects.filter(pk=person.pk).update(last_seen_at=now + timedelta(minutes=15))
    tick(now=now + timedelta(minutes=20))
    assert Enrollment.objects.get().due_at == now + timedelta(minutes=45)
    tick(now=now + timedelta(minutes=45))
    assert planned(journey) == [("corner", "onsite"), ("mail", "email")]


def test_a_ladder_falls_to_who_may_be_written_to_and_each_rung_says_one_thing(store: Any, now: Any) -> None:
    for channel in ("push", "sms", "email", "onsite"):
        make_template(channel, channel=channel)
    rungs = [{"channel": one, "template": one, "minutes": place * 60} for place, one in enumerate(("push", "sms", "email", "onsite"))]
    journey = make_journey({"trigger": {"event": "Cart Idle"}, "steps": [{"id": "up", "kind": "ladder", "rungs": rungs}]}, now=now)
    writable, silent = make_shopper(now=now), make_shopper("Bo", now=now, consent=False)
    for person in (writable, silent):
        idle(person, at=now)
    for hour in range(1, 5):
        tick(now=now + timedelta(hours=hour))
    rows = Message.objects.filter(source_id=journey.pk).order_by("planned_at", "id").values_list("customer_id", "channel", "planned_at")
    assert list(rows) == [
        (writable.pk, "email", now),
        (silent.pk, "onsite", now),
        (writable.pk, "onsite", now + timedelta(hours=3)),
    ]


def test_a_step_waits_until_the_news_of_its_person_is_read(store: Any, now: Any) -> None:
    """An order a moment ago, not read yet, must come before the next message."""
    make_template()
    journey = make_journey({"trigger": {"event": "Cart Idle"}, "exits": [{"event": "Order Completed"}], "steps": [LATER, SEND]}, now=now)
    person, other = make_crowd(2, now=now)
    for one in (person, other):
        idle(one, at=now)
    record(person.pk, name="Order Completed", now=now + timedelta(minutes=59))
    assert run_due(now=now + timedelta(hours=1)) == 1
    assert runs_of(journey) == [("running", "pause", ""), ("finished", "mail", "")]
    take_news(now=now + timedelta(hours=1))
    assert runs_of(journey) == [("stopped", "pause", "Order Completed"), ("finished", "mail", "")]


@pytest.mark.parametrize("then", [{"id": "b", "kind": "wait", "hours": 1, "then": "pause"}, {"id": "end", "kind": "exit"}])
def test_many_who_stand_alike_go_on_as_each_would_alone(store: Any, now: Any, monkeypatch: pytest.MonkeyPatch, then: Any) -> None:
    crowd, found = make_crowd(7, now=now), []
    for many in (3, 1000):
        monkeypatch.setattr(running, "MANY", many)
        journey = make_journey({"trigger": {"event": f"Idle {many}"}, "steps": [LATER, then]}, now=now)
        for hour, coming in enumerate((crowd[:5], crowd[5:], [], [], [])):
            for one in coming:
                record(one.pk, name=f"Idle {many}", now=now + timedelta(hours=hour))
            tick(now=now + timedelta(hours=hour))
        rows = Enrollment.objects.filter(journey=journey).order_by("customer")
        found.append(list(rows.values_list("customer", "state", "step", "due_at", "memory", "reason", "ended_at")))
    assert found[0] == found[1]
    assert len({row[4].get("lap", 0) for row in found[0]}) == (1 if then["kind"] == "exit" else 2)


def test_of_one_person_what_was_due_first_is_done_first(store: Any, now: Any) -> None:
    """One run is asked about its basket and the other stands alike with others: after a backlog both are due in one slice."""
    endpoint, _ = make_endpoint(Wish("https://phases.example.test/hook", "", ["order.created"]), now=now)
    for name, guards in (("Asked", ["cart_open"]), ("Alike", [])):
        note = {"id": "note", "kind": "update", "set": {"phase": name}}
        tell = {"id": "tell", "kind": "webhook", "endpoint": str(endpoint.public_id), "data": {"phase": name}}
        make_journey({"trigger": {"event": name, "key": "cart_id"}, "guards": guards, "steps": [LATER, note, tell]}, now=now)
    person = make_shopper(now=now)
    cart = leave_cart(person, now=now)
    for minute, name in ((0, "Asked"), (5, "Alike")):
        at = now + timedelta(minutes=minute)
        record(person.pk, name=name, now=at, properties={"cart_id": str(cart.public_id)})
        tick(now=at)
    assert run_due(now=now + timedelta(hours=3)) == 2
    person.refresh_from_db()
    assert person.attributes["phase"] == "Alike"
    assert [one.data["values"]["phase"] for one in OutgoingEvent.objects.order_by("id")] == ["Asked", "Alike"]


@pytest.mark.django_db(transaction=True)
def test_of_one_person_the_the_earlier_run_comes_first_whoever_holds_it(store: Any, now: Any) -> None:
    journey = make_journey({"trigger": {"event": "Cart Idle", "key": "cart_id"}, "steps": [LATER, {"id": "end", "kind": "exit"}]}, now=now)
    person, other = make_crowd(2, now=now)
    idle(person, at=now, cart="c1")
    idle(person, at=now + timedelta(minutes=1), cart="c2")
    idle(other, at=now + timedelta(minutes=2), cart="c3")
    first = Enrollment.objects.order_by("id").first()
    assert first is not None
    holder = connection.copy()
    try:
        with holder.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT set_config('app.store_id', %s, true)", [str(store.pk)])
            cursor.execute("SELECT 1 FROM campaigns_enrollment WHERE id = %s FOR UPDATE", [first.pk])
            run_due(now=now + timedelta(hours=2))
            assert [state for state, _, _ in runs_of(journey)] == ["running", "running", "finished"]
            cursor.execute("COMMIT")
    finally:
        holder.close()
    run_due(now=now + timedelta(hours=2))
    assert [state for state, _, _ in runs_of(journey)] == ["finished"] * 3


def test_a_purchase_that_arrives_before_the_basket_ends_it_unsent(store: Any, now: Any) -> None:
    make_template()
    data = {
        "trigger": {"event": "Cart Idle", "key": "cart_id"},
        "exits": [{"event": "Order Completed"}],
        "guards": ["cart_open"],
        "steps": [SEND],
    }
    journey = make_journey(data, now=now)
    person = make_shopper(now=now)
    cart = leave_cart(person, now=now)
    cart.state, cart.closed_at = "bought", now - timedelta(seconds=5)
    cart.save()
    record(person.pk, name="Order Completed", now=now - timedelta(seconds=5))
    tick(now=now + timedelta(seconds=1))
    assert (runs_of(journey), planned(journey)) == ([("stopped", "", "not cart_open")], [])
