"""A draft in shadow: people go through it as ever, what it would do is written down, and nothing is sent or done."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.broadcasts.keeping import let_old_go_of
from campaigns.journeys import shadowing
from campaigns.journeys.drafting import change, make, release
from campaigns.models import Assignment, Enrollment, Journey, JourneyAction, JourneyVersion, Message, ShadowNote
from campaigns.models.journey import names_of_journeys
from retention.customers.events import record
from retention.customers.models import Customer
from tests.campaigns.campaigning import make_crowd
from tests.campaigns.journeys.journeying import LATER, SEND, make_journey, make_template, tick
from tests.campaigns.journeys.test_drafting import adding, stamp_of

pytestmark = pytest.mark.django_db
POOL = "11111111-1111-4111-8111-111111111111"
DATA = {
    "trigger": {"event": "Cart Idle"},
    "exits": [{"event": "Order Completed"}],
    "holdout_share": 0.5,
    "steps": [
        SEND,
        {"id": "code", "kind": "coupon", "pool": POOL, "without": "leave"},
        {"id": "note", "kind": "update", "set": {"plan": "gold"}},
        LATER,
        {"id": "again", "kind": "send", "channel": "sms", "template": "hello"},
    ],
}


def noted() -> list[tuple[str, str, bool]]:
    """Return what was written down, the oldest first."""
    return list(ShadowNote.objects.order_by("at", "id").values_list("step", "what", "may"))


def test_what_it_would_do_is_written_down_and_nothing_is_done(store: Any, now: Any) -> None:
    make_template()
    journey = make("News", user_id=None, now=now)
    shadow = shadowing.begin(journey, DATA, now=now)
    (person,) = make_crowd(1, now=now)
    record(person.pk, name="Cart Idle", now=now + timedelta(minutes=1))
    tick(now=now + timedelta(minutes=1))
    tick(now=now + timedelta(hours=2))
    assert noted() == [("mail", "email", True), ("code", "draw", True), ("note", "change", True), ("again", "sms", False)]
    assert not Message.objects.exists()
    assert not JourneyAction.objects.exists()
    assert not Assignment.objects.exists()
    assert Customer.objects.get(pk=person.pk).attributes == {}
    figures = shadowing.figures_of(journey, shadow)
    assert (figures.entered, figures.inside) == (1, 0)
    assert (dict(figures.messages), dict(figures.deeds)) == ({"email": (1, 0), "sms": (1, 1)}, {"draw": 1, "change": 1})
    assert [note.step for note in shadowing.latest(journey, shadow)] == ["again", "note", "code", "mail"]


def test_an_order_ends_a_run_in_shadow_and_what_happened_before_does_not_count(store: Any, now: Any) -> None:
    journey = make("News", user_id=None, now=now)
    early, late = make_crowd(2, now=now)
    record(early.pk, name="Cart Idle", now=now - timedelta(minutes=5))
    shadowing.begin(journey, DATA, now=now)
    record(late.pk, name="Cart Idle", now=now + timedelta(minutes=1))
    tick(now=now + timedelta(minutes=1))
    record(late.pk, name="Order Completed", now=now + timedelta(minutes=2))
    tick(now=now + timedelta(hours=3))
    assert list(Enrollment.objects.values_list("customer_id", "state", "reason")) == [(late.pk, "stopped", "Order Completed")]


def test_a_live_journey_goes_on_beside_the_shadow_of_its_draft(store: Any, now: Any) -> None:
    make_template()
    journey = make_journey({"trigger": {"event": "Cart Idle"}, "steps": [SEND]}, now=now)
    shadowing.begin(journey, DATA, now=now)
    (person,) = make_crowd(1, now=now)
    record(person.pk, name="Cart Idle", now=now + timedelta(minutes=1))
    tick(now=now + timedelta(minutes=1))
    assert list(Message.objects.values_list("source_id", "step")) == [(journey.pk, "mail")]
    assert [step for step, _what, _may in noted()] == ["mail", "code", "note"]


def test_a_shadow_is_no_journey_of_its_own_to_people(store: Any, now: Any) -> None:
    journey = make("News", user_id=None, now=now)
    shadow = shadowing.begin(journey, DATA, now=now)
    assert list(Journey.objects.plain()) == [journey]
    assert names_of_journeys() == {str(journey.public_id): "News"}
    assert shadowing.shadow_of(journey) == shadow


def test_beginning_anew_and_going_live_end_a_shadow_and_its_runs(store: Any, now: Any) -> None:
    make_template()
    journey = make("News", user_id=None, now=now)
    draft = change(journey, adding("send", channel="email", template="hello"), stamp=stamp_of(journey), user_id=None, now=now)
    shadowing.begin(journey, DATA, now=now)
    (person,) = make_crowd(1, now=now)
    record(person.pk, name="Cart Idle", now=now + timedelta(minutes=1))
    tick(now=now + timedelta(minutes=1))
    second = shadowing.begin(journey, DATA, now=now + timedelta(minutes=2))
    assert list(Enrollment.objects.values_list("state", "reason")) == [("stopped", "shadow_ended")]
    assert shadowing.figures_of(journey, second).messages == {}
    release(journey, stamp=draft.stamp, moving={}, now=now + timedelta(minutes=3))
    assert shadowing.shadow_of(journey) is None
    assert not shadowing.stop(journey, now=now)


def test_what_a_shadow_left_behind_leaves_after_a_month_and_an_ended_one_itself(store: Any, now: Any) -> None:
    journey = make("News", user_id=None, now=now)
    shadowing.begin(journey, DATA, now=now)
    (person,) = make_crowd(1, now=now)
    record(person.pk, name="Cart Idle", now=now + timedelta(minutes=1))
    tick(now=now + timedelta(minutes=1))
    let_old_go_of(store, now=now + timedelta(days=29))
    assert ShadowNote.objects.exists()
    let_old_go_of(store, now=now + timedelta(days=31))
    assert not ShadowNote.objects.exists()
    assert Enrollment.objects.exists()
    assert Journey.objects.count() == 2
    shadowing.stop(journey, now=now + timedelta(days=31))
    let_old_go_of(store, now=now + timedelta(days=31))
    assert not Enrollment.objects.exists()
    assert (list(Journey.objects.all()), JourneyVersion.objects.count()) == ([journey], 0)
