"""The engine against the plain reading: random journeys, events, facts that turn, and crashes that forget an answer. No difference."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from campaigns.journeys.definition import Definition, DefinitionError, read_definition
from campaigns.journeys.engine import RUNNING, Due, Happened, Signal, Standing, advance, begin
from campaigns.journeys.steps import Call, Change, Draw, Effect, Facts, Needs, Notify, Plan, Run
from tests.campaigns.journeys.plain import Heard, Life, World
from tests.campaigns.journeys.strategies import MOVES, SEGMENTS, journeys

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Kolkata")  # no change of clocks: those have tables of their own
KINDS = {Draw: "coupon", Change: "update", Call: "webhook", Notify: "notify"}


class Engine:
    """A run as the engine carries it on, with what was done; every answer is asked for twice, and what is stored goes through JSON."""

    def __init__(self, definition: Definition, world: World) -> None:
        self.definition, self.world = definition, world
        self.run = Run(world.store_id, world.journey_id, world.customer_id, world.about)
        told = {name: world.told[name] for name in definition.told if name in world.told}
        self.standing = begin(held_out=world.held_out, now=world.now, told=told)
        self.done: list[tuple[Any, ...]] = []

    def tick(self) -> None:
        """Let it do what is due."""
        while self.standing.status == RUNNING and self.standing.due_at is not None and self.standing.due_at <= self.world.now:
            self._advance(Due(), self.definition.needs(self.standing.step))

    def hear(self, name: str, properties: dict[str, Any], heard: Heard) -> None:
        """Show it an event."""
        self._advance(Happened(name, properties, heard.at, heard.number), self.definition.all_needs)

    @property
    def ended(self) -> str:
        """Return how it ended, "" while it runs."""
        return {"running": "", "finished": "finished"}.get(self.standing.status, self.standing.reason)

    def crash(self) -> None:
        """Forget everything that was not stored."""
        self.standing = stored(self.standing)

    def _advance(self, signal: Signal, needs: Needs) -> None:
        facts = facts_of(self.world, needs)
        first, second = (
            advance(self.definition, stored(self.standing), signal=signal, facts=facts, run=self.run, now=self.world.now) for _ in "ab"
        )
        assert first == second, "the same question had two answers"
        self.standing, effects = first
        drawn = [one for one in effects if isinstance(one, Draw)]
        if drawn and self.standing.status == RUNNING:
            self.standing = replace(self.standing, memory={**self.standing.memory, "got": self.world.codes})
        self.done += [told for one in effects if (told := in_words(one, self.world.now)) is not None]


def stored(standing: Standing) -> Standing:
    """Return a standing as it comes back from its row."""
    return replace(standing, memory=json.loads(json.dumps(standing.memory)))


def in_words(effect: Effect, now: datetime) -> tuple[Any, ...] | None:
    if isinstance(effect, Plan):
        return (now, "message", effect.step, effect.channel, effect.template, effect.lap)
    return (now, KINDS[type(effect)], effect.step, effect.lap) if type(effect) in KINDS else None  # type: ignore[union-attr,index]


def facts_of(world: World, needs: Needs) -> Facts:
    """Return what the definition asks for, and nothing else: what it forgets to ask for does not hold."""
    people = {who.key: world.holds[who.segment] for who in needs.people if who.segment in world.holds}
    return Facts(
        holds={**people, "cart_open": world.holds.get("cart_open", False)},
        zone=str(world.zone) if needs.zone else "UTC",
        dates={key: day for key, day in world.dates.items() if key in needs.dates},
        may=frozenset(world.may) if needs.channels else frozenset(),
        seen_at=world.seen_at if needs.seen else None,
    )


def live_both(journey: dict[str, Any], moves: list[tuple[Any, ...]], *, customer_id: int, held_out: bool, dates: dict[str, date]) -> None:
    """Live one life in the engine and in the plain reading, and compare after every move."""
    try:
        definition = read_definition(journey)
    except DefinitionError:
        assume(False)
    world = World(NOW, ZONE, 7, 3, customer_id, "cart-1", {"cart_id": "cart-1", "category": "Tea" if customer_id % 2 else "Cups"}, held_out)
    world.holds, world.may, world.dates = {"cart_open": True, SEGMENTS[0]: True}, {"email", "onsite"}, dates
    engine, life = Engine(definition, world), Life(journey, world)
    for number, move in enumerate([("time", 0), *moves], start=1):
        match move:
            case ("time", minutes):
                world.now += timedelta(minutes=minutes)
            case ("event", name, cart, category):
                heard, properties = Heard(world.now, number), {"cart_id": cart, "category": category}
                for one in (engine, life):
                    one.hear(name, properties, heard)
                engine.hear(name, properties, heard)  # news is read again and again; the plain reading hears it once
            case ("segment", segment, inside):
                world.holds[segment] = inside
            case ("cart", is_open):
                world.holds["cart_open"] = is_open
            case ("channels", channels):
                world.may = set(channels)
            case ("seen", _):
                world.seen_at = world.now
            case ("codes", there):
                world.codes = there
            case ("crash", _):
                engine.crash()
        engine.tick()
        life.tick()
        assert engine.done == world.done
        assert engine.ended == life.ended
        if life.waiting is not None:
            assert engine.standing.due_at == life.waiting.until


LIVES = given(
    journey=journeys(),
    moves=MOVES,
    customer_id=st.integers(1, 9999),
    held_out=st.sampled_from([False, False, False, True]),
    dates=st.fixed_dictionaries(
        {}, optional={"birthday": st.sampled_from([date(2000, 2, 29), date(2000, 3, 4)]), "delivered_on": st.just(date(2026, 3, 5))}
    ),
)


@LIVES
@settings(max_examples=120, deadline=None)
def test_random_lives_go_as_the_plain_reading_says(
    journey: dict[str, Any], moves: list[tuple[Any, ...]], customer_id: int, held_out: bool, dates: dict[str, date]
) -> None:
    live_both(journey, moves, customer_id=customer_id, held_out=held_out, dates=dates)


@pytest.mark.deep
@LIVES
@settings(max_examples=2000, deadline=None)
def test_two_thousand_random_lives_go_as_the_plain_reading_says(
    journey: dict[str, Any], moves: list[tuple[Any, ...]], customer_id: int, held_out: bool, dates: dict[str, date]
) -> None:
    live_both(journey, moves, customer_id=customer_id, held_out=held_out, dates=dates)
