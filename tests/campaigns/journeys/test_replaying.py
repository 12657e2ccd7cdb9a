"""A replay: slices of people with what they really did, beside the live journeys; counted once each, whoever counts and however often."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.journeys import replaying
from campaigns.journeys.definition import DefinitionError
from campaigns.journeys.drafting import make
from campaigns.models import Enrollment, JourneyReplay, Message
from retention.customers.events import record
from retention.customers.models import CustomerEvent
from retention.stores.models import StoreWork
from tests.campaigns.campaigning import make_crowd, make_list
from tests.campaigns.journeys.journeying import SEND, make_journey, make_template

pytestmark = pytest.mark.django_db
DATA = {
    "trigger": {"event": "Cart Idle"},
    "again": {"rule": "always"},
    "steps": [
        {"id": "mail", "kind": "send", "channel": "email", "template": "hello"},
        {"id": "pause", "kind": "wait", "hours": 2},
        {"id": "text", "kind": "send", "channel": "sms", "template": "hello"},
    ],
}


@pytest.fixture
def slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a slice hold two people."""
    monkeypatch.setattr(replaying, "SLICE", 2)


def run_all(*, now: Any) -> int:
    """Go on until nothing waits; return how often."""
    for times in range(1, 50):
        if replaying.go_on(now=now) is None:
            return times
    raise AssertionError("the replay does not come to an end")


def happened(person: Any, name: str, *, at: Any) -> None:
    """Write down something that happened, with its effects stored."""
    record(person.pk, name=name, now=at)
    CustomerEvent.objects.filter(customer=person, projected_at=None).update(projected_at=at)


def test_a_replay_counts_who_would_have_entered_and_what_they_would_have_got(store: Any, now: Any, slices: None) -> None:
    make_template()
    other = make_journey({"trigger": {"event": "Cart Idle"}, "steps": [SEND]}, now=now, since=timedelta(days=60))
    people = make_crowd(3, now=now) + make_crowd(1, now=now, consent=False)
    for number, person in enumerate(people):
        happened(person, "Cart Idle", at=now - timedelta(days=10 + number))
    happened(people[0], "Cart Idle", at=now - timedelta(days=5))
    happened(people[1], "Cart Idle", at=now - timedelta(days=100))
    journey = make("News", user_id=None, now=now)
    assert replaying.begin(journey, DATA, now=now)
    assert run_all(now=now) == 3
    replay = JourneyReplay.objects.get()
    found = replay.found
    assert (replay.people_count, replay.finished_at, found["entered"], found["again"]) == (4, now, 5, 1)
    assert found["sent"] == {"email": [5, 4], "sms": [5, 0]}
    assert found["people"] == {"email": 1, "sms": 4}
    assert (found["twice"], found["met"], found["met_people"]) == (4, {str(other.public_id): 4}, 4)
    assert (sum(found["days"].values()), found["ends"]) == (5, {"": 5})
    assert not Enrollment.objects.filter(journey=journey).exists()
    assert not Message.objects.exists()


def test_one_replay_of_a_journey_at_a_time_and_the_newest_is_kept(store: Any, now: Any) -> None:
    journey = make("News", user_id=None, now=now)
    assert replaying.begin(journey, DATA, now=now)
    assert not replaying.begin(journey, DATA, now=now)
    assert StoreWork.objects.filter(kind=replaying.WORK).exists()
    run_all(now=now)
    assert replaying.begin(journey, DATA, now=now + timedelta(days=1))
    assert JourneyReplay.objects.get().finished_at is None


def test_a_slice_that_is_done_again_counts_nobody_twice(store: Any, now: Any, slices: None) -> None:
    for person in make_crowd(3, now=now):
        happened(person, "Cart Idle", at=now - timedelta(days=1))
    journey = make("News", user_id=None, now=now)
    replaying.begin(journey, DATA, now=now)
    replaying.go_on(now=now)
    kept = JourneyReplay.objects.values("reached", "people_count", "found").get()
    run_all(now=now)
    assert JourneyReplay.objects.get().found["entered"] == 3
    JourneyReplay.objects.update(**kept, finished_at=None)
    run_all(now=now)
    assert JourneyReplay.objects.get().found["entered"] == 3


