"""What a step of a journey is: read from data, entered once, described in one sentence.

Nothing here knows a database. A step says what shall happen (`Outcome`); `running.py` lets it happen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol, Self

from retention.kit.words import Phrase, gettext_noop


@dataclass(frozen=True)
class Plan:
    """Effect: plan one message of this step."""

    step: str
    channel: str
    template: str
    expires_hours: float


@dataclass(frozen=True)
class Withdraw:
    """Effect: messages of this run that have not left must not leave any more."""

    reason: str


Effect = Plan | Withdraw


@dataclass(frozen=True)
class Outcome:
    """What entering a step means: effects, and either go on at once, wait until a moment, or end."""

    effects: tuple[Effect, ...] = ()
    wait_until: datetime | None = None
    ends: bool = False


@dataclass(frozen=True)
class Problem:
    """One fault of a definition: where it is ("steps.2.hours") and what is wrong."""

    path: str
    phrase: Phrase


@dataclass
class Fields:
    """A reader of one JSON object that collects every fault instead of stopping at the first."""

    data: Mapping[str, object]
    path: str
    problems: list[Problem]
    read: set[str] = field(default_factory=set)

    def text(self, name: str, *, default: str | None = None, longest: int = 120) -> str:
        """Read a text; without a default it must be there and not be empty."""
        value = self._take(name, default)
        if isinstance(value, str) and len(value) <= longest and (value or default == ""):
            return value
        self.fault(name, Phrase(gettext_noop("must be a text of 1 to %(longest)s characters"), {"longest": longest}))
        return ""

    def choice(self, name: str, allowed: tuple[str, ...], *, default: str | None = None) -> str:
        """Read one of a few words."""
        value = self._take(name, default)
        if isinstance(value, str) and value in allowed:
            return value
        self.fault(name, Phrase(gettext_noop("must be one of: %(allowed)s"), {"allowed": ", ".join(allowed)}))
        return allowed[0]

    def number(self, name: str, *, low: float, high: float, default: float | None = None) -> float:
        """Read a number between two bounds, both included."""
        value = self._take(name, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        self.fault(name, Phrase(gettext_noop("must be a number from %(low)s to %(high)s"), {"low": low, "high": high}))
        return low

    def close(self) -> None:
        """Refuse names nobody asked for: they are spelling mistakes more often than not."""
        for name in sorted(set(self.data) - self.read):
            self.fault(name, Phrase(gettext_noop("is not known here")))

    def _take(self, name: str, default: object) -> object:
        self.read.add(name)
        return self.data.get(name, default)

    def fault(self, name: str, phrase: Phrase) -> None:
        """Note what is wrong with one field."""
        self.problems.append(Problem(f"{self.path}.{name}", phrase))


class Step(Protocol):
    """One step. `kind` is its stored key and never changes."""

    kind: ClassVar[str]

    @property
    def id(self) -> str:
        """Return the step's name inside its journey."""

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read the step's own fields."""

    def enter(self, now: datetime) -> Outcome:
        """Say what entering the step at `now` means."""

    def describe(self) -> Phrase:
        """Say in one sentence what the step does."""
