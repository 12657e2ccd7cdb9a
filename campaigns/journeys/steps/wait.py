"""The step that lets time pass."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from campaigns.journeys.steps.base import Outcome
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop

_MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True)
class Wait:
    """Wait for a length of time, counted from the moment the step was entered."""

    kind: ClassVar[str] = "wait"
    id: str
    minutes: int

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read the length: `minutes`, `hours` or `days`, exactly one of them."""
        units = [unit for unit in ("minutes", "hours", "days") if unit in fields.data]
        if len(units) != 1:
            fields.read |= {"minutes", "hours", "days"}
            fields.fault("hours", Phrase(gettext_noop("must say how long: minutes, hours or days, one of them")))
            return cls(step_id, 1)
        factor = {"minutes": 1, "hours": 60, "days": _MINUTES_A_DAY}[units[0]]
        length = fields.number(units[0], low=1 / factor, high=365 * _MINUTES_A_DAY / factor)
        return cls(step_id, max(1, round(length * factor)))

    def enter(self, now: datetime) -> Outcome:
        """Wait from now on."""
        return Outcome(wait_until=now + timedelta(minutes=self.minutes))

    def describe(self) -> Phrase:
        """Say how long, in the largest unit that fits."""
        if self.minutes % _MINUTES_A_DAY == 0:
            return Phrase(gettext_noop("Wait %(count)s days"), {"count": self.minutes // _MINUTES_A_DAY})
        if self.minutes % 60 == 0:
            return Phrase(gettext_noop("Wait %(count)s hours"), {"count": self.minutes // 60})
        return Phrase(gettext_noop("Wait %(count)s minutes"), {"count": self.minutes})
