"""A journey as typed, validated data: what starts it, what ends it, what must hold, and its steps.

Read from JSON with every fault named by its place. Nothing here knows a database; steps are in `steps/`, triggers in `triggers.py`.
The shape:

    {"trigger": {"kind": "event", "event": "Cart Idle", "key": "cart_id", "where": [PROPERTY, ...]},
     "again": {"rule": "never" | "always" | "after", "days": 30},   (told nothing: never for an event, always for any other trigger)
     "exits": [{"event": "Order Completed", "key": "", "where": [PROPERTY, ...]}],
     "guards": ["cart_open"], "people": [WHO, ...], "calm_minutes": 30, "holdout_share": 0.05, "stream": "marketing",
     "steps": [STEP, ...]}

Only `trigger` and `steps` must be there. Other triggers ({"kind": ...}; `at` is "HH:MM" where each person lives, 09:00 if it is not told):
    segment   {"segment": "<public id>", "move": "entered" | "left"}
    date      {"date": "birthday" | "<attribute>", "days": -7, "yearly": true, "at": "09:00"}
    schedule  {"every": "day" | "week" | "month", "weekdays": ["monday"], "day": 1, "at": "09:00", "segment": "<public id>"}
    product   {"what": "price_drop" | "back_in_stock" | "low_stock", "percent": 10, "at_most": 3, "within_days": 30,
               "interest": ["viewed", "basket", "wished"]}: its runs are about the product's id
PROPERTY is a comparison of an event's property as segments write it: {"property": "total_minor", "type": "number", "op": "at_least",
"value": 5000}, {"property": "category", "type": "text", "op": "is", "values": ["Tea"]}. WHO is {"segment": "<public id>"} or
{"rule": {"version": 1, "root": {...}}}, with "inside": false for everybody else; all of a list must hold.

STEP is {"id": "<name>", "kind": ..., "then": "<id>"}; `then` is the next step of the list where it is not told. By kind:
    send        {"channel": "email" | "sms" | "push" | "onsite", "template": "<key>", "expires_hours": 24}
    wait        {"hours": 20} (or minutes, days), {"at": "18:00"}, {"weekdays": ["monday"]}, or several: one after the other
    wait_date   {"date": "birthday" | "<attribute>", "days": -3, "at": "09:00", "yearly": false, "missing": "go_on" | "leave"}
    wait_event  {"event": ..., "key": "cart_id", "where": [PROPERTY], "hours": 48, "otherwise": "<id>"}: `then` when it happens
    branch      {"paths": [{"name": "Loyal", "people": [WHO], "told": [PROPERTY of the trigger's event], "go": "<id>"}]}: the first that
                holds; `then` for all others
    split       {"paths": [{"name": "A", "weight": 50, "go": "<id>"}, {"name": "B", "weight": 50, "go": "<id>"}]}
    ladder      {"rungs": [{"channel": "push", "template": "<key>", "minutes": 30, "expires_hours": 24}, ...], "most": 3}
    coupon      {"pool": "<public id>", "without": "go_on" | "leave"}
    update      {"set": {"plan": "gold", "visits": 3, "vip": true, "reminded_on": {"is": "today"}}}
    webhook     {"endpoint": "<public id>", "data": {"list": "vip"}}
    notify      {"roles": ["support"], "subject": "Call them", "text": "..."}
    exit        {}
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

from campaigns.journeys.occasions import Occasion, Who, read_people
from campaigns.journeys.soundness import problems_of
from campaigns.journeys.steps import KINDS, Branch, Ladder, Needs, Send, Split, Step
from campaigns.journeys.triggers import Again, Trigger, read_again, read_trigger
from retention.kit.fields import Fields, Problem
from retention.kit.words import Phrase, gettext_noop

MOST_STEPS = 100
MOST_EXITS = 20
MOST_CALM_MINUTES = 24 * 60
GUARDS = ("cart_open",)
STREAMS = ("marketing", "transactional")
ONCE = Again()
_NO_NEEDS = Needs()


class DefinitionError(ValueError):
    """The data is no journey; `problems` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.phrase.render(str)}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Definition:
    """One version of a journey.

    trigger: starts a run, as often for one thing as `again` says. exits: end it at once; one with a key only when the key's value is the
    run's own. guards and people: what must hold at entry and before every step. calm_minutes: how long somebody must have done nothing
    before they are written to. holdout_share: 0 to 1, who is measured but not written to.
    """

    trigger: Trigger
    exits: tuple[Occasion, ...]
    guards: tuple[str, ...]
    steps: tuple[Step, ...]
    holdout_share: float = 0.0
    stream: str = "marketing"
    people: tuple[Who, ...] = ()
    again: Again = ONCE
    calm_minutes: int = 0

    @property
    def held_back_share(self) -> float:
        """Return which part of those who enter gets nothing, 0 to 1: nobody where an order or the law asks for it."""
        return 0.0 if self.stream == "transactional" else self.holdout_share

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Return where each step stands in the list, from 0."""
        return {step.id: place for place, step in enumerate(self.steps)}

    def step(self, step_id: str) -> Step | None:
        """Return a step by its name; None for one that this version does not have."""
        place = self.places.get(step_id)
        return self.steps[place] if place is not None else None

    def after(self, step_id: str, go: str | None = None) -> Step | None:
        """Return the step that follows one ("" is the beginning), or None at the end.

        go: where it said to go, "" for the next of the list; None for where it leads usually.
        """
        if not step_id:
            return self.steps[0]
        place = self.places[step_id]
        wanted = self.steps[place].then if go is None else go
        if wanted:
            return self.step(wanted)
        return self.steps[place + 1] if place + 1 < len(self.steps) else None

    @cached_property
    def events(self) -> frozenset[str]:
        """Return the names of all events this journey listens to."""
        heard = (occasion for step in self.steps if (occasion := step.hears()) is not None)
        return frozenset(one.event for one in (self.trigger.occasion, *self.exits, *heard) if one.event)

    @cached_property
    def listens(self) -> bool:
        """Say whether a run may stand at a step that waits for an event."""
        return any(step.hears() is not None for step in self.steps)

    @cached_property
    def told(self) -> frozenset[str]:
        """Return the properties of the trigger's event that a branch asks for; a run keeps them in mind."""
        branches = (step for step in self.steps if isinstance(step, Branch))
        return frozenset(one.name for branch in branches for path in branch.paths for one in path.told)

    @cached_property
    def sent(self) -> tuple[tuple[str, str, str], ...]:
        """Return (step, channel, template key) of every message it may send."""
        single = [(step.id, step.channel, step.template) for step in self.steps if isinstance(step, Send)]
        ladders = [(step.id, rung.channel, rung.template) for step in self.steps if isinstance(step, Ladder) for rung in step.rungs]
        return (*single, *ladders)

    @cached_property
    def entry_needs(self) -> Needs:
        """Return what has to be known before somebody enters or any step is taken."""
        return Needs(people=frozenset(self.people), seen=self.calm_minutes > 0)

    @cached_property
    def all_needs(self) -> Needs:
        """Return what has to be known to carry a run on from anywhere to anywhere."""
        found = self.entry_needs
        for step in self.steps:
            found = found | step.needs()
        return found

    @cached_property
    def _needs(self) -> Mapping[str, Needs]:
        return {step_id: self._needs_from(step_id) for step_id in ("", *self.places)}

    def needs(self, step_id: str) -> Needs:
        """Return what has to be known to carry a run on that stands at a step, however far it goes at once."""
        return self._needs.get(step_id, self.entry_needs)

    def asks(self, step_id: str) -> bool:
        """Say whether anything has to be known to carry a run on that stands at a step."""
        return bool(self.guards) or self.needs(step_id) != _NO_NEEDS

    def is_alike_at(self, step_id: str) -> bool:
        """Say whether all who stand at a step go on the same way: nothing is asked of them, and no step parts people by chance."""
        return step_id in self._alike

    @cached_property
    def _alike(self) -> frozenset[str]:
        parts = any(isinstance(step, Split) for step in self.steps)
        return frozenset(step_id for step_id in self._needs if not parts and not self.asks(step_id))

    def _needs_from(self, start: str) -> Needs:
        found, seen, waiting = self.entry_needs, {start}, [start]
        while waiting:
            step_id = waiting.pop()
            step = self.step(step_id) if step_id else None
            found = found | (step.needs() if step is not None else Needs())
            if step is not None and step.takes_time() and step_id != start:
                continue
            for following in self._following(step_id):
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
        return found

    def _following(self, step_id: str) -> list[str]:
        if not step_id:
            return [self.steps[0].id]
        steps = [self.after(step_id, way.to) for way in self.steps[self.places[step_id]].ways()]
        return [step.id for step in steps if step is not None]


