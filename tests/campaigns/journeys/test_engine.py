"""The engine as a table: where a run stands, what happens, and where it stands then. No database."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.journeys.definition import Definition, DefinitionError, read_definition
from campaigns.journeys.engine import Due, Happened, Signal, Standing, advance, begin, key_of, listen
from campaigns.journeys.occasions import anniversary, coming
from campaigns.journeys.steps import Facts, Plan, Run, Withdraw
from campaigns.journeys.steps.split import Split
from campaigns.playbooks import PLAYBOOKS

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=20)
CART: Definition = read_definition(PLAYBOOKS["abandoned_cart"].definition)
OPEN, SHUT = Facts({"cart_open": True}), Facts({"cart_open": False})
FIRST = Plan("first", "email", "abandoned-cart-first", 12)
SECOND = Plan("second", "email", "abandoned-cart-second", 24)


def run_about(about: str) -> Run:
    return Run(store_id=1, journey_id=2, customer_id=3, about=about)


def standing(status: str, step: str, due_at: datetime | None = None, reason: str = "") -> Standing:
    return Standing(status, step, due_at, reason=reason)


TABLE: list[tuple[Standing, Signal, Facts, datetime, Standing, tuple[Any, ...]]] = [
    (standing("running", "", NOW), Due(), OPEN, NOW, standing("running", "pause", LATER), (FIRST,)),
    (standing("running", "pause", LATER), Due(), OPEN, LATER - timedelta(seconds=1), standing("running", "pause", LATER), ()),
    (standing("running", "pause", LATER), Due(), OPEN, LATER, standing("finished", "end"), (SECOND,)),
    (
        standing("running", "pause", LATER),
        Due(),
        SHUT,
        LATER,
        standing("stopped", "pause", reason="not cart_open"),
        (Withdraw("not cart_open"),),
    ),
    (standing("running", "", NOW), Due(), Facts(), NOW, standing("stopped", "", reason="not cart_open"), (Withdraw("not cart_open"),)),
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
    before: Standing, signal: Signal, facts: Facts, now: datetime, after: Standing, effects: tuple[Any, ...]
) -> None:
    assert advance(CART, before, signal=signal, facts=facts, run=run_about("cart-1"), now=now) == (after, effects)


def test_held_out_person_walks_the_same_way_and_gets_nothing() -> None:
    run = begin(held_out=True, now=NOW)
    run, effects = advance(CART, run, signal=Due(), facts=OPEN, run=run_about("c"), now=NOW)
    assert (run.step, run.due_at, effects) == ("pause", LATER, ())


def test_exit_with_a_key_ends_only_the_run_about_it() -> None:
    definition = read_definition(PLAYBOOKS["abandoned_cart"].definition | {"exits": [{"event": "Cart Emptied", "key": "cart_id"}]})
    run = standing("running", "pause", LATER)
    other = advance(definition, run, signal=Happened("Cart Emptied", {"cart_id": "b"}), facts=OPEN, run=run_about("a"), now=NOW)
    same = advance(definition, run, signal=Happened("Cart Emptied", {"cart_id": "a"}), facts=OPEN, run=run_about("a"), now=NOW)
    assert (other[0].status, same[0].status) == ("running", "stopped")


@given(st.lists(st.sampled_from(["due", "order", "look"]), max_size=12), st.lists(st.integers(0, 60), max_size=12))
def test_no_step_is_entered_twice_and_an_ended_run_stays_ended(kinds: list[str], hours: list[int]) -> None:
    now, run, planned, ended = NOW, begin(held_out=False, now=NOW), [], False
    for kind, passed in zip(kinds, hours, strict=False):
        now += timedelta(hours=passed)
        signal: Signal = Due() if kind == "due" else Happened({"order": "Order Completed", "look": "Product Viewed"}[kind], {})
        run, effects = advance(CART, run, signal=signal, facts=OPEN, run=run_about("c"), now=now)
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
        ({"steps": [{"id": "a", "kind": "wait", "at": "25:00"}]}, "steps.0.at"),
        ({"steps": [{"id": "a", "kind": "wait", "at": "9:00"}]}, "steps.0.at"),
        ({"steps": [{"id": "a", "kind": "wait", "weekdays": ["Funday"]}]}, "steps.0.weekdays"),
        ({"steps": [{"id": "a", "kind": "wait_event", "event": "Reviewed"}]}, "steps.0.hours"),
        ({"steps": [{"id": "a", "kind": "wait_date", "days": 3}]}, "steps.0.date"),
        ({"steps": [{"id": "a", "kind": "branch", "paths": []}]}, "steps.0.paths"),
        ({"steps": [{"id": "a", "kind": "branch", "paths": [{"go": "a"}]}]}, "steps.0.paths.0.people"),
        ({"steps": [{"id": "a", "kind": "split", "paths": [{"name": "A", "weight": 1}]}]}, "steps.0.paths"),
        (
            {"steps": [{"id": "a", "kind": "split", "paths": [{"name": "A", "weight": 0}, {"name": "B", "weight": 1}]}]},
            "steps.0.paths.0.weight",
        ),
        ({"steps": [{"id": "a", "kind": "ladder", "rungs": []}]}, "steps.0.rungs"),
        ({"steps": [{"id": "a", "kind": "update", "set": {"plan": None}}]}, "steps.0.set.plan"),
        ({"steps": [{"id": "a", "kind": "update", "set": {}}]}, "steps.0.set"),
        ({"steps": [{"id": "a", "kind": "webhook", "endpoint": "x", "data": {"a": []}}]}, "steps.0.data.a"),
        ({"steps": [{"id": "a", "kind": "notify", "roles": ["king"], "subject": "x"}]}, "steps.0.roles"),
        ({"steps": [{"id": "a", "kind": "wait", "hours": 1, "then": "z"}]}, "steps.0"),
        (
            {"steps": [{"id": "a", "kind": "wait", "hours": 1, "then": "c"}, {"id": "b", "kind": "exit"}, {"id": "c", "kind": "exit"}]},
            "steps.1",
        ),
        ({"trigger": {"kind": "segment"}}, "trigger.segment"),
        ({"trigger": {"kind": "schedule", "every": "week", "segment": "x"}}, "trigger.weekdays"),
        ({"trigger": {"kind": "product", "what": "price_drop", "interest": ["owned"]}}, "trigger.interest"),
        (
            {"trigger": {"event": "Cart Idle", "where": [{"property": "total_minor", "type": "number", "op": "at_least"}]}},
            "trigger.where.0.value",
        ),
        ({"again": {"rule": "after"}}, "again.days"),
        ({"people": [{"inside": True}]}, "journey.people.0.segment"),
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


RINGS: list[tuple[str, list[dict[str, Any]]]] = [
    ("“a” → “b” → “a”", [{"id": "a", "kind": "update", "set": {"x": 1}}, {"id": "b", "kind": "update", "set": {"x": 2}, "then": "a"}]),
    ("“b” → “b”", [{"id": "a", "kind": "wait", "hours": 1}, {"id": "b", "kind": "send", "channel": "email", "template": "t", "then": "b"}]),
    # A time of the day is no wait for who comes at that time, nor is a date that has passed.
    ("“a” → “a”", [{"id": "a", "kind": "wait", "at": "09:00", "then": "a"}]),
    ("“a” → “a”", [{"id": "a", "kind": "wait_date", "date": "birthday", "then": "a"}]),
]


@pytest.mark.parametrize(("ring", "steps"), RINGS)
def test_a_ring_without_a_wait_is_refused_and_named(ring: str, steps: list[dict[str, Any]]) -> None:
    with pytest.raises(DefinitionError) as caught:
        read_definition({"trigger": {"event": "Cart Idle"}, "steps": steps})
    assert [problem.phrase.render(str) for problem in caught.value.problems] == [f"goes round without a wait: {ring}"]


def test_a_ring_with_a_wait_goes_round_and_counts_its_laps() -> None:
    steps = [
        {"id": "mail", "kind": "send", "channel": "email", "template": "t"},
        {"id": "pause", "kind": "wait", "days": 7, "then": "mail"},
    ]
    definition = read_definition({"trigger": {"event": "Cart Idle"}, "steps": steps})
    run, laps, now = begin(held_out=False, now=NOW), [], NOW
    for week in range(3):
        now = NOW + timedelta(days=7 * week)
        run, effects = advance(definition, run, signal=Due(), facts=Facts(), run=run_about("c"), now=now)
        laps += [effect.lap for effect in effects if isinstance(effect, Plan)]
    assert (laps, run.due_at) == ([0, 1, 2], NOW + timedelta(days=21))


BERLIN, NUUK, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Nuuk"), ZoneInfo("Asia/Kolkata")
HOURS: list[tuple[str, str, str, frozenset[int], ZoneInfo, str]] = [
    ("at the hour itself nobody waits", "2026-03-02T08:00Z", "09:00", frozenset(), BERLIN, "2026-03-02T08:00Z"),
    ("after it they wait for tomorrow", "2026-03-02T08:00:01Z", "09:00", frozenset(), BERLIN, "2026-03-03T08:00Z"),
    ("in their own zone", "2026-03-02T08:00:01Z", "18:00", frozenset(), KOLKATA, "2026-03-02T12:30Z"),
    ("a time clocks leave out is the first moment after it", "2026-03-29T00:00Z", "02:30", frozenset(), BERLIN, "2026-03-29T01:00Z"),
    ("a time clocks repeat is its first pass", "2026-10-24T23:00Z", "02:30", frozenset(), BERLIN, "2026-10-25T00:30Z"),
    ("between the passes it is tomorrow's", "2026-10-25T00:45Z", "02:30", frozenset(), BERLIN, "2026-10-26T01:30Z"),
    ("a weekday", "2026-03-02T12:00Z", "09:00", frozenset({3}), BERLIN, "2026-03-05T08:00Z"),
    ("the same weekday, past the hour, is next week's", "2026-03-05T08:00:01Z", "09:00", frozenset({3}), BERLIN, "2026-03-12T08:00Z"),
]


@pytest.mark.parametrize(("_why", "after", "wall", "weekdays", "zone", "expected"), HOURS)
def test_a_wall_time_comes_as_the_table_says(
    _why: str, after: str, wall: str, weekdays: frozenset[int], zone: ZoneInfo, expected: str
) -> None:
    found = coming(datetime.fromisoformat(after), wall=time.fromisoformat(wall), weekdays=weekdays, zone=zone)
    assert found == datetime.fromisoformat(expected)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC)),
    st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    st.sampled_from([BERLIN, NUUK, KOLKATA, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Pacific/Apia"), ZoneInfo("Africa/Casablanca")]),
)
def test_a_wall_time_comes_within_a_day_and_never_before(after: datetime, wall: time, zone: ZoneInfo) -> None:
    found = coming(after, wall=wall, weekdays=frozenset(), zone=zone)
    assert after <= found <= after + timedelta(hours=26)


DAYS = [
    (date(2000, 2, 29), 0, "2026-02-28T08:00Z"),
    (date(2000, 2, 27), 1, "2026-02-28T08:00Z"),
    (date(1990, 1, 1), -3, "2026-12-29T08:00Z"),
    (date(1990, 2, 20), 7, "2026-02-27T08:00Z"),
]


@pytest.mark.parametrize(("born", "days", "expected"), DAYS)
def test_a_day_of_the_year_comes_as_the_table_says(born: date, days: int, expected: str) -> None:
    found = anniversary(born, days=days, wall=time(9), zone=BERLIN, after=datetime(2026, 2, 26, 12, tzinfo=UTC))
    assert found == datetime.fromisoformat(expected)


def test_a_split_gives_each_its_share_and_everybody_the_same_way_again() -> None:
    paths = [{"name": "A", "weight": 1, "go": "end"}, {"name": "B", "weight": 3, "go": "end"}]
    definition = read_definition(
        {"trigger": {"event": "X"}, "steps": [{"id": "s", "kind": "split", "paths": paths}, {"id": "end", "kind": "exit"}]}
    )
    split = definition.steps[0]
    assert isinstance(split, Split)
    ways = [split.share_of(store_id=1, journey_id=2, customer_id=person).name for person in range(4000)]
    assert 900 < ways.count("A") < 1100
    assert ways == [split.share_of(store_id=1, journey_id=2, customer_id=person).name for person in range(4000)]


def test_a_rested_journey_keeps_what_was_waited_for_until_it_goes_on() -> None:
    steps = [
        {"id": "hope", "kind": "wait_event", "event": "Reviewed", "days": 3, "otherwise": "end"},
        {"id": "thanks", "kind": "send", "channel": "email", "template": "thanks"},
        {"id": "end", "kind": "exit"},
    ]
    definition = read_definition({"trigger": {"event": "Order Completed"}, "exits": [{"event": "Unsubscribed"}], "steps": steps})
    run, _ = advance(definition, begin(held_out=False, now=NOW), signal=Due(), facts=Facts(), run=run_about("c"), now=NOW)
    heard = Happened("Reviewed", {}, at=NOW + timedelta(hours=1), number=9)
    kept, effects = listen(definition, run, happened=heard, about="c", now=NOW + timedelta(hours=2))
    assert (kept.status, kept.step, kept.due_at, effects) == ("running", "hope", NOW + timedelta(hours=2), ())
    after, effects = advance(definition, kept, signal=Due(), facts=Facts(), run=run_about("c"), now=NOW + timedelta(hours=5))
    assert (after.status, effects) == ("finished", (Plan("thanks", "email", "thanks", 24),))
    assert listen(definition, run, happened=Happened("Unsubscribed", {}), about="c", now=NOW)[0].status == "stopped"


def test_who_waited_in_vain_goes_on_in_the_list_and_not_where_the_event_leads() -> None:
    steps = [
        {"id": "hope", "kind": "wait_event", "event": "Reviewed", "hours": 1, "then": "thanks"},
        {"id": "ask", "kind": "send", "channel": "email", "template": "ask", "then": "end"},
        {"id": "thanks", "kind": "send", "channel": "email", "template": "thanks"},
        {"id": "end", "kind": "exit"},
    ]
    definition = read_definition({"trigger": {"event": "Order Completed"}, "steps": steps})
    run, _ = advance(definition, begin(held_out=False, now=NOW), signal=Due(), facts=Facts(), run=run_about("c"), now=NOW)
    later = NOW + timedelta(hours=1)
    in_vain = advance(definition, run, signal=Due(), facts=Facts(), run=run_about("c"), now=later)
    came = advance(definition, run, signal=Happened("Reviewed", {}, later, 1), facts=Facts(), run=run_about("c"), now=later)
    assert [effect.template for _, effects in (in_vain, came) for effect in effects if isinstance(effect, Plan)] == ["ask", "thanks"]
