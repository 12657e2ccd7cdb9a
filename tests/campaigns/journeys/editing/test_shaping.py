"""What a step says, shown in its form and read back, is what it said; every kind of step and of start has a form."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from campaigns.journeys.definition import read_definition
from campaigns.journeys.editing.asking import Around, asking_of, asks_something
from campaigns.journeys.editing.rearranging import FRESH
from campaigns.journeys.editing.shaping import MOST_ROWS, gather, spread
from campaigns.journeys.steps import KINDS
from segments.conditions import KINDS as CONDITIONS
from segments.library import LIBRARY, did, either, figure, last, rule_of
from segments.rules.asks import Told, shown, taken
from segments.rules.terms import Terms
from segments.rules.tree import Rule, RuleError, read_rule

SEGMENT = "11111111-1111-4111-8111-111111111111"
WHERE = [{"property": "total_minor", "type": "number", "op": "at_least", "value": 5000}]
AROUND = Around("Cart Idle", Terms(store_id=1, zone=ZoneInfo("Europe/Berlin"), currency="EUR"))
STEPS: list[dict[str, Any]] = [
    {"kind": "send", "channel": "sms", "template": "a", "expires_hours": 12},
    {"kind": "wait", "hours": 20},
    {"kind": "wait", "days": 2, "at": "09:00", "weekdays": ["monday", "friday"]},
    {"kind": "wait", "at": "18:30"},
    {"kind": "wait_date", "date": "birthday", "days": -3, "at": "09:00", "yearly": True, "missing": "leave"},
    {"kind": "wait_event", "event": "Order Completed", "key": "cart_id", "where": WHERE, "days": 2},
    {"kind": "ladder", "most": 2, "rungs": [{"channel": "push", "template": "a", "minutes": 30, "expires_hours": 24},
                                           {"channel": "email", "template": "b", "minutes": 1440, "expires_hours": 6}]},
    {"kind": "coupon", "pool": SEGMENT, "without": "leave"},
    {"kind": "update", "set": {"plan": "gold", "visits": 3, "vip": True, "on": {"is": "today"}}},
    {"kind": "webhook", "endpoint": SEGMENT, "data": {"list": "vip", "count": 2}},
    {"kind": "notify", "roles": ["support", "owner"], "subject": "Call them", "text": "Soon."},
]  # fmt: skip
TRIGGERS: list[dict[str, Any]] = [
    {"kind": "event", "event": "Cart Idle", "key": "cart_id", "where": [{"property": "c", "type": "text", "op": "is", "values": ["Tea"]}]},
    {"kind": "segment", "segment": SEGMENT, "move": "left"},
    {"kind": "date", "date": "birthday", "days": -7, "at": "10:00", "yearly": True},
    {"kind": "schedule", "segment": SEGMENT, "every": "week", "weekdays": ["monday"], "at": "09:00"},
    {"kind": "schedule", "segment": SEGMENT, "every": "month", "day": 3, "at": "09:00"},
    {"kind": "product", "what": "price_drop", "percent": 10, "within_days": 30, "interest": ["viewed"]},
    {"kind": "product", "what": "low_stock", "at_most": 3, "within_days": 30, "interest": ["basket", "wished"]},
]


def posted(kind: str, node: dict[str, Any]) -> dict[str, list[str]]:
    """Return what a browser would send back of a form nobody changed."""
    asked = shown(Told(spread(kind, node)), asking_of(kind, AROUND))
    return {one.ask.name: one.value if isinstance(one.value, list) else [one.value] for one in asked if one.ask.kind != "rows"}


def through_the_form(kind: str, node: dict[str, Any]) -> dict[str, Any]:
    """Return a node's words after its form was opened and sent back unchanged."""
    form = taken(kind, posted(kind, node), asking_of(kind, AROUND))
    del form["is"]
    return gather(kind, form, node)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step["kind"])
def test_a_form_sent_back_unchanged_changes_nothing_of_a_step(step: dict[str, Any]) -> None:
    said = through_the_form(step["kind"], step)
    assert _meant({"kind": step["kind"], **said}) == _meant(step)


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda one: f"{one['kind']}-{one.get('what', one.get('every', ''))}")
def test_a_form_sent_back_unchanged_changes_nothing_of_what_starts_it(trigger: dict[str, Any]) -> None:
    said = through_the_form("trigger", {"trigger": trigger})
    assert _meant({"kind": "exit"}, **said) == _meant({"kind": "exit"}, trigger=trigger)


def _meant(step: dict[str, Any], **more: Any) -> Any:
    """Return what a step, or what is around it, means to the engine."""
    definition = read_definition({"trigger": {"event": "Cart Idle"}, "steps": [{"id": "s", **step}], **more})
    return definition.steps, definition.trigger


