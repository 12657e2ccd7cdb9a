"""A new version: runs finish on their own, or move where the merchant says; what this release cannot read disturbs nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.journeys import versions
from campaigns.journeys.definition import DefinitionError
from campaigns.journeys.versions import live_journeys, publish
from campaigns.models import Enrollment, Journey, JourneyVersion
from retention.customers.events import record
from tests.campaigns.campaigning import make_crowd
from tests.campaigns.journeys.journeying import SEND, make_journey, make_template, planned, runs_of, tick

pytestmark = pytest.mark.django_db
OLD = {"trigger": {"event": "Cart Idle"}, "steps": [{"id": "pause", "kind": "wait", "hours": 2}, {"id": "old", "kind": "exit"}]}
NEW = {"trigger": {"event": "Cart Idle"}, "steps": [{"id": "rest", "kind": "wait", "hours": 9}, SEND]}


def start(person: Any, *, at: Any) -> None:
    record(person.pk, name="Cart Idle", now=at)
    tick(now=at)


def test_runs_finish_on_their_own_version_and_new_ones_enter_by_the_new(store: Any, now: Any) -> None:
    make_template()
    journey = make_journey(OLD, now=now)
    early, late = make_crowd(2, now=now)
    start(early, at=now)
    version, moved = publish(journey, NEW, now=now + timedelta(minutes=1))
    start(late, at=now + timedelta(minutes=2))
    tick(now=now + timedelta(hours=10))
    assert (version.number, moved, journey.state, journey.live_number) == (2, 0, "live", 2)
    assert runs_of(journey) == [("finished", "old", ""), ("finished", "mail", "")]


def test_runs_move_by_a_stated_mapping_and_keep_their_moment(store: Any, now: Any) -> None:
    make_template()
    journey = make_journey(OLD, now=now)
    (person,) = make_crowd(1, now=now)
    start(person, at=now)
    _version, moved = publish(journey, NEW, moving={"pause": "rest"}, now=now + timedelta(minutes=1))
    assert (moved, Enrollment.objects.get().due_at) == (1, now + timedelta(hours=2))
    tick(now=now + timedelta(hours=2))
    assert (runs_of(journey), planned(journey)) == ([("finished", "mail", "")], [("mail", "email")])


def waits_for(event: str, name: str = "until") -> dict[str, Any]:
    """Return a journey that waits for an event, writes when it happens and ends without it."""
    step = {"id": name, "kind": "wait_event", "event": event, "hours": 48, "then": "mail", "otherwise": "none"}
    return {"trigger": {"event": "Cart Idle"}, "steps": [step, SEND, {"id": "none", "kind": "exit"}]}


@pytest.mark.parametrize(
    ("newer", "heard"),
    [
        (waits_for("Product Viewed"), True),
        (waits_for("Product Viewed", "other"), False),
        (waits_for("Reviewed"), False),
    ],
)  # fmt: skip
def test_who_moves_hears_what_happened_before_only_where_they_wait_for_the_same_still(
    store: Any, now: Any, newer: dict[str, Any], heard: bool
) -> None:
    make_template()
    journey = make_journey(waits_for("Product Viewed"), now=now)
    (person,) = make_crowd(1, now=now)
    start(person, at=now)
    step = newer["steps"][0]
    record(person.pk, name=step["event"], now=now + timedelta(minutes=1))
    publish(journey, newer, moving={"until": step["id"]}, now=now + timedelta(minutes=2))
    tick(now=now + timedelta(minutes=2))
    assert runs_of(journey) == [("finished", "none", "") if heard else ("running", step["id"], "")]
    record(person.pk, name=step["event"], now=now + timedelta(minutes=3))
    tick(now=now + timedelta(minutes=3))
    assert (runs_of(journey), planned(journey)) == ([("finished", "none", "")], [("mail", "email")])


def test_who_moves_to_another_step_forgets_what_was_of_the_old_one_alone(store: Any, now: Any) -> None:
    rungs = [{"channel": "push", "template": "hello", "minutes": 60}, {"channel": "email", "template": "hello", "minutes": 120}]
    ladder = {"trigger": {"event": "Cart Idle"}, "steps": [{"id": "try", "kind": "ladder", "rungs": rungs}]}
    journey = make_journey(ladder, now=now)
    (person,) = make_crowd(1, now=now)
    start(person, at=now)
    before = Enrollment.objects.get().memory
    assert before["rung"][:2] == [0, 0]
    Enrollment.objects.update(memory=before | {"lap": 1, "ahead": "gone"})
    publish(journey, ladder, moving={"try": "try"}, now=now)
    assert Enrollment.objects.get().memory == before | {"lap": 1}
    publish(journey, NEW, moving={"try": "rest"}, now=now)
    assert Enrollment.objects.get().memory == {"lap": 1}


@pytest.mark.parametrize(("to", "said"), [("gone", "which is no step of this journey"), ("mail", "where nobody waits")])
def test_a_mapping_to_where_nobody_can_stand_is_refused_and_changes_nothing(store: Any, now: Any, to: str, said: str) -> None:
    journey = make_journey(OLD, now=now)
    with pytest.raises(DefinitionError) as caught:
        publish(journey, NEW, moving={"pause": to}, now=now)
    problem = caught.value.problems[0]
    assert (problem.path, said in problem.phrase.render(str)) == ("moving.pause", True)
    assert JourneyVersion.objects.filter(journey=journey).count() == 1


def test_more_runs_than_move_at_once_are_refused_and_nothing_is_published(store: Any, now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "MOST_MOVED", 1)
    journey = make_journey(OLD, now=now)
    for person in make_crowd(2, now=now):
        start(person, at=now)
    with pytest.raises(DefinitionError) as caught:
        publish(journey, NEW, moving={"pause": "rest"}, now=now)
    assert "at most 1 people" in caught.value.problems[0].phrase.render(str)
    assert (JourneyVersion.objects.filter(journey=journey).count(), runs_of(journey)) == (1, [("running", "pause", "")] * 2)
    Enrollment.objects.filter(pk=Enrollment.objects.order_by("pk").values("pk")[:1]).update(step="old")
    assert publish(journey, NEW, moving={"pause": "rest"}, now=now)[1] == 1


def test_a_version_this_release_cannot_read_stops_its_own_runs_only(store: Any, now: Any) -> None:
    strange, sound = make_journey(OLD, now=now), make_journey(OLD, now=now)
    (person,) = make_crowd(1, now=now)
    start(person, at=now)
    later = JourneyVersion.objects.create(journey=strange, number=2, definition={"trigger": {"kind": "comet"}, "steps": []})
    Journey.objects.filter(pk=strange.pk).update(live_number=2)
    Enrollment.objects.filter(journey=strange).update(version=later)
    tick(now=now + timedelta(hours=2))
    assert runs_of(strange) == [("stopped", "pause", "unreadable")]
    assert runs_of(sound) == [("finished", "old", "")]
    start(person, at=now + timedelta(hours=3))
    assert len(runs_of(strange)) == 1


def test_live_journeys_are_read_once_and_cells_are_none_of_them(store: Any, now: Any) -> None:
    journey, cell = make_journey(OLD, now=now), make_journey(OLD, now=now)
    Journey.objects.filter(pk=cell.pk).update(for_quiet=True)
    assert [(one.journey_id, one.definition.trigger.event) for one in live_journeys()] == [(journey.pk, "Cart Idle")]
    with CaptureQueriesContext(
        connection,
    ) as asked:
        live_journeys()
    assert [query["sql"] for query in asked if '"definition"' in query["sql"]] == []


def test_a_run_of_a_cell_hears_what_it_waits_for_and_one_that_rests_keeps_it(store: Any, now: Any) -> None:
    make_template()
    waits = {"id": "until", "kind": "wait_event", "event": "Product Viewed", "hours": 48, "then": "mail", "otherwise": "mail"}
    live, resting = (make_journey({"trigger": {"event": "Cart Idle"}, "steps": [waits, SEND]}, now=now) for _number in range(2))
    (person,) = make_crowd(1, now=now)
    start(person, at=now)
    Journey.objects.filter(pk=live.pk).update(for_quiet=True)
    resting.pause(now=now)
    record(person.pk, name="Product Viewed", now=now + timedelta(minutes=1))
    tick(now=now + timedelta(minutes=1))
    assert (runs_of(live)[0][0], runs_of(resting)[0][:2]) == ("finished", ("running", "until"))
