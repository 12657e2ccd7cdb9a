"""Who draws which arm: once, for good, whatever changes later; and two at once agree."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from campaigns.journeys.definition import read_definition
from campaigns.journeys.intake import take_news
from campaigns.measurement.assignment import assign_all, begin, end, follow_merge, held_out_of, journey_key, newest_of
from campaigns.measurement.learning import follow_orders, lots_now, order_key, shares_of_orders
from campaigns.measurement.lots import FEW_A_MONTH, HELD_OUT, Lots, least_share, lot_of, lots_of
from campaigns.models import Assignment, Enrollment, Experiment, Journey, JourneyVersion, Message
from campaigns.playbooks.switching import add
from retention.customers.personal_data import Pair
from retention.kit import clock
from retention.tenancy.context import store_context
from tests.campaigns.campaigning import make_crowd
from tests.campaigns.measurement.people import drawn, sold
from tests.campaigns.story import leave_cart, make_shopper, tick


@pytest.mark.parametrize("lots", [Lots(0.1), Lots(0.05, (("a", 1), ("b", 3))), Lots(0.0, (("a", 1), ("b", 1), ("c", 1)))])
def test_every_lot_has_one_arm_in_proportion_to_its_weight(lots: Lots) -> None:
    counts = dict.fromkeys(lots.counts, 0)
    for lot in range(10_000):
        counts[lots.arm_of(lot)] += 1
    assert counts == lots.counts
    assert sum(counts.values()) == 10_000
    assert lots_of(lots.counts).counts == lots.counts


def test_the_least_part_depends_on_how_many_come() -> None:
    assert [least_share(count) for count in (0, FEW_A_MONTH - 1, FEW_A_MONTH)] == [0.10, 0.10, 0.05]
    assert [Lots(share).at_least(0.05).holdout_share for share in (0.0, 0.01, 0.05, 0.3)] == [0.0, 0.05, 0.05, 0.3]


@pytest.mark.django_db
def test_an_arm_is_drawn_once_and_kept_when_the_lots_change(store: Any, now: Any) -> None:
    people = [one.pk for one in make_crowd(400, now=now)]
    first = assign_all("cell-1", people[:200], lots=Lots(0.3), now=now)
    assert 30 < sum(arm == HELD_OUT for arm in first.values()) < 90
    later = assign_all("cell-1", people, lots=Lots(0.1, (("a", 1), ("b", 1))), now=now + timedelta(days=1))
    assert {pk: later[pk] for pk in first} == first
    fresh = [later[pk] for pk in people[200:]]
    assert 0.02 < fresh.count(HELD_OUT) / 200 < 0.22
    assert min(fresh.count("a"), fresh.count("b")) > 50
    experiment = Experiment.objects.get()
    assert [plan["lots"] for plan in experiment.plans] == [{"held_out": 3000, "a": 7000}, {"held_out": 1000, "a": 4500, "b": 4500}]
    assert set(Assignment.objects.filter(customer_id__in=people[200:]).values_list("plan", flat=True)) == {1}


@pytest.mark.django_db
def test_who_has_an_arm_that_is_gone_draws_again_but_is_measured_by_the_first(store: Any, now: Any) -> None:
    [one] = make_crowd(1, now=now)
    assert assign_all("cell-1", [one.pk], lots=Lots(0.0, (("a", 1),)), now=now) == {one.pk: "a"}
    assert assign_all("cell-1", [one.pk], lots=Lots(0.0, (("b", 1),)), now=now) == {one.pk: "b"}
    assert Assignment.objects.get().arm == "a"


@pytest.mark.django_db
def test_a_small_part_is_raised_until_a_thousand_came_in_a_month_and_nothing_stays_nothing(store: Any, now: Any) -> None:
    people = [one.pk for one in make_crowd(FEW_A_MONTH + 2, now=now)]
    assign_all("cell-1", people[:-2], lots=Lots(0.05), now=now)
    assign_all("cell-1", people[-2:-1], lots=Lots(0.05), now=now)
    assign_all("cell-1", people[-1:], lots=Lots(0.05), now=now + timedelta(days=31))
    assert [plan["lots"][HELD_OUT] for plan in Experiment.objects.get().plans] == [1000, 500, 1000]
    assert held_out_of("cell-2", people, share=0, now=now) == frozenset()
    assert not Experiment.objects.filter(key="cell-2").exists()


@pytest.mark.django_db
def test_lots_are_those_sql_would_draw(store: Any, now: Any) -> None:
    experiment, arms = drawn("cell-1", 50, now=now)
    salt = f"experiment-{experiment.pk}"
    for arm, people in arms.items():
        assert all((lot_of(salt, store_id=store.pk, customer_id=one.pk) < 5000) == (arm == HELD_OUT) for one in people)


@pytest.mark.django_db
def test_an_experiment_that_ended_is_followed_by_another_with_new_lots(store: Any, now: Any) -> None:
    people = [one.pk for one in make_crowd(300, now=now)]
    first = assign_all("cell-1", people, lots=Lots(0.5), now=now)
    assert end("cell-1", now=now)
    second = assign_all("cell-1", people, lots=Lots(0.5), now=now)
    assert 90 < sum(first[pk] != second[pk] for pk in people) < 210
    assert Experiment.objects.count() == 2
    found = newest_of("cell-1")
    assert found is not None
    assert found.ended_at is None


@pytest.mark.django_db
def test_one_experiment_of_a_key_runs_at_a_time(store: Any, now: Any) -> None:
    begin("cell-1", lots=Lots(0.1), now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Experiment.objects.create(key="cell-1", started_at=now)


@pytest.mark.django_db
def test_of_two_customers_who_are_one_the_earlier_arm_counts(store: Any, now: Any) -> None:
    loser, survivor, alone = make_crowd(3, now=now)
    experiment = begin("cell-1", lots=Lots(0.5), now=now)
    for at, one, arm in ((0, loser, "a"), (1, survivor, HELD_OUT), (2, alone, "a")):
        Assignment.objects.create(experiment=experiment, customer=one, arm=arm, assigned_at=now + timedelta(days=at))
    other = begin("cell-2", lots=Lots(0.5), now=now)
    Assignment.objects.create(experiment=other, customer=loser, arm="a", assigned_at=now)
    follow_merge([Pair(loser.pk, survivor.pk)])
    found = set(Assignment.objects.values_list("experiment__key", "customer_id", "arm"))
    assert found == {("cell-1", survivor.pk, "a"), ("cell-1", alone.pk, "a"), ("cell-2", survivor.pk, "a")}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_agree(store: Any) -> None:
    now = clock.now()
    people = [one.pk for one in make_crowd(40, now=now)]
    answers: list[dict[int, str]] = []
    at_once = threading.Barrier(2)

    def draw(share: float) -> None:
        with store_context(store.pk):
            at_once.wait(10)
            answers.append(assign_all("cell-1", people, lots=Lots(share), now=now))
            connection.close()

    workers = [threading.Thread(target=draw, args=(share,)) for share in (0.2, 0.8)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(20)
    stored = dict(Assignment.objects.values_list("customer_id", "arm"))
    assert answers == [stored, stored]
    assert Experiment.objects.count() == 1


def _journey(now: Any, **more: Any) -> Journey:
    journey = add("abandoned_cart", now=now, holdout_share=0.5)
    version = JourneyVersion.objects.get()
    definition = {**version.definition, **more}
    read_definition(definition)
    JourneyVersion.objects.create(journey=journey, number=2, definition=definition)
    journey.launch(number=2, now=now - timedelta(days=1))
    return journey


@pytest.mark.django_db
def test_a_journey_holds_people_back_for_good_and_writes_to_the_others(store: Any, now: Any) -> None:
    journey = _journey(now)
    for _ in range(24):
        leave_cart(make_shopper(now=now), now=now)
    tick(now=now)
    runs = list(Enrollment.objects.all())
    arms = dict(Assignment.objects.filter(experiment__key=journey_key(journey.pk)).values_list("customer_id", "arm"))
    assert {run.customer_id: run.held_out for run in runs} == {pk: arm == HELD_OUT for pk, arm in arms.items()}
    assert 2 < sum(run.held_out for run in runs) < 22
    assert set(Message.objects.values_list("customer_id", flat=True)) == {pk for pk, arm in arms.items() if arm != HELD_OUT}


@pytest.mark.django_db
def test_what_an_order_needs_is_for_everybody(store: Any, now: Any) -> None:
    _journey(now, stream="transactional", holdout_share=0.9)
    for _ in range(8):
        leave_cart(make_shopper(now=now), now=now)
    take_news(now=now)
    assert set(Enrollment.objects.values_list("held_out", flat=True)) == {False}
    assert not Experiment.objects.exists()


@pytest.mark.django_db
def test_lots_follow_what_works_once_a_day(store: Any, now: Any) -> None:
    key, arms = order_key(1, ("push", "email")), ("email", "push")
    assert lots_now(key, arms=arms) == Lots(0.0, (("email", 1), ("push", 1)))
    _, people = drawn(key, 300, now=now, lots=Lots(0.0, (("email", 1), ("push", 1))))
    sold(people["email"][:60], at=now - timedelta(days=29))
    sold(people["push"][:5], at=now - timedelta(days=29))
    assert follow_orders({1: True}, currency="EUR", now=now) == 1
    found = lots_now(key, arms=arms)
    assert found.counts["email"] > 7 * found.counts["push"]
    assert found.counts["push"] >= 950, "the floor of a tenth"
    assert follow_orders({1: True}, currency="EUR", now=now + timedelta(hours=23)) == 0
    assert follow_orders({1: True}, currency="EUR", now=now + timedelta(days=1)) == 0, (
        "nothing new was ordered, so the lots stay and no part begins"
    )
    assert follow_orders({1: False, 10: True}, currency="EUR", now=now + timedelta(days=2)) == 0
    assert lots_now(key, arms=arms) == found, "a cell that is paused keeps what it learned"
    assert shares_of_orders(1) == {("email", "push"): {name: count / 10_000 for name, count in found.counts.items()}}
    assert lots_now(key, arms=("email", "sms")).counts == {"email": 5000, "sms": 5000}, "other arms begin even"
    assert follow_orders({10: True}, currency="EUR", now=now + timedelta(days=3)) == 0
    assert newest_of(key).ended_at == now + timedelta(days=3), "one that learns no more ends"