def test_who_enters_how_often_and_what_ends_it_come_back_with_what_no_form_says() -> None:
    rule = {"rule": {"version": 1, "root": {"join": "all", "rules": []}}}
    part = {
        "trigger": {"event": "Cart Idle"}, "people": [{"segment": SEGMENT, "inside": False}, rule], "again": {"rule": "after", "days": 9},
        "guards": ["cart_open"], "calm_minutes": 30, "holdout_share": 0.1, "stream": "transactional",
    }  # fmt: skip
    assert through_the_form("entry", part) == {name: value for name, value in part.items() if name != "trigger"}
    exits = {"exits": [{"event": "Order Completed", "key": "cart_id", "where": WHERE}, {"event": "Returned"}]}
    assert through_the_form("exits", exits) == exits


def test_two_exits_of_one_event_keep_what_each_asks_also_when_the_first_is_taken_out() -> None:
    dear, cheap = ({"event": "Order Completed", "where": [{**WHERE[0], "value": value}]} for value in (5000, 100))
    plain = {"event": "Order Completed"}
    exits = {"exits": [dear, cheap, plain]}
    assert through_the_form("exits", exits) == exits
    rows = spread("exits", exits)["exits"]
    assert gather("exits", {"exits": rows[1:]}, exits) == {"exits": [cheap, plain]}
    assert gather("exits", {"exits": rows[2:]}, exits) == {"exits": [plain]}
    assert gather("exits", {"exits": [*rows, {"event": "Returned"}]}, exits) == {"exits": [dear, cheap, plain, {"event": "Returned"}]}


def test_exits_beyond_those_a_form_shows_stay_once() -> None:
    exits = {"exits": [{"event": f"Thing {number}"} for number in range(MOST_ROWS + 2)]}
    rows = spread("exits", exits)["exits"]
    assert len(rows) == MOST_ROWS
    assert through_the_form("exits", exits) == exits
    assert gather("exits", {"exits": rows[1:]}, exits) == {"exits": exits["exits"][1:]}


def test_a_way_of_a_branch_and_the_shares_of_a_split_come_back() -> None:
    way = {"name": "Loyal", "people": [{"segment": SEGMENT}], "told": WHERE, "steps": []}
    assert through_the_form("way", way) == {name: way[name] for name in ("name", "people", "told")}
    split = {
        "kind": "split",
        "ways": [{"name": "A", "weight": 70, "steps": [{"kind": "jump", "to": "s"}]}, {"name": "B", "weight": 30, "steps": []}],
    }
    assert through_the_form("split", split) == {"ways": split["ways"]}


@pytest.mark.parametrize("one", LIBRARY, ids=lambda one: one.key)
def test_a_rule_of_the_library_comes_back_from_the_form_of_a_way(one: Any) -> None:
    way = {"name": "", "people": [{"rule": one.rule, "inside": False}, {"rule": one.rule}], "told": [], "steps": []}
    people = through_the_form("way", way)["people"]
    assert [entry.get("inside", True) for entry in people] == [False, True]
    assert [_read_rule(entry["rule"]) for entry in people] == [_read_rule(one.rule)] * 2


def _read_rule(rule: Any) -> Rule | str:
    try:
        return read_rule(rule, kinds=CONDITIONS, terms=AROUND.terms)
    except RuleError as error:
        return str(error)


def test_conditions_are_changed_in_the_form_and_a_rule_with_groups_stays_as_it_is() -> None:
    plain, grouped = (
        rule_of(figure("orders", "equals", 1)),
        rule_of(either(did("Product Viewed", window=last(2)), figure("spent", "more", 5))),
    )
    way = {"name": "", "people": [{"rule": grouped}, {"rule": plain}], "told": [], "steps": []}
    form = spread("way", way)
    assert [sorted(row) for row in form["rules"]] == [["inside", "whole"], ["conditions", "inside", "join"]]
    answers = posted("way", way) | {"rules.1.conditions.0.value": ["3"], "rules.1.join": ["none"], "rules.0.inside": ["no"]}
    told = taken("way", answers, asking_of("way", AROUND))
    changed = {"version": 1, "root": {"join": "none", "rules": [figure("orders", "equals", 3)]}}
    assert gather("way", told, way)["people"] == [{"rule": grouped, "inside": False}, {"rule": changed}]
    assert gather("way", form | {"rules": form["rules"][1:]}, way)["people"] == [{"rule": plain}]
    assert gather("way", form | {"rules": [form["rules"][0], {"inside": "yes", "join": "all"}]}, way)["people"] == [{"rule": grouped}]


def test_every_kind_of_step_can_be_added_and_all_that_say_something_have_a_form() -> None:
    assert set(FRESH) == {*KINDS.keys(), "jump"}
    assert {kind for kind in FRESH if not asks_something(kind)} == {"exit", "branch"}
