"""The journey engine: where a run stands + what happened + facts + now -> where it stands, and what shall be done.

Pure: the same input always gives the same answer, and nothing is sent or stored here. `running.py` and `intake.py` carry it out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.journeys.definition import Definition
from campaigns.journeys.steps import Change, Draw, Effect, Facts, Here, Outcome, Run, Step, Withdraw
from campaigns.journeys.triggers import Trigger

RUNNING, FINISHED, STOPPED = "running", "finished", "stopped"
ENDS, GOES_ON = "ends", "goes_on"
_OF_A_STEP = ("ahead", "since", "since_event")
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_ALL = 2**62  # every event of that moment: what happened at the moment a step was entered happened before


@dataclass(frozen=True)
class Standing:
    """Where one run stands. `step` is the last one entered, "" before the first; `due_at` is set while running.

    memory: what the run keeps in mind, plain JSON. `since` and `since_event`: when the step was entered, and by which event, so that only
    what happened afterwards counts. `ahead`: the step to be entered when its moment comes, where somebody was too busy for it. `lap`: how
    often it came round to an earlier step. `told`, `paths`, `rung`, `got`: of the steps that read them.
    """

    status: str
    step: str
    due_at: datetime | None
    held_out: bool = False
    reason: str = ""
    memory: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Due:
    """The moment the run waited for has come."""


@dataclass(frozen=True)
class Happened:
    """An event of the run's customer. at and number: when it happened, and its id, which tell events of one moment apart."""

    event: str
    properties: Mapping[str, Any]
    at: datetime = _FIRST
    number: int = 0


Signal = Due | Happened
Answer = tuple[Standing, tuple[Effect, ...]]


def begin(*, held_out: bool, now: datetime, told: Mapping[str, Any] | None = None) -> Standing:
    """Return the standing of a run that starts now. told: what its branches will ask of the event that started it."""
    return Standing(status=RUNNING, step="", due_at=now, held_out=held_out, memory={"told": dict(told)} if told else {})


def key_of(trigger: Trigger, properties: Mapping[str, Any], *, customer_id: int) -> str | None:
    """Return what an event is about, as text; None when it lacks the property and so cannot start anything."""
    if not trigger.key:
        return f"customer-{customer_id}"
    value = properties.get(trigger.key)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def meaning(definition: Definition, standing: Standing, happened: Happened, *, about: str) -> str:
    """Say what an event means to a run about something: ENDS it, is what it waits for (GOES_ON), or nothing, "". Needs no facts."""
    if standing.status != RUNNING:
        return ""
    if _ends(definition, happened, about):
        return ENDS
    return GOES_ON if _heard(definition, standing, happened, about) is not None else ""


def advance(definition: Definition, standing: Standing, *, signal: Signal, facts: Facts, run: Run, now: datetime) -> Answer:
    """Carry a run on by one signal.

    facts: what `Definition.needs` asks for, read in the same transaction; what is not known does not hold. A run that has ended stays
    ended. Effects are to be carried out in order, in the transaction that stores the standing.
    """
    if standing.status != RUNNING:
        return standing, ()
    if isinstance(signal, Happened):
        if _ends(definition, signal, run.about):
            return end(standing, signal.event[:40])
        step = _heard(definition, standing, signal, run.about)
        if step is None:
            return standing, ()
        since = {"since": signal.at.isoformat(), "since_event": signal.number}
        return _Walk(definition, standing, facts, run, now, since).on_from(step.then)
    if standing.due_at is None or standing.due_at > now:
        return standing, ()
    return _Walk(definition, standing, facts, run, now, from_now(now)).carry_on()


def from_now(now: datetime) -> dict[str, Any]:
    """Return what a run keeps in mind at a step it came to at this moment by no event: only what happens from now on counts."""
    return {"since": now.isoformat(), "since_event": _ALL}


def listen(definition: Definition, standing: Standing, *, happened: Happened, about: str, now: datetime) -> Answer:
    """Take in an event while the journey rests: one that ends a run does so at once, one it waits for counts once the journey goes on."""
    if _ends(definition, happened, about):
        return end(standing, happened.event[:40])
    step = _heard(definition, standing, happened, about)
    following = definition.after(step.id, step.then) if step is not None else None
    if step is None:
        return standing, ()
    if following is None:
        return replace(standing, status=FINISHED, due_at=None, memory=_kept(standing.memory)), ()
    return replace(standing, due_at=now, memory={**standing.memory, "ahead": following.id}), ()


