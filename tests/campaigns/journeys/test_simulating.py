"""One person's past with a journey that was not there: a table of what happened, and what would have been sent when."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from campaigns.journeys.definition import read_definition
from campaigns.journeys.engine import Happened
from campaigns.journeys.simulating import MOST_LOOKS, MOST_LOOKS_A_PERSON, MOST_OPEN, Budget, Life, Past, live_through
from campaigns.journeys.steps import Facts

DAY = datetime(2026, 3, 1, tzinfo=UTC)
MAIL = {"id": "mail", "kind": "send", "channel": "email", "template": "a"}
BASKET: dict[str, Any] = {
    "trigger": {"event": "Cart Idle", "key": "cart_id"},
    "exits": [{"event": "Order Completed"}],
    "steps": [MAIL, {"id": "pause", "kind": "wait", "hours": 20}, {"id": "more", "kind": "send", "channel": "push", "template": "b"}],
}


def at(hours: float, event: str = "Cart Idle", **properties: Any) -> Happened:
    """Return something that happened so many hours into the time."""
    return Happened(event, properties, DAY + timedelta(hours=hours), round(hours * 100))


def lived(data: dict[str, Any], *events: Happened, days: int = 10, **known: Any) -> Life:
    """Return what would have become of somebody to whom this happened."""
    facts = Facts(zone="UTC", **{name: known.pop(name) for name in ("holds", "dates") if name in known})
    past = Past(1, events, facts, **known)
    return live_through(read_definition(data), past, since=DAY, until=DAY + timedelta(days=days), store_id=1, journey_id=1)


def sent(life: Life) -> list[tuple[str, float]]:
    """Return the steps that would have sent, with the hours into the time."""
    return [(one.step, (one.at - DAY).total_seconds() / 3600) for one in life.sent]


def test_messages_would_have_gone_at_their_hours() -> None:
    life = lived(BASKET, at(1, cart_id="c1"))
    assert (sent(life), dict(life.ends)) == ([("mail", 1), ("more", 21)], {"": 1, "still": 0})


def test_an_order_would_have_ended_it_and_another_basket_begins_it_again() -> None:
    life = lived(BASKET, at(1, cart_id="c1"), at(5, "Order Completed"), at(30, cart_id="c1"), at(31, cart_id="c2"))
    assert (sent(life), len(life.entered), life.ends["Order Completed"]) == ([("mail", 1), ("mail", 31), ("more", 51)], 2, 1)


def test_who_is_inside_at_the_end_is_said_so() -> None:
    life = lived(BASKET, at(239, cart_id="c1"))
    assert (sent(life), life.ends["still"]) == ([("mail", 239)], 1)


def test_an_event_that_lacks_what_it_is_about_begins_nothing() -> None:
    assert lived(BASKET, at(1)).entered == []


def test_again_after_days_and_always() -> None:
    often = {**BASKET, "trigger": {"event": "Cart Idle"}, "steps": [MAIL]}
    events = [at(hour) for hour in (1, 2, 26, 50)]
    assert len(lived({**often, "again": {"rule": "never"}}, *events).entered) == 1
    assert len(lived({**often, "again": {"rule": "always"}}, *events).entered) == 4
    assert len(lived({**often, "again": {"rule": "after", "days": 2}}, *events).entered) == 2


def test_a_guard_asks_whether_the_basket_was_open_at_that_moment() -> None:
    guarded = {**BASKET, "guards": ["cart_open"]}
    closed = lived(guarded, at(1, cart_id="c1"), baskets={"c1": DAY + timedelta(hours=10)})
    assert (sent(closed), closed.ends["not cart_open"]) == ([("mail", 1)], 1)
    assert sent(lived(guarded, at(1, cart_id="c1"), baskets={"c1": None})) == [("mail", 1), ("more", 21)]


def test_what_a_run_waits_for_leads_it_on() -> None:
    steps = [{"id": "hear", "kind": "wait_event", "event": "Reviewed", "hours": 10, "then": "mail", "otherwise": "none"}, MAIL,
             {"id": "stop", "kind": "exit"}, {"id": "none", "kind": "exit"}]  # fmt: skip
    data = {"trigger": {"event": "Cart Idle"}, "steps": steps}
    assert sent(lived(data, at(1), at(4, "Reviewed"))) == [("mail", 4)]
    assert sent(lived(data, at(1), at(14, "Reviewed"))) == []


def test_the_calendar_lets_people_in_on_their_own_dates() -> None:
    birthday = {"trigger": {"kind": "date", "date": "birthday", "days": -2, "at": "09:00"}, "steps": [MAIL]}
    assert sent(lived(birthday, dates={"birthday": date(2000, 3, 6)})) == [("mail", 3 * 24 + 9)]
    assert sent(lived(birthday)) == []
    weekly = {"trigger": {"kind": "schedule", "every": "week", "weekdays": ["monday"], "segment": "s"}, "steps": [MAIL]}
    assert sent(lived(weekly, segments=frozenset({"s"}))) == [("mail", 24 + 9), ("mail", 8 * 24 + 9)]
    assert sent(lived(weekly)) == []


@pytest.mark.parametrize("hours", [0.02, 24])
def test_a_run_that_goes_round_is_cut_or_still_inside(hours: float) -> None:
    data = {"trigger": {"event": "Cart Idle"}, "steps": [{"id": "pause", "kind": "wait", "hours": hours}, {**MAIL, "then": "pause"}]}
    life = lived(data, at(1))
    assert (life.cut, life.ends["still"]) == ((1, 0) if hours < 1 else (0, 1))
    assert len(life.sent) == (MOST_LOOKS - 1 if hours < 1 else 9)


def test_the_looks_at_one_person_have_an_end_over_all_journeys_and_the_rest_is_cut() -> None:
    data = {"trigger": {"event": "Product Viewed", "key": "product_id"}, "again": {"rule": "always"},
            "steps": [{"id": "pause", "kind": "wait", "minutes": 1}, {**MAIL, "then": "pause"}]}  # fmt: skip
    definition = read_definition(data)
    past = Past(1, [at(1 + number / 100, "Product Viewed", product_id=f"p{number}") for number in range(400)], Facts(zone="UTC"))
    budget = Budget()
    times = {"since": DAY, "until": DAY + timedelta(days=90)}
    lives = [live_through(definition, past, **times, store_id=1, journey_id=pk, budget=budget) for pk in (1, 2)]
    assert (budget.looks, sum(len(life.sent) for life in lives) < MOST_LOOKS_A_PERSON) == (0, True)
    assert [(len(life.entered), life.cut, life.ends["still"]) for life in lives] == [(400, 400, 0)] * 2
    assert 0 < MOST_OPEN < len(lives[0].sent)
    assert lives[1].sent == []


def test_only_so_many_runs_of_one_journey_are_open_at_once() -> None:
    slow = {**BASKET, "again": {"rule": "always"}}
    life = lived(slow, *(at(1, cart_id=f"c{number}") for number in range(MOST_OPEN + 3)))
    assert (len(life.entered), life.cut, life.ends[""], len(life.sent)) == (MOST_OPEN + 3, 3, MOST_OPEN, 2 * MOST_OPEN)
