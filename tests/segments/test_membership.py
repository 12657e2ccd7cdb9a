"""Who is in a segment: filled from its rule, kept right as things happen and as time goes by, and checked."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from retention.customers.changes import EVERYTHING
from retention.customers.events import take_pending
from retention.customers.merging import merge
from retention.customers.models import Attribute, Customer, CustomerEvent, Pending
from retention.customers.personal_data import Pair
from retention.stores.models import StoreWork
from retention.tenancy.context import store_context
from retention.webhooks.models import Endpoint, OutgoingEvent
from segments import saving
from segments.evaluating import evaluate, evaluate_due, evaluate_slice
from segments.membership import fill, fill_due
from segments.models import Segment, SegmentDay, SegmentMember, SegmentRun, SegmentVersion
from segments.rules.comparing import NumberTest
from segments.rules.tree import RuleError
from segments.rules.windows import Window
from segments.sweeping import check, fill_stores, sweep, sweep_stores
from tests.factories import make_store
from tests.segments.happening import happen
from tests.segments.world import DAY, NOW, make_world

VIEWED = {"is": "event", "event": "Product Viewed", "op": "at_least", "value": 1, "window": {"how": "last", "count": 30}}
IN_BERLIN = {"is": "text", "field": "city", "op": "is", "values": ["berlin"]}


@pytest.fixture
def store(db):
    made = make_store(slug="segments", currency="EUR", zone="Europe/Berlin")
    with store_context(made.pk):
        yield made


def rule(*nodes, join="all"):
    return {"version": 1, "root": {"join": join, "rules": list(nodes)}}


def make_segment(*nodes, name="Some", now=NOW):
    segment = saving.create(name=name, rule=rule(*nodes), user_id=None, now=now)
    fill_due(now=now)
    segment.refresh_from_db()
    return segment


def members(segment):
    return set(SegmentMember.objects.filter(segment=segment).values_list("customer_id", flat=True))


def settle(now):
    while evaluate_slice(now=now) > 0:
        pass


def names(customer_id):
    told = CustomerEvent.objects.filter(customer_id=customer_id, name__startswith="Segment ").order_by("id")
    return [(event.name, event.properties["name"]) for event in told]


def test_a_saved_rule_is_filled_and_written_down(store):
    make_world(store, seed=1, count=40)
    segment = make_segment(IN_BERLIN)
    expected = set(Customer.objects.filter(city__iexact="berlin").values_list("pk", flat=True))
    assert members(segment) == expected
    assert segment.members_count == len(expected) > 0
    run = SegmentRun.objects.get(segment=segment)
    assert (run.cause, run.entered_count, run.left_count, run.drift, run.version) == ("fill", len(expected), 0, 0, 1)
    assert SegmentDay.objects.get(segment=segment).members_count == len(expected)
    assert not CustomerEvent.objects.filter(name="Segment Entered").exists()  # the rule is new, nobody did anything


def test_filling_again_changes_nothing_and_a_new_rule_only_the_difference(store):
    make_world(store, seed=1, count=40)
    segment = make_segment(IN_BERLIN)
    before = dict(SegmentMember.objects.filter(segment=segment).values_list("customer_id", "entered_at"))
    found = fill(segment, now=NOW + DAY)
    assert (found.entered_count, found.left_count) == (0, 0)
    segment = saving.save_rule(segment, rule(IN_BERLIN, {"is": "country", "op": "is", "values": ["DE"]}), user_id=None, now=NOW + DAY)
    fill_due(now=NOW + DAY)
    after = dict(SegmentMember.objects.filter(segment=segment).values_list("customer_id", "entered_at"))
    assert after.items() < before.items()
    assert segment.version == 2
    assert SegmentVersion.objects.filter(segment=segment).count() == 2


def test_the_same_rule_again_is_no_new_version(store):
    segment = make_segment(IN_BERLIN)
    assert saving.save_rule(segment, rule(IN_BERLIN), user_id=None, now=NOW).version == 1


def test_what_a_customer_does_moves_them_within_one_look_and_is_told(store):
    segment = make_segment(VIEWED)
    [ann] = happen(store, "ann", ["Product Viewed"], now=NOW)
    assert evaluate_due(now=NOW) >= 1
    assert members(segment) == {ann}
    assert names(ann) == [("Segment Entered", "Some")]
    segment.refresh_from_db()
    assert segment.members_count == 1


def test_traits_move_people_both_ways(store):
    segment = make_segment(IN_BERLIN)
    [ann] = happen(store, "ann", [{"city": "Berlin"}], now=NOW)
    settle(NOW)
    assert members(segment) == {ann}
    happen(store, "ann", [{"city": "Wien"}], now=NOW + timedelta(minutes=1))
    settle(NOW + timedelta(minutes=1))
    assert members(segment) == set()
    assert names(ann) == [("Segment Entered", "Some"), ("Segment Left", "Some")]


def test_only_segments_that_rest_on_what_changed_are_asked(store):
    for number in range(8):
        make_segment({"is": "text", "field": "city", "op": "is", "values": [f"city {number}"]}, name=f"City {number}")
    make_segment({"is": "text", "field": "first_name", "op": "is", "values": ["ann"]}, name="Name")
    happen(store, "ann", ["Product Viewed"], now=NOW)
    settle(NOW)
    [ann] = happen(store, "ann", [{"firstName": "Ann"}], now=NOW)
    news = take_pending("segments", limit=10)
    assert "field:first_name" in news[ann]
    assert "field:city" not in news[ann]
    moves = evaluate(news, now=NOW)
    assert moves.asked == 1
    assert evaluate({ann: {EVERYTHING}}, now=NOW).asked == 9


def test_what_is_told_about_the_past_moves_people_without_a_word(store):
    segment = make_segment({"is": "event", "event": "Product Viewed", "op": "at_least", "value": 1})
    [ann] = happen(store, "ann", ["Product Viewed"], now=NOW, backfill=True)
    settle(NOW)
    assert members(segment) == {ann}
    assert names(ann) == []
    assert not Pending.objects.filter(reader="journeys").exists()


def test_time_alone_moves_people_and_nobody_else_is_looked_at(store):
    segment = make_segment(VIEWED)
    [ann] = happen(store, "ann", ["Product Viewed"], now=NOW)
    [bea] = happen(store, "bea", ["Product Viewed"], now=NOW + DAY)
    settle(NOW + DAY)
    assert members(segment) == {ann, bea}
    edge = NOW + 30 * DAY
    assert sweep(now=edge - timedelta(seconds=1)) == 0
    assert sweep(now=edge + timedelta(seconds=1)) == 1
    assert set(take_pending("segments", limit=5)) == {ann}
    Pending.objects.all().delete()
    assert check(segment, now=edge + timedelta(seconds=2)) == 1  # the news was taken away by this test: the check finds it
    assert members(segment) == {bea}


def test_a_swept_edge_is_evaluated_like_any_news(store):
    segment = make_segment(VIEWED)
    [ann] = happen(store, "ann", ["Product Viewed"], now=NOW)
    settle(NOW)
    later = NOW + 31 * DAY
    sweep_stores(now=later)
    evaluate_due(now=later)
    assert members(segment) == set()
    assert names(ann)[-1] == ("Segment Left", "Some")
    segment.refresh_from_db()
    assert segment.swept_until == later


def test_a_segment_built_on_another_follows_it_at_once(store):
    inner = make_segment(IN_BERLIN, name="Inner")
    outer = make_segment({"is": "in_segment", "segment": str(inner.public_id), "in": True}, name="Outer")
    rest = make_segment({"is": "in_segment", "segment": str(outer.public_id), "in": False}, name="Rest")
    [ann] = happen(store, "ann", [{"city": "Berlin"}], now=NOW)
    settle(NOW)
    assert (members(inner), members(outer), members(rest)) == ({ann}, {ann}, set())
    happen(store, "ann", [{"city": "Wien"}], now=NOW + DAY)
    settle(NOW + DAY)
    assert (members(inner), members(outer), members(rest)) == (set(), set(), {ann})


def test_a_segment_that_comes_round_to_itself_is_refused_with_its_node(store):
    one = make_segment(IN_BERLIN, name="One")
    two = make_segment({"is": "in_segment", "segment": str(one.public_id)}, name="Two")
    three = make_segment({"is": "in_segment", "segment": str(two.public_id)}, name="Three")
    with pytest.raises(RuleError, match=r"root\.rules\.1\.segment"):
        saving.save_rule(one, rule(IN_BERLIN, {"is": "in_segment", "segment": str(three.public_id)}), user_id=None, now=NOW)
    one.refresh_from_db()
    assert (one.version, one.rule) == (1, rule(IN_BERLIN))


def test_a_merge_keeps_the_survivor_in_and_the_count_right(store):
    segment = make_segment(IN_BERLIN)
    [ann] = happen(store, "ann", [{"city": "Berlin"}], now=NOW)
    [bea] = happen(store, "bea", [{"city": "Berlin"}], now=NOW)
    settle(NOW)
    merge([Pair(loser=bea, survivor=ann)], now=NOW, rules={bea: "email"})
    settle(NOW)
    segment.refresh_from_db()
    assert (members(segment), segment.members_count) == ({ann}, 1)
    assert names(ann).count(("Segment Entered", "Some")) <= 2


def test_an_erased_person_leaves_every_segment(store):
    segment = make_segment(IN_BERLIN)
    [ann] = happen(store, "ann", [{"city": "Berlin"}], now=NOW)
    settle(NOW)
    Customer.objects.filter(pk=ann).delete()
    assert members(segment) == set()


def test_a_check_finds_and_mends_what_is_wrong_and_counts_it(store):
    make_world(store, seed=2, count=30)
    segment = make_segment(IN_BERLIN)
    assert check(segment, now=NOW) == 0
    stranger = Customer.objects.exclude(city__iexact="berlin").first()
    SegmentMember.objects.create(segment=segment, customer=stranger, entered_at=NOW, store_id=store.pk)
    SegmentMember.objects.filter(segment=segment, customer_id=min(members(segment) - {stranger.pk})).delete()
    assert check(segment, now=NOW) == 2
    assert check(segment, now=NOW) == 0
    assert [run.drift for run in SegmentRun.objects.filter(segment=segment, cause="check").order_by("id")] == [0, 2, 0]


def test_a_rule_whose_attribute_is_gone_stops_with_its_fault_and_its_members(store):
    [ann] = happen(store, "ann", [{"plan": "gold"}], now=NOW)
    segment = make_segment({"is": "attribute", "key": "plan", "op": "is", "values": ["gold"]})
    assert members(segment) == {ann}

    Attribute.objects.filter(key="plan").delete()
    happen(store, "ann", [{"city": "Wien"}], now=NOW)
    settle(NOW)
    evaluate({ann: {EVERYTHING}}, now=NOW)
    segment.refresh_from_db()
    assert "root.rules.0.key" in segment.fault
    assert members(segment) == {ann}


def test_a_list_keeps_its_members_whatever_happens(store):
    segment = make_segment(IN_BERLIN)
    [ann] = happen(store, "ann", [{"city": "Berlin"}], now=NOW)
    settle(NOW)
    frozen = saving.freeze(segment, name="Kept", user_id=None, now=NOW)
    happen(store, "ann", [{"city": "Wien"}], now=NOW)
    settle(NOW)
    assert (members(segment), members(frozen)) == (set(), {ann})
    with pytest.raises(saving.Refused, match="is_a_list"):
        saving.save_rule(frozen, rule(IN_BERLIN), user_id=None, now=NOW)


def test_a_segment_in_use_is_not_put_away(store):
    inner = make_segment(IN_BERLIN, name="Inner")
    outer = make_segment({"is": "in_segment", "segment": str(inner.public_id)}, name="Outer")
    with pytest.raises(saving.Refused, match="is_used"):
        saving.archive(inner)
    saving.archive(outer)
    saving.archive(inner)
    assert Segment.objects.kept().count() == 0
    saving.restore(inner, now=NOW)
    fill_stores(now=NOW)
    assert Segment.objects.live().get() == inner


def test_merchants_systems_hear_who_came_and_left(store):
    Endpoint.objects.create(url="https://hooks.example.test/", types=["segment.entered", "segment.left"], secret_sealed="x", created_at=NOW)
    segment = make_segment(IN_BERLIN)
    [ann] = happen(store, "ann", [{"city": "Berlin"}], now=NOW)
    settle(NOW)
    happen(store, "ann", [{"city": "Wien"}], now=NOW + DAY)
    settle(NOW + DAY)
    told = OutgoingEvent.objects.order_by("id")
    assert [(one.type, one.data["segment"]["id"]) for one in told] == [
        ("segment.entered", str(segment.public_id)), ("segment.left", str(segment.public_id)),
    ]  # fmt: skip
    assert {one.data["customer"]["id"] for one in told} == {str(Customer.objects.get(pk=ann).public_id)}


def test_a_name_belongs_to_one_segment(store):
    make_segment(IN_BERLIN, name="Same")
    with pytest.raises(saving.NameTaken):
        make_segment(IN_BERLIN, name="Same")
    assert Segment.objects.count() == 1


def test_filling_waits_for_its_bell(store):
    segment = saving.create(name="Some", rule=rule(IN_BERLIN), user_id=None, now=NOW)
    assert StoreWork.objects.filter(kind="segment_fill").exists()
    assert fill_stores(now=NOW) == 1
    assert fill_stores(now=NOW) == 0
    segment.refresh_from_db()
    assert segment.filled_version == 1


def test_somebody_new_is_in_what_is_true_of_strangers(store):
    segment = make_segment({"is": "orders", "op": "equals", "value": 0})
    everybody = make_segment({"is": "share", "percent": 100, "seed": ""}, name="Everybody")
    [ann] = happen(store, "ann", ["Product Viewed"], now=NOW)
    settle(NOW)
    assert (members(segment), members(everybody)) == ({ann}, {ann})
    assert check(segment, now=NOW) == check(everybody, now=NOW) == 0


def test_a_look_as_of_before_a_sweep_does_not_lose_its_edge(store):
    segment = make_segment(VIEWED)
    [ann] = happen(store, "ann", ["Product Viewed"], now=NOW)
    settle(NOW)
    sweep(now=NOW + 31 * DAY)
    settle(NOW)  # a worker that took its moment earlier
    assert members(segment) == set()
    assert names(ann)[-1] == ("Segment Left", "Some")


def test_much_news_is_everything_and_stays_alive(store):
    [ann] = happen(store, "ann", [f"Event {number}" for number in range(70)], now=NOW)
    happen(store, "ann", ["One More"], now=NOW)
    assert take_pending("segments", limit=1)[ann] >= {"*", "~"}


@pytest.mark.parametrize(("unit", "day"), [("months", 29), ("months", 30), ("months", 31), ("years", 29)])
def test_a_month_never_comes_back_at_its_end(unit, day):
    window = Window("last", 1, unit)
    moments = [datetime(2028, 3 if unit == "months" else 2, day - 1, 22, tzinfo=UTC) + timedelta(hours=hours) for hours in range(72)]
    starts = [window.span(moment, ZoneInfo("Europe/Berlin"))[0] or moment for moment in moments]
    assert starts == sorted(starts)


def test_amounts_are_what_is_written():
    for amount, minor in ((19.99, 1999), (1.1, 110), (0.07, 7), (100, 10_000)):
        assert NumberTest("at_most", False, amount, amount).scaled(100).low == minor


def test_a_segment_put_away_meanwhile_is_not_filled(store):
    segment = saving.create(name="Some", rule=rule(IN_BERLIN), user_id=None, now=NOW)
    stale = Segment.objects.get(pk=segment.pk)
    saving.archive(segment)
    assert fill(stale, now=NOW) is None
    assert not SegmentMember.objects.exists()
