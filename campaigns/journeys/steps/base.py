"""What a step of a journey is: read from data, entered once, described in one sentence.

Nothing here knows a database. A step says what shall happen (`Outcome`); `running.py` lets it happen.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol, Self

from retention.kit.fields import Fields
from retention.kit.words import Phrase


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
