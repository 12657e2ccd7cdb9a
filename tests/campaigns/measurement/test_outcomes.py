"""What the people of experiments bought: each for the same time, in one currency, with what was left of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.broadcasts import comparing
from campaigns.measurement import results, store_wide
from campaigns.measurement.assignment import Lots, begin
from campaigns.measurement.lots import HELD_OUT
from campaigns.measurement.outcomes import outcome_of
from campaigns.measurement.statistics.reading import EARLY, NOBODY, PLANNED, WINS
from campaigns.models import Assignment, Experiment
from retention.catalog.models import Product, Variant
from tests.campaigns.campaigning import MAIL, make_campaign, make_crowd, make_list, rows, start
from tests.campaigns.measurement.people import drawn, sold, with_line

pytestmark = pytest.mark.django_db


def test_everybody_counts_for_the_same_time_after_their_own_first_exposure(store: Any, now: Any) -> None:
    experiment, arms = drawn("cell-1", 60, now=now, days_ago=30)
    began = now - timedelta(days=30)
    sold(arms["a"][:4], at=began)
    sold(arms["a"][4:5], at=began + timedelta(days=14) - timedelta(seconds=1), total_minor=900)
    sold(arms["a"][5:9], at=began + timedelta(days=14))  # their time is over
    sold(arms["a"][9:12], at=began - timedelta(seconds=1))  # before
    sold(arms["a"][12:13], at=began, cancelled_at=now)
    sold(arms[HELD_OUT][:2], at=began + timedelta(days=1))
    sold(arms[HELD_OUT][2:3], at=began + timedelta(days=1), total_minor=77)
    late = make_crowd(3, now=now)
    Assignment.objects.bulk_create(
        [Assignment(experiment=experiment, customer=one, arm="a", assigned_at=now - timedelta(days=2)) for one in late]
    )
    outcome = outcome_of(experiment, currency="EUR", now=now)
    written, held = outcome.now.totals["a"], outcome.now.totals[HELD_OUT]
    assert (written.people, written.buyers, written.revenue) == (len(arms["a"]), 5, 4 * 4000 + 900)
    assert written.revenue_squares == 4 * 4000**2 + 900**2
    assert (held.people, held.buyers, held.revenue) == (len(arms[HELD_OUT]), 3, 8077)
    assert outcome.watched == 3
    assert [day.number for day in outcome.days] == [14]


def test_a_person_s_orders_are_added_up_before_they_are_squared(store: Any, now: Any) -> None:
    experiment, arms = drawn("cell-1", 20, now=now)
    for _ in range(2):
        sold(arms["a"][:1], at=now - timedelta(days=29))
    found = outcome_of(experiment, currency="EUR", now=now).now.totals["a"]
    assert (found.buyers, found.revenue, found.revenue_squares) == (1, 8000, 8000**2)


def test_other_currencies_and_other_stores_do_not_count(store: Any, now: Any) -> None:
    experiment, arms = drawn("cell-1", 20, now=now)
    sold(arms["a"], at=now - timedelta(days=29))
    assert outcome_of(experiment, currency="USD", now=now).now.totals["a"].buyers == 0


def test_margin_is_what_is_left_after_costs_and_discounts_and_not_known_without_them(store: Any, now: Any) -> None:
    product = Product.objects.create(shop_id="beans", name="Beans", reported_at=now)
    Variant.objects.create(product=product, shop_id="beans", currency="EUR", price_minor=4000, cost_minor=1500)
    experiment, arms = drawn("cell-1", 30, now=now)
    at = now - timedelta(days=29)
    with_line(sold(arms["a"][:2], at=at, discount_minor=500), product="beans", amount_minor=4000)
    with_line(sold(arms[HELD_OUT][:1], at=at), product="never-told", amount_minor=4000)
    totals = outcome_of(experiment, currency="EUR", now=now).now.totals
    assert (totals["a"].margin, totals["a"].margin_squares, totals["a"].uncosted) == (2 * 2000, 2 * 2000**2, 0)
    assert (totals[HELD_OUT].margin, totals[HELD_OUT].uncosted) == (0, 1)


def test_days_add_up_and_the_planned_look_is_taken_at_its_day(store: Any, now: Any) -> None:
    experiment, first = drawn("cell-1", 300, now=now, days_ago=40, window_days=7, planned_days=20)
    sold(first["a"][:60], at=now - timedelta(days=39))
    sold(first[HELD_OUT][:20], at=now - timedelta(days=39))
    _, second = drawn("cell-1", 200, now=now, days_ago=25)
    outcome = outcome_of(experiment, currency="EUR", now=now)
    assert [day.number for day in outcome.days] == [7, 22]
    assert outcome.planned_at == now - timedelta(days=20)
    assert outcome.planned is not None
    assert sum(sums.people for sums in outcome.planned.totals.values()) == 300
    assert sum(sums.people for sums in outcome.now.totals.values()) == 500
    assert (outcome.verdict.code, outcome.verdict.basis) == (WINS, PLANNED)
    assert len(second["a"]) > 50


def test_many_cells_are_read_in_four_statements_and_learn_from_each_other(store: Any, now: Any) -> None:
    for number, count in enumerate((30, 40, 60, 200)):
        _, arms = drawn(f"cell-{number}", count, now=now)
        sold(arms["a"][: count // 10], at=now - timedelta(days=29))
        sold(arms[HELD_OUT][: count // 20], at=now - timedelta(days=29))
    begin("cell-9", lots=Lots(0.1), now=now)
    keys = [f"cell-{number}" for number in range(10)]
    with CaptureQueriesContext(connection) as asked:
        found = results.cells(keys, currency="EUR", now=now)
    assert len(asked) == 4
    assert set(found) == {"cell-0", "cell-1", "cell-2", "cell-3", "cell-9"}
    assert found["cell-9"].shared is None
    widths = [one.shared.high - one.shared.low for key, one in sorted(found.items()) if one.shared is not None]
    assert len(widths) == 4
    assert max(widths) < 0.6


def test_pages_are_told_what_was_counted_minutes_ago_until_another_experiment_or_plan_comes(store: Any, now: Any) -> None:
    _, arms = drawn("cell-1", 60, now=now)

    def buyers(*keys: str) -> int:
        return results.cells_lately(keys, currency="EUR", now=now)["cell-1"].outcome.now.totals["a"].buyers

    assert buyers("cell-1") == 0
    sold(arms["a"][:4], at=now - timedelta(days=29))
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert buyers("cell-1") == 0
    assert len(caught) <= 3
    assert results.cells(["cell-1"], currency="EUR", now=now)["cell-1"].outcome.now.totals["a"].buyers == 4
    drawn("cell-2", 10, now=now)
    assert buyers("cell-1", "cell-2") == 4


def test_an_experiment_without_people_is_early_and_one_without_sides_says_so(store: Any, now: Any) -> None:
    assert outcome_of(begin("cell-1", lots=Lots(0.1), now=now), currency="EUR", now=now).verdict.code == EARLY
    assert outcome_of(begin("cell-2", lots=Lots(0.0), now=now), currency="EUR", now=now).verdict.code == NOBODY
    assert results.outcome_of_key("cell-3", currency="EUR", now=now) is None


def test_who_gets_no_marketing_is_left_out_of_every_other_experiment_on_both_sides(store: Any, now: Any) -> None:
    experiment, arms = drawn("cell-1", 400, now=now)
    whole = outcome_of(experiment, currency="EUR", now=now).now.totals
    store_wide.keep_share(0.2, now=now - timedelta(days=31))
    part = outcome_of(experiment, currency="EUR", now=now).now.totals
    for arm in arms:
        assert 0.65 < part[arm].people / whole[arm].people < 0.95


def test_past_results_stay_when_the_store_wide_holdout_grows_ends_or_begins_anew(store: Any, now: Any) -> None:
    experiment, _ = drawn("cell-1", 200, now=now)

    def found() -> Any:
        return outcome_of(experiment, currency="EUR", now=now).now.totals

    whole = found()
    store_wide.keep_share(0.1, now=now - timedelta(days=60))
    part = found()
    assert part != whole
    for change in (
        lambda: store_wide.keep_share(0.2, now=now - timedelta(days=10)),
        lambda: store_wide.begin_anew(now=now - timedelta(days=5)),
        lambda: store_wide.keep_share(0.0, now=now),
    ):
        assert change()
        assert found() == part


def test_a_campaign_is_read_by_the_store_wide_holdout_of_its_own_time(store: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(100, now=now), now=now), holdout_share=0.5, now=now)
    start(campaign, store, now=now)

    def people(on: Any) -> int:
        outcome = comparing.outcome_of(campaign, currency="EUR", now=on)
        return sum(sums.people for sums in outcome.now.totals.values())

    late = now + timedelta(days=40)
    assert people(late) == 100
    store_wide.keep_share(0.2, now=late)
    assert people(late) == 100
    store_wide.keep_share(0.0, now=late)
    Experiment.objects.filter(key=store_wide.KEY).update(ended_at=late, plans=[{"since": now.isoformat(), "lots": Lots(0.2).counts}])
    assert people(late) < 95


def test_a_campaign_compares_those_who_tried_and_leaves_the_rest_to_the_whole(store: Any, now: Any) -> None:
    people = make_crowd(600, now=now)
    segment = make_list(people, now=now)
    campaign = make_campaign(
        segment, ways=(MAIL, MAIL), holdout_share=0.2, test_share=0.5, decide_metric="orders", decide_hours=4, now=now
    )  # fmt: skip
    start(campaign, store, now=now)
    rows(campaign).filter(state="planned").update(state="sent", variant="b", sent_at=now)
    tried = {letter: list(rows(campaign).filter(state="ready", variant=letter)) for letter in "ab"}
    held = list(rows(campaign).filter(state="held_out"))
    people_of = {one.pk: one for one in people}
    sold([people_of[one.customer_id] for one in tried["a"][:30]], at=now + timedelta(hours=30))
    sold([people_of[one.customer_id] for one in held[:10]], at=now + timedelta(hours=1))
    outcome = comparing.outcome_of(campaign, currency="EUR", now=now + timedelta(hours=49))
    assert outcome is not None
    totals = outcome.now.totals
    assert {name: sums.people for name, sums in totals.items()} == {"a": len(tried["a"]), "b": len(tried["b"]), HELD_OUT: len(held)}
    assert [day.number for day in outcome.days] == [1, 2, 3]
    by_day = [day.counted[0] for day in outcome.days]
    assert [arms["a"].buyers for arms in by_day] == [0, 30, 30]
    assert [arms[HELD_OUT].buyers for arms in by_day] == [10, 10, 10]
    assert outcome.whole.totals["a"].people == 600 - len(held)
    assert outcome.planned is None


def test_a_campaign_s_planned_look_is_when_orders_stop_counting(store: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(10, now=now), now=now), holdout_share=0.5, now=now, ways=(MAIL,))
    assert comparing.outcome_of(campaign, currency="EUR", now=now) is None
    start(campaign, store, now=now)
    rows(campaign).exclude(state="held_out").update(state="sent", sent_at=now)
    type(campaign).objects.filter(pk=campaign.pk).update(state="finished", finished_at=now)
    campaign.refresh_from_db()
    before, after = (comparing.outcome_of(campaign, currency="EUR", now=now + timedelta(days=days)) for days in (4.9, 5))
    assert before is not None
    assert after is not None
    assert before.planned is None
    assert after.planned is not None
