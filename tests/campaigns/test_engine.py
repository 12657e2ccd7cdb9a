"""The engine as a table: where a run stands, what happens, and where it stands then. No database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.journeys.definition import Definition, DefinitionError, read_definition
from campaigns.journeys.engine import Due, Happened, Signal, Standing, advance, begin, key_of
from campaigns.journeys.steps import Plan, Withdraw
from campaigns.playbooks import PLAYBOOKS

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=20)
CART: Definition = read_definition(PLAYBOOKS["abandoned_cart"].definition)
OPEN = {"cart_open": True}
FIRST = Plan("first", "email", "abandoned-cart-first", 12)
SECOND = Plan("second", "email", "abandoned-cart-second", 24)


def standing(status: str, step: str, due_at: datetime | None = None, reason: str = "") -> Standing:
    return Standing(status, step, due_at, reason=reason)


TABLE: list[tuple[Standing, Signal, dict[str, bool], datetime, Standing, tuple[Any, ...]]] = [
    (standing("running", "", NOW), Due(), OPEN, NOW, standing("running", "pause", LATER), (FIRST,)),
    (standing("running", "pause", LATER), Due(), OPEN, LATER - timedelta(seconds=1), standing("running", "pause", LATER), ()),
    (standing("running", "pause", LATER), Due(), OPEN, LATER, standing("finished", "end"), (SECOND,)),
    (
        standing("running", "pause", LATER),
        Due(),
        {"cart_open": False},
        LATER,
        standing("stopped", "pause", reason="not cart_open"),
        (Withdraw("not cart_open"),),
    ),
    (standing("running", "", NOW), Due(), {}, NOW, standing("stopped", "", reason="not cart_open"), (Withdraw("not cart_open"),)),
    (
        standing("running", "pause", LATER),
        Happened("Order Completed", {}),
        OPEN,
        NOW,
        standing("stopped", "pause", reason="Order Completed"),
        (Withdraw("Order Completed"),),
    ),
    (standing("running", "pause", LATER), Happened("Product Viewed", {}), OPEN, NOW, standing("running", "pause", LATER), ()),
    (standing("stopped", "pause", reason="x"), Due(), OPEN, LATER, standing("stopped", "pause", reason="x"), ()),
    (standing("finished", "end"), Happened("Order Completed", {}), OPEN, LATER, standing("finished", "end"), ()),
]


@pytest.mark.parametrize(("before", "signal", "facts", "now", "after", "effects"), TABLE)
def test_advances_as_the_table_says(
    before: Standing, signal: Signal, facts: dict[str, bool], now: datetime, after: Standing, effects: tuple[Any, ...]
) -> None:
    assert advance(CART, before, signal=signal, facts=facts, occurrence="cart-1", now=now) == (after, effects)


def test_held_out_person_walks_the_same_way_and_gets_nothing() -> None:
    run = begin(held_out=True, now=NOW)
    run, effects = advance(CART, run, signal=Due(), facts=OPEN, occurrence="c", now=NOW)
    assert (run.step, run.due_at, effects) == ("pause", LATER, ())


def test_exit_with_a_key_ends_only_the_run_about_it() -> None:
    definition = read_definition(PLAYBOOKS["abandoned_cart"].definition | {"exits": [{"event": "Cart Emptied", "key": "cart_id"}]})
    run = standing("running", "pause", LATER)
    other = advance(definition, run, signal=Happened("Cart Emptied", {"cart_id": "b"}), facts=OPEN, occurrence="a", now=NOW)
    same = advance(definition, run, signal=Happened("Cart Emptied", {"cart_id": "a"}), facts=OPEN, occurrence="a", now=NOW)
    assert (other[0].status, same[0].status) == ("running", "stopped")


@given(st.lists(st.sampled_from(["due", "order", "look"]), max_size=12), st.lists(st.integers(0, 60), max_size=12))
def test_no_step_is_entered_twice_and_an_ended_run_stays_ended(kinds: list[str], hours: list[int]) -> None:
    now, run, planned, ended = NOW, begin(held_out=False, now=NOW), [], False
    for kind, passed in zip(kinds, hours, strict=False):
        now += timedelta(hours=passed)
        signal: Signal = Due() if kind == "due" else Happened({"order": "Order Completed", "look": "Product Viewed"}[kind], {})
        run, effects = advance(CART, run, signal=signal, facts=OPEN, occurrence="c", now=now)
        assert not (ended and effects)
        ended = ended or run.status != "running"
        planned += [effect.step for effect in effects if isinstance(effect, Plan)]
    assert planned in ([], ["first"], ["first", "second"])


def test_key_is_the_named_property_or_the_customer() -> None:
    assert key_of(CART.trigger, {"cart_id": "abc"}, customer_id=7) == "abc"
    assert key_of(CART.trigger, {"cart_id": True}, customer_id=7) is None
    assert key_of(CART.trigger, {}, customer_id=7) is None


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"steps": []}, "steps"),
        ({"steps": [{"id": "a", "kind": "jump"}]}, "steps.0.kind"),
        ({"steps": [{"id": "a", "kind": "wait"}]}, "steps.0.hours"),
        ({"steps": [{"id": "a", "kind": "wait", "hours": -1}]}, "steps.0.hours"),
        ({"steps": [{"id": "a", "kind": "wait", "hours": 1, "days": 1}]}, "steps.0.hours"),
        ({"steps": [{"id": "a", "kind": "exit"}, {"id": "a", "kind": "exit"}]}, "steps.1.id"),
        ({"steps": [{"id": "a", "kind": "send", "channel": "email"}]}, "steps.0.template"),
        ({"steps": [{"id": "a", "kind": "send", "channel": "fax", "template": "t"}]}, "steps.0.channel"),
        ({"steps": [{"id": "a", "kind": "exit", "extra": 1}]}, "steps.0.extra"),
        ({"steps": "no"}, "steps"),
        ({"trigger": {}}, "trigger.event"),
        ({"guards": ["moon_full"]}, "guards.0"),
        ({"exits": [7]}, "exits.0"),
        ({"holdout_share": 2}, "journey.holdout_share"),
        ({"colour": "red"}, "journey.colour"),
    ],
)
def test_refuses_a_wrong_definition_and_points_at_it(change: dict[str, Any], path: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read_definition(PLAYBOOKS["abandoned_cart"].definition | change)
    assert path in [problem.path for problem in caught.value.problems]


def test_refuses_what_is_no_object() -> None:
    shapes: tuple[object, ...] = (None, [], "x", 3)
    for data in shapes:
        with pytest.raises(DefinitionError):
            read_definition(data)
