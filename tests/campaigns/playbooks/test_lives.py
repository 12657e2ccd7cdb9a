"""Every playbook is taken in a fresh store and lived through by one person to its last step, with time moved from wait to wait."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.journeys.checking import faults_of
from campaigns.journeys.definition import read_definition
from campaigns.models import Enrollment, Journey, JourneyAction, SendRule
from campaigns.playbooks import PLAYBOOKS
from campaigns.playbooks.switching import switch_on
from retention.customers.models import Customer
from retention.stores.models import StoreWork
from segments.models import Segment
from tests.campaigns.coupons.pools import make_pool
from tests.campaigns.journeys.journeying import planned, tick
from tests.campaigns.playbooks.living import DAY, DELIVERED, LIVES, Life, live_through, order, returning
from tests.campaigns.recovery.shopping import live, shopper
from tests.campaigns.story import send

pytestmark = pytest.mark.django_db


def test_every_playbook_has_its_life() -> None:
    assert set(LIVES) == {playbook.key for playbook in PLAYBOOKS}


@pytest.mark.parametrize("key", list(LIVES))
def test_one_person_goes_through_to_the_last_step(key: str, store: Any, now: Any) -> None:
    life: Life = LIVES[key]
    journey, run = live_through(key, life, now=now)
    assert journey.state == Journey.State.LIVE
    assert (run.state, run.step, run.reason) == ("finished", life.ends, "")
    assert planned(journey) == life.sent
    kinds = set(JourneyAction.objects.filter(journey=journey).values_list("kind", flat=True))
    assert kinds == {{"update": "change", "notify": "notify"}[one] for one in life.done}


@pytest.mark.parametrize("key", [playbook.key for playbook in PLAYBOOKS if playbook.gifts])
def test_with_pools_chosen_its_messages_carry_a_code(key: str, store: Any, now: Any) -> None:
    playbook, pool = PLAYBOOKS[key], make_pool("A", "B", now=now - DAY)
    journey = switch_on(key, now=now, pools={gift.step: pool for gift in playbook.gifts} | {"no_step": pool})
    assert (journey.state, faults_of(journey, now=now)) == (Journey.State.LIVE, [])
    assert set(SendRule.objects.filter(journey=journey, pool=pool).values_list("step", flat=True)) == {one.step for one in playbook.gifts}
    sent = {key for _step, _channel, key in _sent(journey)}
    assert sent >= {gift.gifted for gift in playbook.gifts}
    assert not sent & {gift.plain for gift in playbook.gifts}


def _sent(journey: Journey) -> Any:
    return read_definition(journey.versions.get().definition).sent


def test_the_mail_leaves_in_the_look_of_the_shop_with_its_code(store: Any, sink: Any, now: Any) -> None:
    pool = make_pool("LUMEN-7", now=now - DAY)
    switch_on("wishlist", now=now - DAY, pools={"remind": pool})
    ana = shopper("email", now=now, first_name="Ana")
    live(ana, (0, "Product Added to Wishlist", {"product_id": "tea"}), now=now)
    tick(now=now)
    run = Enrollment.objects.get()
    tick(now=run.due_at)
    assert send(store, now=run.due_at).states == {"sent": 1}
    (mail,) = sink.accepted
    assert mail["Subject"] == "Something off your wish"
    assert "LUMEN-7" in mail.get_body(("html",)).get_content()
    assert "Hello Ana" in mail.get_body(("plain",)).get_content()


def test_taking_one_twice_makes_one_and_what_the_store_has_is_kept(store: Any, now: Any) -> None:
    first = switch_on("win_back", now=now)
    again = switch_on("win_back", now=now + DAY)
    assert first.pk == again.pk
    assert Segment.objects.count() == 1
    Segment.objects.update(name="Quiet for four months", rule={"version": 1, "root": {"join": "all", "rules": []}})
    Journey.objects.update(playbook="")
    other = switch_on("win_back", now=now)
    assert other.pk != first.pk
    assert set(Segment.objects.values_list("name", flat=True)) == {"Quiet for four months", "Quiet for four months (2)"}


def test_the_journeys_of_a_playbook_are_worked_on_at_once(store: Any, now: Any) -> None:
    switch_on("birthday", now=now)
    assert StoreWork.objects.filter(store=store, kind="journeys", due_at__lte=now).exists()


def test_a_second_order_ends_the_first_one_s_help(store: Any, now: Any) -> None:
    journey = switch_on("first_order", now=now - DAY)
    ana = shopper("email", now=now)
    order(ana, now)
    for hours in (0, 2):
        tick(now=now + timedelta(hours=hours))
    order(ana, now + DAY)
    for days in (1, 5, 6, 7):
        tick(now=now + days * DAY)
    assert planned(journey) == [("thanks", "email")]
    assert (Enrollment.objects.get().state, Enrollment.objects.get().reason) == ("stopped", "not_meant")


@pytest.mark.parametrize("key", ["companions", "review", "survey"])
def test_a_return_ends_what_a_delivery_began(key: str, store: Any, now: Any) -> None:
    journey = switch_on(key, now=now - DAY)
    ana = shopper("email", now=now)
    DELIVERED(ana, now)
    tick(now=now)
    returning("requested")(ana, now + DAY)
    for days in (1, 5, 11, 20):
        tick(now=now + days * DAY)
    assert planned(journey) == []
    assert Enrollment.objects.get().reason == "Return Updated"


def test_who_looks_again_is_left_alone_until_they_are_quiet(store: Any, now: Any) -> None:
    journey = switch_on("browse", now=now - DAY)
    ana = shopper("email", now=now)
    seen = {"product_id": "tea"}
    live(ana, (0, "Product Viewed", seen), (1, "Product Viewed", seen), now=now)
    tick(now=now + timedelta(minutes=2))
    live(ana, (50, "Product Viewed", seen), now=now)
    tick(now=now + timedelta(minutes=65))
    assert planned(journey) == [], "she looked a quarter of an hour ago"
    tick(now=now + timedelta(minutes=111))
    assert planned(journey) == [("remind", "email")]


def test_who_is_let_go_is_in_the_segment_to_leave_out(store: Any, now: Any) -> None:
    _journey, run = live_through("quiet", Life(LIVES["quiet"].begins, LIVES["quiet"].sent), now=now)
    assert run.step == "end"
    marked = Customer.objects.get().attributes
    assert marked["mail_rhythm"] == "sunset"
    assert marked["sunset_on"]