def read_definition(data: object) -> Definition:
    """Read a journey from JSON; raises DefinitionError with every problem found."""
    problems: list[Problem] = []
    fields = Fields(_mapping(data, "journey", problems), "journey", problems)
    trigger = _part(fields, "trigger", problems)
    steps = _steps(_given(fields, "steps"), problems)
    definition = Definition(
        trigger=read_trigger(trigger),
        exits=_exits(_given(fields, "exits"), problems),
        guards=_guards(_given(fields, "guards"), problems),
        steps=steps,
        holdout_share=fields.number("holdout_share", low=0, high=0.9, default=0),
        stream=fields.choice("stream", STREAMS, default="marketing"),
        people=read_people(fields, "people"),
        again=_again(fields, trigger, problems),
        calm_minutes=fields.whole("calm_minutes", low=0, high=MOST_CALM_MINUTES, default=0),
    )
    trigger.close()
    fields.close()
    if not problems:
        problems += problems_of(steps)
    if problems:
        raise DefinitionError(problems)
    return definition


def _given(fields: Fields, name: str) -> object:
    fields.read.add(name)
    return fields.data.get(name)


def _part(fields: Fields, name: str, problems: list[Problem]) -> Fields:
    """Return the reader of an object that is named by itself in problems ("trigger.event")."""
    return Fields(_mapping(_given(fields, name), name, problems), name, problems)


