"""The journey engine: where a run stands + what happened + facts + now -> where it stands, and what shall be done.

Pure: the same input always gives the same answer, and nothing is sent or stored here. `running.py` and `intake.py` carry it out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.journeys.definition import Definition, Occasion
from campaigns.journeys.steps import Effect, Plan, Withdraw

RUNNING, FINISHED, STOPPED = "running", "finished", "stopped"


@dataclass(frozen=True)
class Standing:
    """Where one run stands. `step` is the last one entered, "" before the first; `due_at` is set while running."""

    status: str
    step: str
    due_at: datetime | None
    held_out: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Due:
    """The moment the run waited for has come."""


@dataclass(frozen=True)
class Happened:
    """An event of the run's customer."""

    event: str
    properties: Mapping[str, object]


Signal = Due | Happened
Answer = tuple[Standing, tuple[Effect, ...]]


def begin(*, held_out: bool, now: datetime) -> Standing:
    """Return the standing of a run that starts now."""
    return Standing(status=RUNNING, step="", due_at=now, held_out=held_out)


def key_of(occasion: Occasion, properties: Mapping[str, object], *, customer_id: int) -> str | None:
    """Return what an event is about, as text; None when it lacks the property and so cannot start anything."""
    if not occasion.key:
        return f"customer-{customer_id}"
    value = properties.get(occasion.key)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def ends_run(definition: Definition, happened: Happened, *, occurrence: str) -> bool:
    """Say whether an event ends a run about `occurrence`."""
    for occasion in definition.exits:
        if occasion.event == happened.event and (not occasion.key or str(happened.properties.get(occasion.key, "")) == occurrence):
            return True
    return False


def advance(
    definition: Definition, standing: Standing, *, signal: Signal, facts: Mapping[str, bool], occurrence: str, now: datetime
) -> Answer:
    """Carry a run on by one signal.

    facts: what the guards ask for, read in the same transaction; a guard without a fact does not hold. A run that has ended
    stays ended. Effects are to be carried out in order, in the transaction that stores the standing.
    """
    if standing.status != RUNNING:
        return standing, ()
    if isinstance(signal, Happened):
        return _stop(standing, signal.event[:40]) if ends_run(definition, signal, occurrence=occurrence) else (standing, ())
    if standing.due_at is None or standing.due_at > now:
        return standing, ()
    return _walk(definition, standing, facts=facts, now=now)


def _walk(definition: Definition, standing: Standing, *, facts: Mapping[str, bool], now: datetime) -> Answer:
    """Enter one step after the other until one waits or ends; guards are asked before every one of them."""
    effects: list[Effect] = []
    while (step := definition.after(standing.step)) is not None:
        broken = next((guard for guard in definition.guards if not facts.get(guard, False)), None)
        if broken is not None:
            stopped, withdrawals = _stop(standing, f"not {broken}")
            return stopped, (*effects, *withdrawals)
        outcome = step.enter(now)
        effects += [effect for effect in outcome.effects if not (standing.held_out and isinstance(effect, Plan))]
        standing = replace(standing, step=step.id)
        if outcome.ends:
            break
        if outcome.wait_until is not None:
            return replace(standing, due_at=outcome.wait_until), tuple(effects)
    return replace(standing, status=FINISHED, due_at=None), tuple(effects)


def _stop(standing: Standing, reason: str) -> Answer:
    return replace(standing, status=STOPPED, due_at=None, reason=reason), (Withdraw(reason),)
