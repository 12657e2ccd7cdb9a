"""What runs do beside messages: codes, attributes, webhooks, mail to the team; once, and undone with the step when it is undone."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from campaigns.coupons.drawing import occasion_of_run
from campaigns.journeys import doing
from campaigns.models import Coupon, Enrollment, Message
from retention.customers.events import record
from retention.notices.models import Notice
from retention.webhooks.managing import Wish, make_endpoint
from retention.webhooks.models import OutgoingEvent, WebhookDelivery
from tests.campaigns.campaigning import make_crowd
from tests.campaigns.coupons.pools import make_pool
from tests.campaigns.journeys.journeying import LATER, SEND, actions, make_journey, make_template, planned, runs_of, tick
from tests.factories import member_of

pytestmark = pytest.mark.django_db
VIEWED = {"event": "Product Viewed"}


def undone(now: Any) -> None:
    """Do everything, and end before it can be kept."""
    with transaction.atomic():
        tick(now=now)
        transaction.set_rollback(True)


def test_the_last_code_goes_to_who_came_first_and_the_other_leaves(store: Any, now: Any) -> None:
    make_template()
    pool = make_pool("ONLY-ONE", now=now)
    step = {"id": "code", "kind": "coupon", "pool": str(pool.public_id), "without": "leave"}
    journey = make_journey({"trigger": VIEWED, "steps": [step, SEND]}, now=now)
    first, second = make_crowd(2, now=now)
    for person in (first, second):
        record(person.pk, name="Product Viewed", now=now)
        tick(now=now)
    assert runs_of(journey) == [("finished", "mail", ""), ("stopped", "code", "coupons_out")]
    assert actions(journey) == [("draw", "code", ""), ("draw", "code", "none_left")]
    run = Enrollment.objects.get(customer=first)
    code = Coupon.objects.get()
    assert (code.occasion, code.customer_id, code.drawn_at) == (occasion_of_run(run.pk), first.pk, now)
    assert list(Message.objects.values_list("customer_id", flat=True)) == [first.pk]


def test_attributes_are_written_as_the_shops_word_and_fields_are_not(store: Any, now: Any) -> None:
    (person,) = make_crowd(1, now=now)
    step = {"id": "note", "kind": "update", "set": {"plan": "gold", "met_on": {"is": "today"}, "email": "thief@example.test"}}
    make_journey({"trigger": VIEWED, "steps": [step]}, now=now)
    record(person.pk, name="Product Viewed", now=now)
    tick(now=now)
    address = person.email
    person.refresh_from_db()
    assert (person.attributes, person.email) == ({"plan": "gold", "met_on": "2026-03-02"}, address)


def test_a_webhook_is_queued_for_one_endpoint_and_only_when_the_step_is_kept(store: Any, now: Any) -> None:
    chosen, _ = make_endpoint(Wish("https://chosen.example.test/hook", "", ["order.created"]), now=now)
    make_endpoint(Wish("https://other.example.test/hook", "", ["order.created"]), now=now)
    step = {"id": "tell", "kind": "webhook", "endpoint": str(chosen.public_id), "data": {"list": "vip"}}
    gone = {"id": "gone", "kind": "webhook", "endpoint": "3f0c9d5e-8f0e-4b8e-9c53-000000000000"}
    journey = make_journey({"trigger": {**VIEWED, "key": "product_id"}, "steps": [step, gone]}, now=now)
    (person,) = make_crowd(1, now=now)
    record(person.pk, name="Product Viewed", now=now, properties={"product_id": "lamp"})
    undone(now)
    assert (OutgoingEvent.objects.count(), runs_of(journey)) == (0, [])
    tick(now=now)
    tick(now=now)
    told = OutgoingEvent.objects.get()
    assert (told.type, told.about, told.data["about"], told.data["step"]) == ("journey.reached", person.public_id, "lamp", "tell")
    assert (told.data["values"], told.data["journey"]["name"]) == ({"list": "vip"}, journey.name)
    assert list(WebhookDelivery.objects.values_list("endpoint_id", "state")) == [(chosen.pk, "ready")]
    assert actions(journey) == [("call", "tell", ""), ("call", "gone", "gone")]


def test_the_team_is_told_and_a_crowd_does_not_flood_it(store: Any, now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doing, "MOST_MAILS_A_DAY", 3)
    helper = member_of(store, "support")
    member_of(store, "owner")
    step = {"id": "call", "kind": "notify", "roles": ["support"], "subject": "Call them", "text": "A friend\nof the house"}
    journey = make_journey({"trigger": VIEWED, "steps": [step]}, now=now)
    for person in make_crowd(5, now=now):
        record(person.pk, name="Product Viewed", now=now)
    tick(now=now)
    mails = Notice.objects.filter(kind="journey_step").order_by("pk")
    assert [mail.to for mail in mails] == [helper.email] * 3
    assert mails[0].subject == f"{store.name}: Call them"
    assert ["The next ones stay quiet" in mail.text for mail in mails] == [False, False, True]
    assert [detail for _, _, detail in actions(journey)] == ["", "", "", "quiet", "quiet"]
    late = now + timedelta(days=1, minutes=1)
    (person,) = make_crowd(1, now=late)
    record(person.pk, name="Product Viewed", now=late)
    tick(now=late)
    assert Notice.objects.filter(kind="journey_step").count() == 4


def test_who_is_held_out_gets_nothing_and_is_still_noted(store: Any, now: Any) -> None:
    make_template()
    pool = make_pool("A", "B", now=now)
    endpoint, _ = make_endpoint(Wish("https://chosen.example.test/hook", "", ["order.created"]), now=now)
    steps = [
        {"id": "code", "kind": "coupon", "pool": str(pool.public_id), "without": "leave"},
        {"id": "tell", "kind": "webhook", "endpoint": str(endpoint.public_id)},
        {"id": "note", "kind": "update", "set": {"seen": True}},
        SEND,
        LATER,
    ]
    journey = make_journey({"trigger": VIEWED, "holdout_share": 0.5, "steps": steps}, now=now)
    people = make_crowd(40, now=now)
    for person in people:
        record(person.pk, name="Product Viewed", now=now)
    tick(now=now)
    out = set(Enrollment.objects.filter(held_out=True).values_list("customer_id", flat=True))
    assert 4 < len(out) < 36  # two codes are not enough for the others
    assert {one for _, one, _ in runs_of(journey)} == {"pause", "code"}
    assert not out & set(Message.objects.values_list("customer_id", flat=True))
    assert {kind for kind, _, _ in actions(journey)} == {"draw", "call", "change"}
    assert sum(kind == "change" for kind, _, _ in actions(journey)) >= len(out)
    assert Coupon.objects.filter(customer_id__in=out).count() == 0


def test_a_template_that_is_gone_stops_the_run_with_its_reason(store: Any, now: Any) -> None:
    journey = make_journey({"trigger": VIEWED, "steps": [SEND, LATER]}, now=now)
    (person,) = make_crowd(1, now=now)
    record(person.pk, name="Product Viewed", now=now)
    tick(now=now)
    assert (runs_of(journey), planned(journey)) == ([("stopped", "pause", "template_missing")], [])
