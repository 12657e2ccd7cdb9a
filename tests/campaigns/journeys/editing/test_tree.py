"""A definition as a tree and back: every step, and where everybody goes, stay the same."""

from typing import Any

import pytest
from hypothesis import assume, given

from campaigns.journeys.definition import Definition, DefinitionError, read_definition
from campaigns.journeys.editing.growing import grow
from campaigns.journeys.editing.tree import flatten, jump_problems, places
from campaigns.journeys.soundness import place_after
from tests.campaigns.journeys.strategies import journeys

_TRIGGER = {"trigger": {"event": "Cart Idle", "key": "cart_id"}}
_MAIL = {"kind": "send", "channel": "email", "template": "a"}


def shape(definition: Definition) -> dict[str, list[str]]:
    """Return where every step leads, by name; an exit is the end."""
    ids = [step.id for step in definition.steps]
    exits = {step.id for step in definition.steps if step.kind == "exit"}
    goes = {step.id: [place_after(definition.steps, ids, step, way) or "" for way in step.ways()] for step in definition.steps}
    return {step_id: ["" if to in exits else to for to in goes[step_id]] for step_id in ids if step_id not in exits}


def said(definition: Definition) -> dict[str, str]:
    """Return what every step does, in words, by name."""
    return {step.id: step.describe().render(str) for step in definition.steps if step.kind != "exit"}


@given(journeys())
def test_a_journey_made_a_tree_and_back_leads_everybody_the_same_way(data: dict[str, Any]) -> None:
    try:
        before = read_definition(data)
    except DefinitionError:
        assume(False)
    tree = grow(data)
    after = read_definition(flatten(tree).data)
    assert jump_problems(tree) == []
    assert (shape(after), said(after)) == (shape(before), said(before))
    assert after.steps[0].id == before.steps[0].id


def test_ways_come_together_where_all_of_them_go_on() -> None:
    steps = [
        {"id": "look", "kind": "split", "paths": [{"name": "A", "weight": 1, "go": "a"}, {"name": "B", "weight": 1, "go": "b"}]},
        {"id": "a", **_MAIL, "then": "wait"},
        {"id": "b", **_MAIL},
        {"id": "wait", "kind": "wait", "days": 1},
        {"id": "end", "kind": "exit"},
    ]
    tree = grow(_TRIGGER | {"steps": steps})
    assert [(place, node["id"]) for place, node in places(tree)] == [
        ("root.steps.0", "look"),
        ("root.steps.0.ways.0.steps.0", "a"),
        ("root.steps.0.ways.1.steps.0", "b"),
        ("root.steps.1", "wait"),
        ("root.steps.2", "end"),
    ]


def test_a_way_that_leaves_does_not_keep_the_others_from_coming_together() -> None:
    steps = [
        {"id": "wait", "kind": "wait_event", "event": "Order Completed", "days": 2, "then": "bought", "otherwise": "mail"},
        {"id": "bought", "kind": "exit"},
        {"id": "mail", **_MAIL},
        {"id": "end", "kind": "exit"},
    ]
    tree = grow(_TRIGGER | {"steps": steps})
    assert [node["id"] for node in tree["root"]["steps"]] == ["wait", "mail", "end"]
    assert [[node["id"] for node in way["steps"]] for way in tree["root"]["steps"][0]["ways"]] == [["bought"], []]


def test_a_way_back_is_a_jump_and_an_unused_end_is_left_out() -> None:
    steps = [
        {"id": "mail", **_MAIL},
        {"id": "wait", "kind": "wait_event", "event": "Order Completed", "days": 2, "then": "done", "otherwise": "mail"},
        {"id": "done", "kind": "exit"},
    ]
    tree = grow(_TRIGGER | {"steps": steps})
    assert tree["root"]["steps"][1]["ways"][1]["steps"] == [{"kind": "jump", "to": "mail"}]
    tree["root"]["steps"][1]["ways"][0]["steps"] = [{"kind": "jump", "to": "mail"}]
    assert [step["id"] for step in flatten(tree).data["steps"]] == ["mail", "wait"]


@pytest.mark.parametrize("to", ["", "gone"])
def test_a_jump_to_nowhere_is_named_by_its_place(to: str) -> None:
    tree = grow(_TRIGGER | {"steps": [{"id": "mail", **_MAIL}]})
    tree["root"]["steps"].insert(1, {"kind": "jump", "to": to})
    (problem,) = jump_problems(tree)
    assert (problem.path, problem.phrase.render(str)) == ("root.steps.1", "Choose the step at which they go on.")
