"""Members stay right when events are let go of, when a store changes its clock or money, and when somebody of a list is erased."""

from datetime import timedelta

import pytest

from retention.customers.keeping import delete_old_events
from retention.customers.models import Customer, CustomerEvent, Import
from retention.stores.models import Store
from retention.tenancy.context import store_context
from segments import saving
from segments.evaluating import evaluate_slice
from segments.growing import daily_sizes
from segments.membership import fill_due
from segments.models import Segment, SegmentDay, SegmentMember
from segments.sweeping import check, check_due, fill_stores, sweep_stores
from tests.factories import make_store
from tests.factories.customers import make_customer, make_event
from tests.segments.test_membership import make_segment, members
from tests.segments.world import NOW

BOUGHT_BEANS = {
    "is": "event", "event": "Order Completed", "op": "at_least", "value": 1, "where": [
        {"property": "what", "type": "text", "op": "is", "values": ["beans"]}],
}  # fmt: skip
COUNTRY = {"is": "country", "op": "is", "values": ["DE"]}


@pytest.fixture
def store(db):
    made = make_store(slug="right", currency="EUR", zone="Europe/Berlin", event_months=12)
    with store_context(made.pk):
        yield made


def test_events_that_are_let_go_of_take_their_people_out_and_are_no_drift(store):
    ana, bea = make_customer(store, "ana@example.test"), make_customer(store, "bea@example.test")
    make_event(ana, "Order Completed", at=NOW - timedelta(days=400), properties={"what": "beans"})
    make_event(bea, "Order Completed", at=NOW - timedelta(days=4), properties={"what": "beans"})
    segment = make_segment(BOUGHT_BEANS)
    assert members(segment) == {ana.pk, bea.pk}
    delete_old_events(now=NOW)
    while evaluate_slice(now=NOW):
        pass
    assert members(segment) == {bea.pk}
    assert check(segment, now=NOW + timedelta(hours=25)) == 0
    assert not CustomerEvent.objects.filter(name="Segment Left").exists(), "nothing happened to ana"


def test_a_store_that_changes_its_clock_or_money_has_its_segments_worked_out_anew(store):
    make_customer(store, country="DE")
    segment = make_segment(COUNTRY)
    assert segment.filled_for == "Europe/Berlin EUR"
    Store.objects.filter(pk=store.pk).update(zone="America/New_York")
    sweep_stores(now=NOW + timedelta(minutes=1))
    segment.refresh_from_db()
    assert segment.filled_version == 0
    fill_stores(now=NOW + timedelta(minutes=2))
    with store_context(store.pk):
        segment.refresh_from_db()
        assert (segment.filled_version, segment.filled_for, segment.members_count) == (1, "America/New_York EUR", 1)


def test_a_list_counts_whom_it_still_holds(store):
    people = [make_customer(store) for _number in range(3)]
    kept = saving.create_list(name="Kept", customer_ids=[one.pk for one in people], user_id=None, now=NOW)
    Customer.objects.filter(pk=people[0].pk).delete()
    sweep_stores(now=NOW + timedelta(hours=25))
    with store_context(store.pk):
        kept.refresh_from_db()
        assert (kept.members_count, SegmentMember.objects.filter(segment=kept).count()) == (2, 2)


def test_a_day_without_coming_and_going_is_as_large_as_the_day_before(store):
    segment = make_segment(COUNTRY)
    SegmentDay.objects.filter(segment=segment).delete()
    today = NOW.date()
    for back, count in ((5, 10), (3, 12)):
        SegmentDay.objects.create(segment=segment, day=today - timedelta(days=back), members_count=count)
    sizes = daily_sizes([segment.pk], since=today - timedelta(days=30), until=today)[segment.pk]
    assert [count for _day, count in sizes] == [10, 10, 12, 12, 12, 12]
    assert Segment.objects.count() == 1


def test_a_rule_that_changes_moves_those_who_are_in_segments_built_on_it(store):
    ana, bea = make_customer(store, country="DE"), make_customer(store, country="AT")
    inner = make_segment(COUNTRY, name="Inner")
    outer = make_segment({"is": "in_segment", "segment": str(inner.public_id), "in": True}, name="Outer")
    rest = make_segment({"is": "in_segment", "segment": str(outer.public_id), "in": False}, name="Rest")
    assert (members(inner), members(outer), members(rest)) == ({ana.pk}, {ana.pk}, {bea.pk})
    austria = {"version": 1, "root": {"join": "all", "rules": [COUNTRY | {"values": ["AT"]}]}}
    saving.save_rule(inner, austria, user_id=None, now=NOW)
    fill_due(now=NOW)
    assert (members(inner), members(outer), members(rest)) == ({bea.pk}, {bea.pk}, {ana.pk})
    assert not Segment.objects.exclude(filled_version=1).exclude(name="Inner").exists(), "everything is worked out"
    assert sum(check(one, now=NOW + timedelta(hours=25)) for one in Segment.objects.order_by("id")) == 0


def test_checks_wait_while_the_news_of_a_file_is_still_to_come(store):
    ana = make_customer(store, country="AT")
    segment = make_segment(COUNTRY)
    Segment.objects.update(created_at=NOW - timedelta(days=2))
    Customer.objects.filter(pk=ana.pk).update(country="DE")  # brought in; its news comes with the end of the file
    of = Import.objects.create(kind="orders", file_name="orders.csv", size=1, state="paused", unsettled=[ana.pk])
    later = NOW + timedelta(hours=25)
    assert (check_due(now=later), segment.runs.filter(cause="check").count()) == (0, 0)
    Import.objects.filter(pk=of.pk).update(unsettled=[])
    assert (check_due(now=later), segment.runs.filter(cause="check").count()) == (1, 1)