class _Walk:
    """One look at a run: enter one step after the other until one waits or ends. since: what a step that listens notes when entered."""

    def __init__(self, definition: Definition, standing: Standing, facts: Facts, run: Run, now: datetime, since: Mapping[str, Any]) -> None:
        self._definition, self._facts, self._run, self._now, self._since = definition, facts, run, now, since
        self._before, self._step, self._memory = standing, standing.step, dict(standing.memory)
        self._effects: list[Effect] = []
        self._go: str | None = None

    def carry_on(self) -> Answer:
        """Ask the step a run stands at what follows now that its moment has come; a step the person was too busy for comes first."""
        ahead = self._memory.get("ahead", "")
        if ahead or not self._step:
            return self._from(self._definition.step(ahead) if ahead else self._definition.after(""))
        step = self._definition.step(self._step)
        broken = self._broken() if step is not None else "step_missing"
        if broken or step is None:
            return self._end(broken)
        calm_at = self._calm_at(step)
        if calm_at is not None:
            return self._wait(calm_at)
        answer = self._take(step, step.resume(self._here()))
        return answer or self._from(self._definition.after(step.id, self._go))

    def on_from(self, go: str) -> Answer:
        """Go on from the step a run stands at, because what it waited for happened."""
        return self._from(self._definition.after(self._step, go))

    def _from(self, step: Step | None) -> Answer:
        """Enter this step and those that follow; guards are asked before every one of them."""
        while step is not None:
            broken = self._broken()
            if broken:
                return self._end(broken)
            calm_at = self._calm_at(step)
            if calm_at is not None:
                self._memory["ahead"] = step.id
                return self._wait(calm_at)
            self._enter(step)
            answer = self._take(step, step.enter(self._here()))
            if answer is not None:
                return answer
            step = self._definition.after(step.id, self._go)
        return self._end("")

    def _enter(self, step: Step) -> None:
        """Stand at a step; coming to one at or before the last in the list is another lap."""
        places = self._definition.places
        for word in _OF_A_STEP:
            self._memory.pop(word, None)
        if self._step in places and places[step.id] <= places[self._step]:
            self._memory["lap"] = self._memory.get("lap", 0) + 1
        self._step = step.id

    def _take(self, step: Step, outcome: Outcome) -> Answer | None:
        """Apply what a step answered; return the answer where the look ends with it, else None: then `_go` says where the run goes on."""
        for effect in outcome.effects:
            self._note(effect)
        for word, value in outcome.remember.items():
            self._memory[word] = value
            if value is None:
                del self._memory[word]
        self._go = outcome.go
        if outcome.ends:
            return self._end(outcome.reason)
        if outcome.wait_until is None:
            return None
        if step.hears() is not None:
            self._memory.update(self._since)
        return self._wait(outcome.wait_until)

    def _note(self, effect: Effect) -> None:
        """Keep what shall be done. Who is held out walks the same way and gets nothing; only what is known of them is written."""
        if isinstance(effect, Withdraw):
            return
        if not self._before.held_out or isinstance(effect, Change):
            self._effects.append(replace(effect, lap=self._memory.get("lap", 0)))
        elif isinstance(effect, Draw):
            self._memory["got"] = True

    def _wait(self, until: datetime) -> Answer:
        return Standing(RUNNING, self._step, until, self._before.held_out, "", self._memory), tuple(self._effects)

    def _end(self, reason: str) -> Answer:
        """End the run: stopped where there is a reason, finished without one."""
        if not reason:
            return Standing(FINISHED, self._step, None, self._before.held_out, "", _kept(self._memory)), tuple(self._effects)
        stopped, withdrawals = end(Standing(RUNNING, self._step, self._now, self._before.held_out, "", self._memory), reason)
        return stopped, (*self._effects, *withdrawals)

    def _here(self) -> Here:
        return Here(self._run, self._facts, self._memory, self._now)

    def _broken(self) -> str:
        """Return why the run may not go on, or nothing."""
        for guard in self._definition.guards:
            if not self._facts.holds.get(guard, False):
                return f"not {guard}"
        people = self._definition.people
        return "not_meant" if people and not all(who.fits(self._facts.holds) for who in people) else ""

    def _calm_at(self, step: Step) -> datetime | None:
        """Return when somebody may be written to who is still busy; None when they may be now."""
        if not self._definition.calm_minutes or not step.contacts or self._facts.seen_at is None:
            return None
        calm_at = self._facts.seen_at + timedelta(minutes=self._definition.calm_minutes)
        return calm_at if calm_at > self._now else None


def _ends(definition: Definition, happened: Happened, about: str) -> bool:
    return any(occasion.concerns(happened.event, happened.properties, about=about) for occasion in definition.exits)


def _heard(definition: Definition, standing: Standing, happened: Happened, about: str) -> Step | None:
    """Return the step a run stands at, if it waits for this event and the event happened since it was entered."""
    step = definition.step(standing.step) if not standing.memory.get("ahead") else None
    occasion = step.hears() if step is not None else None
    if step is None or occasion is None or not occasion.concerns(happened.event, happened.properties, about=about):
        return None
    since = standing.memory.get("since")
    entered = (datetime.fromisoformat(since), standing.memory.get("since_event", 0)) if since else (_FIRST, 0)
    return step if (happened.at, happened.number) > entered else None


def end(standing: Standing, reason: str) -> Answer:
    """Stop a run for a reason, one of our words or an event's name; what it planned and has not left does not leave any more.

    Of what it kept in mind stay the paths it took and what its event told.
    """
    return replace(standing, status=STOPPED, due_at=None, reason=reason, memory=_kept(standing.memory)), (Withdraw(reason),)


def _kept(memory: Mapping[str, Any]) -> dict[str, Any]:
    return {key: memory[key] for key in ("paths", "told") if key in memory}