def _mapping(data: object, path: str, problems: list[Problem]) -> Mapping[str, object]:
    if isinstance(data, Mapping):
        return data
    problems.append(Problem(path, Phrase(gettext_noop("must be an object"))))
    return {}


def _list(data: object, path: str, problems: list[Problem], *, most: int) -> list[object]:
    if data is None:
        return []
    if isinstance(data, list) and len(data) <= most:
        return data
    problems.append(Problem(path, Phrase(gettext_noop("must be a list of at most %(most)s"), {"most": most})))
    return []


def _exits(data: object, problems: list[Problem]) -> tuple[Occasion, ...]:
    found = []
    for place, item in enumerate(_list(data, "exits", problems, most=MOST_EXITS)):
        fields = Fields(_mapping(item, f"exits.{place}", problems), f"exits.{place}", problems)
        found.append(Occasion.read(fields))
        fields.close()
    return tuple(found)


def _again(fields: Fields, trigger: Fields, problems: list[Problem]) -> Again:
    """Read how often somebody may enter: what an event is about once only, and by anything else each time, unless it is told."""
    if not fields.told("again"):
        fields.read.add("again")
        return Again("never" if trigger.data.get("kind", "event") == "event" else "always")
    part = _part(fields, "again", problems)
    again = read_again(part)
    part.close()
    return again


def _guards(data: object, problems: list[Problem]) -> tuple[str, ...]:
    guards = _list(data, "guards", problems, most=len(GUARDS))
    for place, guard in enumerate(guards):
        if guard not in GUARDS:
            problems.append(Problem(f"guards.{place}", Phrase(gettext_noop("must be one of: %(allowed)s"), {"allowed": ", ".join(GUARDS)})))
    return tuple(str(guard) for guard in guards)


def _steps(data: object, problems: list[Problem]) -> tuple[Step, ...]:
    items = data if isinstance(data, list) else []
    if not 1 <= len(items) <= MOST_STEPS:
        problems.append(Problem("steps", Phrase(gettext_noop("must be 1 to %(most)s steps"), {"most": MOST_STEPS})))
        return ()
    return tuple(step for place, item in enumerate(items) if (step := _step(item, f"steps.{place}", problems)) is not None)


def _step(data: object, path: str, problems: list[Problem]) -> Step | None:
    fields = Fields(_mapping(data, path, problems), path, problems)
    step_id = fields.text("id", longest=40)
    kind = KINDS.get(fields.choice("kind", tuple(KINDS.keys())))
    step = kind.read(step_id, fields) if kind is not None else None
    then = fields.text("then", default="", longest=40)
    fields.close()
    return cast("Step | None", replace(cast("Any", step), then=then)) if step is not None else None
