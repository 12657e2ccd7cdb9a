"""What a step of a journey is: read from data, entered, carried on when its moment comes or its event happens, described in one sentence.

Nothing here knows a database. A step says what shall happen (`Outcome`); `running.py` and `intake.py` let it happen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Protocol, Self

from campaigns.journeys.occasions import Occasion, Who
from retention.kit.fields import Fields
from retention.kit.words import Phrase


@dataclass(frozen=True)
class Plan:
    """Effect: plan one message of this step. lap: how often the run had come round to an earlier step before."""

    step: str
    channel: str
    template: str
    expires_hours: float
    lap: int = 0


@dataclass(frozen=True)
class Draw:
    """Effect: keep a code of a coupon pool for this run; whether there was one is remembered as `got`."""

    step: str
    pool: str
    lap: int = 0


@dataclass(frozen=True)
class Change:
    """Effect: write these custom attributes of the customer."""

    step: str
    values: Mapping[str, Any]
    lap: int = 0


@dataclass(frozen=True)
class Call:
    """Effect: tell one of the store's webhook endpoints that this person came here."""

    step: str
    endpoint: str
    data: Mapping[str, Any]
    lap: int = 0


@dataclass(frozen=True)
class Notify:
    """Effect: owe a mail to those of the store's team with one of these roles."""

    step: str
    roles: tuple[str, ...]
    subject: str
    text: str
    lap: int = 0


@dataclass(frozen=True)
class Withdraw:
    """Effect: messages of this run that have not left must not leave any more."""

    reason: str


Effect = Plan | Draw | Change | Call | Notify | Withdraw


class Run(NamedTuple):
    """Whose run it is and what it is about: the value of the trigger's key, or the customer."""

    store_id: int
    journey_id: int
    customer_id: int
    about: str


@dataclass(frozen=True)
class Facts:
    """What is true of a run's person at this moment, read in the transaction that stores the answer.

    holds: by the name of a guard or of a `Who`; what is not there does not hold. zone: the IANA name of the person's zone, or the store's.
    dates: by attribute key, as days; "birthday" stands in a leap year. may: the channels they allow and have an address on. seen_at: when
    they did something last.
    """

    holds: Mapping[str, bool] = field(default_factory=dict)
    zone: str = "UTC"
    dates: Mapping[str, date] = field(default_factory=dict)
    may: frozenset[str] = frozenset()
    seen_at: datetime | None = None


@dataclass(frozen=True)
class Needs:
    """What has to be read before a run can be carried on."""

    people: frozenset[Who] = frozenset()
    zone: bool = False
    dates: frozenset[str] = frozenset()
    channels: bool = False
    seen: bool = False

    def __or__(self, other: "Needs") -> "Needs":
        """Return what is enough for both."""
        return Needs(
            self.people | other.people,
            self.zone or other.zone,
            self.dates | other.dates,
            self.channels or other.channels,
            self.seen or other.seen,
        )


class Here(NamedTuple):
    """Where a step is asked: the run, what is known, what the run remembers, and the moment."""

    run: Run
    facts: Facts
    memory: Mapping[str, Any]
    now: datetime


class Outcome(NamedTuple):
    """What a step answers: effects, and then either go on at once, wait until a moment, or end.

    go: the step that follows, "" for the next of the list; None for where the step usually leads. remember: what the run keeps in mind;
    None forgets. reason: why it ends before its end, one of our words; without one it went through.
    """

    effects: tuple[Effect, ...] = ()
    wait_until: datetime | None = None
    ends: bool = False
    go: str | None = None
    remember: Mapping[str, Any] = MappingProxyType({})
    reason: str = ""


@dataclass(frozen=True)
class Way:
    """One way on from a step. to: the step it leads to, "" for the one that follows; name: what a person calls it, if anything."""

    to: str = ""
    name: str = ""


class Step(Protocol):
    """One step. `kind` is its stored key and never changes; most kinds take what they do not say from `Plain`."""

    kind: ClassVar[str]

    @property
    def id(self) -> str:
        """Return the step's name inside its journey."""

    @property
    def then(self) -> str:
        """Return the step it leads to, "" for the one that follows in the list."""

    @property
    def contacts(self) -> bool:
        """Say whether it writes to the person, who may still be busy in the shop."""

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read the step's own fields; `then` is read for all of them."""

    def enter(self, here: Here) -> Outcome:
        """Say what entering the step means."""

    def resume(self, here: Here) -> Outcome:
        """Say what follows when the moment it waited for has come."""

    def hears(self) -> Occasion | None:
        """Return the event it waits for, if it waits for one."""

    def ways(self) -> tuple[Way, ...]:
        """Return every way on from here; none where the journey ends."""

    def takes_time(self) -> bool:
        """Say whether everybody who enters surely waits here: only such a step may stand in a loop."""

    def needs(self) -> Needs:
        """Return what has to be known to answer."""

    def describe(self) -> Phrase:
        """Say in one sentence what the step does."""


@dataclass(frozen=True)
class Plain:
    """What most steps have in common: they go on at once, to the step that follows, wait for nothing and ask for nothing."""

    id: str
    then: str = field(default="", kw_only=True)

    @property
    def contacts(self) -> bool:
        """Write to nobody."""
        return False

    def resume(self, here: Here) -> Outcome:
        """Go on."""
        return Outcome()

    def hears(self) -> Occasion | None:
        """Wait for no event."""
        return None

    def ways(self) -> tuple[Way, ...]:
        """Lead on to the usual step."""
        return (Way(self.then),)

    def takes_time(self) -> bool:
        """Take no time."""
        return False

    def needs(self) -> Needs:
        """Ask for nothing."""
        return Needs()
