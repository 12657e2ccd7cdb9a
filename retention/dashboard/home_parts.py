"""What the apps show on the home page: three empty registers, for counters, things that need a person, and steps of the set-up.

Knows no app. An app adds a function in `AppConfig.ready()`; each is asked once per page, inside the store's context.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise

from retention.kit.register import Register

Text = str | Promise


@dataclass(frozen=True)
class Counter:
    """One figure of the home page, written as it shall be read.

    zero: nothing happened yet, so the figure is grey and `sub` says why. change: words with their direction (up, down or "").
    """

    label: Text
    value: Text
    sub: Text = ""
    order: int = 100
    url: str = ""
    zero: bool = False
    small: Text = ""
    change: Text = ""
    direction: str = ""


@dataclass(frozen=True)
class NeedsYou:
    """One thing a person must act on: what it is, what follows from it, and the one button that helps.

    since: when it began; the oldest stand first. tone: bad (harm), warn (a clock runs), plum (ready, or not known).
    """

    icon: str
    title: Text
    consequence: Text
    button: Text
    url: str
    since: datetime
    tone: str = "warn"


@dataclass(frozen=True)
class Step:
    """One step of the set-up list; `template` draws what is inside while it is the current one."""

    title: Text
    text: Text
    done: bool
    button: Text = ""
    url: str = ""
    done_text: Text = ""
    template: str = ""
    minutes: int = 2


@dataclass(frozen=True)
class Checklist:
    """The set-up list as the home page shows it."""

    steps: list[Step]

    @property
    def done(self) -> int:
        """Return how many steps are done."""
        return sum(step.done for step in self.steps)

    @property
    def share(self) -> float:
        """Return the done part, 0 to 1."""
        return self.done / len(self.steps) if self.steps else 1.0

    @property
    def minutes_left(self) -> int:
        """Return about how long the rest takes."""
        return sum(step.minutes for step in self.steps if not step.done)

    @property
    def current(self) -> Step | None:
        """Return the first step that is not done."""
        return next((step for step in self.steps if not step.done), None)

    @property
    def complete(self) -> bool:
        """Say whether every step is done."""
        return self.done == len(self.steps)


CounterSource = Callable[[HttpRequest, datetime], Counter | None]
NeedsYouSource = Callable[[HttpRequest, datetime], list[NeedsYou]]
StepSource = Callable[[HttpRequest, datetime], Step | None]

counter_sources: Register[CounterSource] = Register("counter")
needs_you_sources: Register[NeedsYouSource] = Register("source of things that need you")
step_sources: Register[tuple[int, StepSource]] = Register("step of the set-up")


def counters(request: HttpRequest, *, now: datetime) -> list[Counter]:
    """Return the counters in their order."""
    found = (source(request, now) for source in counter_sources)
    return sorted((counter for counter in found if counter is not None), key=lambda counter: counter.order)


def needs_you(request: HttpRequest, *, now: datetime, limit: int = 5) -> tuple[list[NeedsYou], int]:
    """Return the oldest things that need a person, and how many there are in all."""
    found = sorted((thing for source in needs_you_sources for thing in source(request, now)), key=lambda thing: thing.since)
    return found[:limit], len(found)


def checklist(request: HttpRequest, *, now: datetime) -> Checklist:
    """Return the set-up list in the order its steps were given."""
    ordered: list[tuple[int, Any]] = sorted(step_sources, key=lambda entry: entry[0])
    found = (source(request, now) for _order, source in ordered)
    return Checklist([step for step in found if step is not None])
