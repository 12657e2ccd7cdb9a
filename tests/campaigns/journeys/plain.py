"""A slow, plain reading of a journey's data: one generator lives one run from its beginning to its end, one step after the other.

It shares nothing with the engine but the data: no standing, no memory, no definition. What it waits for it yields; what shall be done it
appends to a list. The engine must do the same at the same moments.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.measurement.lots import lot_of

DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@dataclass
class World:
    """What is true around the run: the moment, the facts, and what was done."""

    now: datetime
    zone: ZoneInfo
    store_id: int
    journey_id: int
    customer_id: int
    about: str
    told: dict[str, Any]
    held_out: bool = False
    holds: dict[str, bool] = field(default_factory=dict)  # segment id or guard -> whether
    dates: dict[str, date] = field(default_factory=dict)
    may: set[str] = field(default_factory=set)
    seen_at: datetime | None = None
    codes: bool = True
    since: tuple[datetime, int] | None = None  # what brought the run on last: an event, or a moment
    done: list[tuple[Any, ...]] = field(default_factory=list)


@dataclass(frozen=True)
class Waiting:
    """Where a run waits: until when, and for which event since when, if for any."""

    until: datetime
    event: dict[str, Any] | None = None
    since: tuple[datetime, int] | None = None


@dataclass(frozen=True)
class Heard:
    """An event that is sent into a waiting run; at and number tell it from others."""

    at: datetime
    number: int


class Life:
    """A run as the plain reading lives it: shown moments and events, it says where it waits, or how it ended."""

    def __init__(self, journey: dict[str, Any], world: World) -> None:
        self.journey, self.world, self.ended = journey, world, ""
        self._steps = live(journey, world)
        self.waiting: Waiting | None = next(self._steps)

    def tick(self) -> None:
        """Let it do what is due."""
        while self.waiting is not None and self.waiting.until <= self.world.now:
            self._resume(None)

    def hear(self, name: str, properties: dict[str, Any], heard: Heard) -> None:
        """Show it an event."""
        if self.waiting is None:
            return
        if any(one["event"] == name and self._about(one, properties) for one in self.journey.get("exits", [])):
            self.waiting, self.ended = None, name
            return
        wanted, since = self.waiting.event, self.waiting.since
        if wanted is None or since is None or wanted["event"] != name or not self._about(wanted, properties):
            return
        if all(properties.get(one["property"]) in one["values"] for one in wanted.get("where", [])) and (heard.at, heard.number) > since:
            self._resume(heard)

    def _resume(self, heard: Heard | None) -> None:
        self.world.since = (heard.at, heard.number) if heard is not None else (self.world.now, 2**62)
        try:
            self.waiting = self._steps.send(heard)
        except StopIteration as end:
            self.waiting, self.ended = None, end.value

    def _about(self, wanted: dict[str, Any], properties: dict[str, Any]) -> bool:
        return not wanted.get("key") or str(properties.get(wanted["key"], "")) == self.world.about


class Over(Exception):
    """The run ended early, for a reason."""


def fits(journey: dict[str, Any], world: World) -> None:
    """Raise Over where a guard or a question about the person does not hold."""
    for guard in journey.get("guards", []):
        if not world.holds.get(guard, False):
            raise Over(f"not {guard}")
    for who in journey.get("people", []):
        known = world.holds.get(who["segment"])
        if known is None or known != who.get("inside", True):
            raise Over("not_meant")


def live(journey: dict[str, Any], world: World) -> Generator[Waiting, Heard | None, str]:
    """Live a run; return how it ended: "finished", or the reason it stopped for."""
    try:
        yield from _live(journey, world)
    except Over as over:
        return str(over)
    return "finished"


def _live(journey: dict[str, Any], world: World) -> Generator[Waiting, Heard | None, None]:
    steps = journey["steps"]
    names = [step["id"] for step in steps]
    place, before, lap = 0, -1, 0
    yield Waiting(world.now)
    while place < len(steps):
        step = steps[place]
        while True:
            fits(journey, world)
            busy = _busy_until(journey, step, world)
            if busy is None:
                break
            yield Waiting(busy)
        if place <= before:
            lap += 1
        before = place
        go = step.get("then", "")
        kind = step["kind"]
        if kind == "exit":
            return
        if kind == "send":
            _do(world, ("message", step["id"], step["channel"], step["template"], lap))
        elif kind in ("update", "webhook", "notify"):
            _do(world, (kind, step["id"], lap))
        elif kind == "coupon":
            _do(world, ("coupon", step["id"], lap))
            got = world.codes or world.held_out
            yield Waiting(world.now)
            fits(journey, world)
            if step.get("without") == "leave" and not got:
                raise Over("coupons_out")
        elif kind in ("wait", "wait_date"):
            until = _end_of_wait(step, world) if kind == "wait" else _end_of_date(step, world)
            if until is not None:
                yield Waiting(until)
                fits(journey, world)
        elif kind == "wait_event":
            heard = yield Waiting(world.now + timedelta(hours=step["hours"]), step, world.since)
            if heard is None:
                fits(journey, world)
                go = step.get("otherwise", "")
        elif kind == "branch":
            go = next((path["go"] for path in step["paths"] if _opens(path, world)), go)
        elif kind == "split":
            go = _share(step, world)
        elif kind == "ladder":
            yield from _climb(journey, step, world, lap)
        place = names.index(go) if go else place + 1


def _do(world: World, deed: tuple[Any, ...]) -> None:
    if not world.held_out or deed[0] == "update":
        world.done.append((world.now, *deed))


def _busy_until(journey: dict[str, Any], step: dict[str, Any], world: World) -> datetime | None:
    channels = [step["channel"]] if step["kind"] == "send" else [rung["channel"] for rung in step.get("rungs", [])]
    if world.seen_at is None or not journey.get("calm_minutes") or not set(channels) - {"onsite"}:
        return None
    calm = world.seen_at + timedelta(minutes=journey["calm_minutes"])
    return calm if calm > world.now else None


def _end_of_wait(step: dict[str, Any], world: World) -> datetime:
    start = world.now + timedelta(hours=step.get("hours", 0))
    if "at" not in step and "weekdays" not in step:
        return start
    local = start.astimezone(world.zone)
    for ahead in range(10):
        day = local.date() + timedelta(days=ahead)
        if "weekdays" in step and DAYS[day.weekday()] not in step["weekdays"]:
            continue
        if "at" not in step and ahead == 0:
            return start
        moment = datetime.combine(day, time.fromisoformat(step.get("at", "00:00")), world.zone)
        if moment >= start:
            return moment
    raise AssertionError("a weekday that never comes")


def _end_of_date(step: dict[str, Any], world: World) -> datetime | None:
    known = world.dates.get(step["date"])
    if known is None:
        if step.get("missing") == "leave":
            raise Over("no_date")
        return None
    wall = time.fromisoformat(step.get("at", "09:00"))
    if not (step.get("yearly") or step["date"] == "birthday"):
        moment = datetime.combine(known + timedelta(days=step.get("days", 0)), wall, world.zone)
        return moment if moment > world.now else None
    for year in range(world.now.year - 2, world.now.year + 5):
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        day = date(year, known.month, known.day if leap or (known.month, known.day) != (2, 29) else 28)
        moment = datetime.combine(day + timedelta(days=step.get("days", 0)), wall, world.zone)
        if moment >= world.now:
            return moment
    raise AssertionError("a day that never comes")


def _opens(path: dict[str, Any], world: World) -> bool:
    people = all(world.holds.get(who["segment"]) == who.get("inside", True) for who in path.get("people", []))
    told = all(world.told.get(one["property"]) in one["values"] for one in path.get("told", []))
    return people and told


def _share(step: dict[str, Any], world: World) -> str:
    bucket = lot_of(f"split-{world.journey_id}-{step['id']}", store_id=world.store_id, customer_id=world.customer_id)
    whole = sum(path["weight"] for path in step["paths"])
    edge = Fraction(0)
    for path in step["paths"]:
        edge += Fraction(path["weight"], whole)
        if Fraction(bucket, 10_000) < edge:
            return str(path.get("go", ""))
    return str(step["paths"][-1].get("go", ""))


def _climb(journey: dict[str, Any], step: dict[str, Any], world: World, lap: int) -> Generator[Waiting, Heard | None, None]:
    began, left, sent = world.now, list(step["rungs"]), 0
    while left and sent < step.get("most", 4):
        hour = began + timedelta(minutes=left[0]["minutes"])
        while hour > world.now:
            yield Waiting(hour)
            while True:
                fits(journey, world)
                busy = _busy_until(journey, step, world)
                if busy is None:
                    break
                yield Waiting(busy)
        reached = [rung for rung in left if rung["channel"] in world.may]
        if not reached:
            return
        _do(world, ("message", step["id"], reached[0]["channel"], reached[0]["template"], lap))
        left = left[left.index(reached[0]) + 1 :]
        sent += 1