def test_a_slice_ends_with_the_person_it_is_at_when_its_time_is_over(store: Any, now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "MOST_SECONDS", 0)
    people = make_crowd(3, now=now)
    for person in people:
        happened(person, "Cart Idle", at=now - timedelta(days=1))
    replaying.begin(make("News", user_id=None, now=now), DATA, now=now)
    replaying.go_on(now=now)
    replay = JourneyReplay.objects.get()
    assert (replay.people_count, replay.reached, replay.finished_at) == (1, min(one.pk for one in people), None)
    assert run_all(now=now) <= 3
    replay.refresh_from_db()
    assert (replay.people_count, replay.found["entered"]) == (3, 3)


def test_a_replay_that_fails_is_tried_three_times_and_then_ends_as_it_is(store: Any, now: Any) -> None:
    replaying.begin(make("News", user_id=None, now=now), DATA, now=now)
    JourneyReplay.objects.update(definition={"steps": []})
    for tries in (1, 2, 3):
        with pytest.raises(DefinitionError):
            replaying.go_on(now=now)
        assert JourneyReplay.objects.filter(tries=tries, finished_at=None).exists()
    assert replaying.go_on(now=now) is None
    replay = JourneyReplay.objects.get()
    assert (replay.gave_up, replay.finished_at, replay.people_count) == (True, now, 0)


def test_a_replay_that_has_not_moved_for_ten_minutes_makes_way_for_a_new_one(store: Any, now: Any) -> None:
    journey = make("News", user_id=None, now=now)
    replaying.begin(journey, DATA, now=now)
    JourneyReplay.objects.update(moved_at=now + timedelta(minutes=5), tries=2)
    assert not replaying.begin(journey, DATA, now=now + timedelta(minutes=14))
    later = now + timedelta(minutes=15)
    assert replaying.begin(journey, DATA, now=later)
    replay = JourneyReplay.objects.get()
    assert (replay.asked_at, replay.tries, replay.moved_at) == (later, 0, None)


def test_the_calendar_is_replayed_for_those_who_have_the_date(store: Any, now: Any) -> None:
    make_crowd(2, now=now, birth_md=228)
    make_crowd(2, now=now)
    journey = make("Birthday", user_id=None, now=now)
    steps = [{"id": "mail", "kind": "send", "channel": "email", "template": "hello"}]
    replaying.begin(journey, {"trigger": {"kind": "date", "date": "birthday"}, "steps": steps}, now=now)
    run_all(now=now)
    replay = JourneyReplay.objects.get()
    assert (replay.people_count, replay.found["entered"], list(replay.found["days"])) == (2, 2, ["2026-02-28"])


def test_another_journey_by_the_calendar_meets_those_in_its_own_segment_only(store: Any, now: Any) -> None:
    make_template()
    inside, outside = make_crowd(2, now=now)
    daily = {"kind": "schedule", "every": "day", "at": "09:00"}
    chosen, drafted = make_list([inside], now=now, name="Loyal"), make_list([inside, outside], now=now, name="All")
    trigger = {**daily, "segment": str(chosen.public_id)}
    other = make_journey({"trigger": trigger, "again": {"rule": "always"}, "steps": [SEND]}, now=now, since=timedelta(days=60))
    journey = make("News", user_id=None, now=now)
    replaying.begin(journey, {**DATA, "trigger": {**daily, "segment": str(drafted.public_id)}}, now=now, days=2)
    run_all(now=now)
    found = JourneyReplay.objects.get().found
    assert (found["again"], found["met"]) == (2, {str(other.public_id): 1})
    for person in (inside, outside):
        happened(person, "Cart Idle", at=now - timedelta(hours=20))
    replaying.begin(journey, DATA, now=now, days=2)
    run_all(now=now)
    found = JourneyReplay.objects.get().found
    assert (found["entered"], found["met"]) == (2, {str(other.public_id): 1})


def test_two_counts_together_are_the_count_of_both() -> None:
    one = {"entered": 1, "days": {"2026-01-01": 1}, "sent": {"email": [2, 1]}, "people": {}}
    two = {"entered": 2, "days": {"2026-01-01": 1, "2026-01-02": 1}, "sent": {"email": [1, 1], "sms": [1, 0]}, "people": {"sms": 1}}
    together = replaying.merged(replaying.merged({}, one), two)
    assert together == {
        "entered": 3, "days": {"2026-01-01": 2, "2026-01-02": 1}, "sent": {"email": [3, 2], "sms": [1, 0]}, "people": {"sms": 1}
    }  # fmt: skip
