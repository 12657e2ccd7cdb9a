"""Who enters: filters of the event and of the person, coming into a segment, how often for one thing, and answers that last."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from campaigns.journeys.engine import begin
from campaigns.models import Enrollment, Journey, TurnedAway
from campaigns.trace.absent import absent_for
from retention.customers.changes import EVERYTHING
from retention.customers.events import NewEvent, record, record_backfill, tell_readers
from retention.customers.merging import merge
from retention.customers.personal_data import Pair
from segments.models import SegmentMember
from tests.campaigns.campaigning import make_crowd, make_list
from tests.campaigns.journeys.journeying import LATER, make_journey, planned, runs_of, tick
from tests.campaigns.story import make_shopper

pytestmark = pytest.mark.django_db
BIG = {"property": "total_minor", "type": "number", "op": "at_least", "value": 5000}


def read_again(customer: Any, *, now: Any) -> None:
    """Leave news, as any later event would."""
    tell_readers({customer.pk: [EVERYTHING]}, now=now)
    tick(now=now)


def test_only_an_event_that_says_what_it_must_starts_a_run(store: Any, now: Any) -> None:
    journey = make_journey({"trigger": {"event": "Order Completed", "where": [BIG]}, "steps": [LATER]}, now=now)
    small, large, past = make_crowd(3, now=now)
    record(small.pk, name="Order Completed", now=now, properties={"total_minor": 4999})
    record(large.pk, name="Order Completed", now=now, properties={"total_minor": 5000})
    record_backfill([NewEvent(past.pk, "Order Completed", {"total_minor": 9000}, now)], source="csv", now=now)
    tick(now=now)
    assert list(Enrollment.objects.values_list("customer_id", "state")) == [(large.pk, "running")]
    assert [one.reason for one in absent_for(small, say=str, now=now) if one.public_id == journey.public_id] == ["other_event"]


def test_who_is_not_meant_is_turned_away_and_stays_so_for_what_they_did(store: Any, now: Any) -> None:
    person = make_shopper(now=now)
    loyal = make_list(make_crowd(1, now=now), now=now)
    data = {"trigger": {"event": "Product Viewed"}, "people": [{"segment": str(loyal.public_id)}], "steps": [LATER]}
    journey = make_journey(data, now=now)
    record(person.pk, name="Product Viewed", now=now)
    tick(now=now)
    SegmentMember.objects.create(segment=loyal, customer=person, entered_at=now)
    read_again(person, now=now + timedelta(hours=1))
    assert (runs_of(journey), TurnedAway.objects.get().reason) == ([], "not_meant")
    assert [one.words for one in absent_for(person, say=str, now=now)] == ["They were not among those it is for"]
    record(person.pk, name="Product Viewed", now=now + timedelta(hours=2))
    tick(now=now + timedelta(hours=2))
    assert runs_of(journey) == [("running", "pause", "")]


def test_who_is_not_meant_any_more_leaves_before_the_next_step(store: Any, now: Any) -> None:
    person = make_shopper(now=now)
    loyal = make_list([person], now=now)
    steps = [LATER, {"id": "mail", "kind": "send", "channel": "email", "template": "hello"}]
    data = {"trigger": {"event": "Product Viewed"}, "people": [{"segment": str(loyal.public_id)}], "steps": steps}
    journey = make_journey(data, now=now)
    record(person.pk, name="Product Viewed", now=now)
    tick(now=now)
    SegmentMember.objects.filter(segment=loyal).delete()
    tick(now=now + timedelta(hours=1))
    assert (runs_of(journey), planned(journey)) == ([("stopped", "pause", "not_meant")], [])


def test_coming_into_a_segment_starts_and_leaving_it_ends(store: Any, now: Any) -> None:
    person = make_shopper(now=now)
    mine, other = make_list([person], now=now), make_list([person], now=now)
    segment = str(mine.public_id)
    leaves = {"event": "Segment Left", "where": [{"property": "segment", "type": "text", "op": "is", "values": [segment]}]}
    journey = make_journey({"trigger": {"kind": "segment", "segment": segment}, "exits": [leaves], "steps": [LATER]}, now=now)
    for place, (name, public_id) in enumerate(
        [("Segment Entered", other.public_id), ("Segment Entered", mine.public_id), ("Segment Left", other.public_id)]
    ):
        record(person.pk, name=name, now=now + timedelta(seconds=place), properties={"segment": str(public_id)})
    tick(now=now + timedelta(seconds=5))
    assert runs_of(journey) == [("running", "pause", "")]
    record(person.pk, name="Segment Left", now=now + timedelta(seconds=9), properties={"segment": segment})
    tick(now=now + timedelta(seconds=9))
    assert runs_of(journey) == [("stopped", "pause", "Segment Left")]


AGAIN = [
    ({"rule": "never"}, [0, 30, 200], 1),
    ({"rule": "always"}, [0, 30, 200], 2),  # the second comes while the first one runs
    ({"rule": "after", "days": 3}, [0, 60 * 70, 60 * 73], 2),
    ({"rule": "after", "days": 3}, [0, 60 * 24, 60 * 70], 1),
]


@pytest.mark.parametrize(("again", "minutes", "runs"), AGAIN)
def test_enters_again_as_the_journey_says(store: Any, now: Any, again: dict[str, Any], minutes: list[int], runs: int) -> None:
    journey = make_journey({"trigger": {"event": "Product Viewed", "key": "product_id"}, "again": again, "steps": [LATER]}, now=now)
    person = make_shopper(now=now)
    for minute in minutes:
        tick(now=now + timedelta(minutes=minute - 1))
        record(person.pk, name="Product Viewed", now=now + timedelta(minutes=minute), properties={"product_id": "lamp"})
        tick(now=now + timedelta(minutes=minute))
    for hours in (100, 101):  # everything is read again, long after: what was answered stays answered
        read_again(person, now=now + timedelta(hours=hours))
    assert len(runs_of(journey)) == runs
    record(person.pk, name="Product Viewed", now=now + timedelta(hours=102), properties={"product_id": "cup"})
    tick(now=now + timedelta(hours=102))
    assert len(runs_of(journey)) == runs + 1


def test_the_database_holds_one_run_at_a_time_about_one_thing(store: Any, now: Any) -> None:
    journey = make_journey({"trigger": {"event": "Product Viewed"}, "again": {"rule": "always"}, "steps": [LATER]}, now=now)
    person = make_shopper(now=now)
    record(person.pk, name="Product Viewed", now=now)
    tick(now=now)
    standing, first = begin(held_out=False, now=now), Enrollment.objects.get()
    with pytest.raises(IntegrityError, match="enrollment_one_at_a_time"), transaction.atomic():
        Enrollment.objects.create(
            journey=journey, version=first.version, customer=person, occurrence="another", about=first.about, trigger_at=now,
            state=standing.status, due_at=standing.due_at, entered_at=now,
        )  # fmt: skip


def test_once_only_holds_for_who_entered_as_somebody_merged_since(store: Any, now: Any) -> None:
    journey = make_journey({"trigger": {"event": "Product Viewed"}, "again": {"rule": "never"}, "steps": [LATER]}, now=now)
    first, second = make_crowd(2, now=now)
    record(second.pk, name="Product Viewed", now=now)
    tick(now=now)
    tick(now=now + timedelta(days=1))
    merge([Pair(loser=second.pk, survivor=first.pk)], now=now + timedelta(days=1), rules={second.pk: "email"})
    record(first.pk, name="Product Viewed", now=now + timedelta(days=2))
    tick(now=now + timedelta(days=2))
    assert list(Enrollment.objects.filter(journey=journey).values_list("customer_id", "state")) == [(first.pk, "finished")]


def test_two_who_are_one_go_on_once(store: Any, now: Any) -> None:
    journey = make_journey({"trigger": {"event": "Product Viewed"}, "again": {"rule": "always"}, "steps": [LATER]}, now=now)
    first, second = make_crowd(2, now=now)
    for place, person in enumerate((second, first)):
        record(person.pk, name="Product Viewed", now=now + timedelta(seconds=place))
        tick(now=now + timedelta(seconds=place))
    merge([Pair(loser=second.pk, survivor=first.pk)], now=now + timedelta(minutes=1), rules={second.pk: "email"})
    found = Enrollment.objects.filter(journey=journey, customer=first).order_by("id").values_list("state", "reason", "about")
    assert list(found) == [("running", "", f"customer-{first.pk}"), ("stopped", "merged", f"customer-{first.pk}")]


def test_of_two_ladders_of_people_who_left_one_goes_on_after_a_merge(store: Any, now: Any) -> None:
    first, second = make_crowd(2, now=now)
    journeys = [make_journey({"trigger": {"event": "Product Viewed"}, "steps": [LATER]}, now=now) for _ in range(2)]
    Journey.objects.update(for_quiet=True)
    for place, person in enumerate((first, second)):
        Enrollment.objects.create(
            journey=journeys[place], version=journeys[place].versions.get(), customer=person, occurrence=f"o{place}",
            about=f"basket-{place}", trigger_at=now, due_at=now, entered_at=now + timedelta(seconds=place),
        )  # fmt: skip
    merge([Pair(loser=second.pk, survivor=first.pk)], now=now + timedelta(minutes=1), rules={second.pk: "email"})
    found = Enrollment.objects.filter(customer=first).order_by("id").values_list("journey_id", "state", "reason")
    assert list(found) == [(journeys[0].pk, "running", ""), (journeys[1].pk, "stopped", "merged")]
