"""People at each step: waiting, passed and left, from where runs stand and which paths they took; in one statement."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.journeys.counting import Group, add_up, counts_lately, counts_of
from campaigns.journeys.definition import read_definition
from retention.customers.events import record
from tests.campaigns.campaigning import make_crowd
from tests.campaigns.journeys.journeying import make_journey, tick

PATHS = [{"name": "A", "weight": 1, "go": "a"}, {"name": "B", "weight": 1, "go": "b"}]
FORKED = {
    "trigger": {"event": "Cart Idle"},
    "steps": [
        {"id": "part", "kind": "split", "paths": PATHS},
        {"id": "a", "kind": "wait", "hours": 1, "then": "last"},
        {"id": "b", "kind": "wait", "hours": 2},
        {"id": "last", "kind": "wait", "hours": 9},
        {"id": "end", "kind": "exit"},
    ],
}
HEARD = {
    "trigger": {"event": "Cart Idle"},
    "steps": [
        {"id": "hear", "kind": "wait_event", "event": "Reviewed", "hours": 1, "then": "yes", "otherwise": "no"},
        {"id": "yes", "kind": "wait", "hours": 1, "then": "last"},
        {"id": "no", "kind": "wait", "hours": 2},
        {"id": "last", "kind": "wait", "hours": 9},
    ],
}


def told(groups: list[Group], data: dict[str, Any]) -> dict[str, tuple[int, int, int, bool]]:
    found = add_up(groups, read_definition(data))
    return {step_id: (one.waiting, one.passed, one.left, one.sure) for step_id, one in found.items()}


def test_a_path_that_was_taken_says_which_steps_were_passed() -> None:
    groups = [Group("last", {"part": "A"}, running=3), Group("a", {"part": "A"}, running=2), Group("end", {"part": "B"}, ended=4)]
    assert told(groups, FORKED) == {
        "part": (0, 9, 0, True),
        "a": (2, 3, 0, True),
        "b": (0, 4, 0, True),
        "last": (3, 4, 0, True),
        "end": (0, 0, 4, True),
    }


def test_where_ways_of_a_wait_met_again_only_what_is_sure_is_counted() -> None:
    found = told([Group("last", {}, running=5), Group("yes", {}, ended=1)], HEARD)
    assert found == {"hear": (0, 6, 0, True), "yes": (0, 0, 1, False), "no": (0, 0, 0, False), "last": (5, 0, 0, True)}


def test_runs_at_steps_that_are_gone_are_left_out() -> None:
    assert told([Group("gone", {}, running=5)], HEARD)["hear"] == (0, 0, 0, True)


@pytest.mark.django_db
def test_counts_come_from_the_runs_in_one_statement(store: Any, now: Any) -> None:
    journey = make_journey(FORKED, now=now)
    for person in make_crowd(12, now=now):
        record(person.pk, name="Cart Idle", now=now)
    tick(now=now)
    tick(now=now + timedelta(hours=1))
    with CaptureQueriesContext(connection) as seen:
        found = counts_of(journey, read_definition(FORKED))
    assert len(seen) == 1
    assert (found["part"].passed, found["a"].waiting, found["a"].passed) == (12, 0, found["last"].waiting)
    assert found["last"].waiting + found["b"].waiting == 12
    assert 0 < found["b"].waiting < 12


@pytest.mark.django_db
def test_whoever_looks_again_within_a_minute_reads_no_runs_until_another_version_is_live(store: Any, now: Any) -> None:
    journey, definition = make_journey(FORKED, now=now), read_definition(FORKED)
    for person in make_crowd(3, now=now):
        record(person.pk, name="Cart Idle", now=now)
    tick(now=now)
    counted = counts_lately(journey, definition)
    tick(now=now + timedelta(hours=3))
    with CaptureQueriesContext(connection) as seen:
        assert counts_lately(journey, definition) == counted
    assert len(seen) == 0
    assert counted[0]["a"].waiting + counted[0]["b"].waiting == 3
    journey.live_number = 2
    assert counts_lately(journey, definition)[0]["last"].waiting == 3
