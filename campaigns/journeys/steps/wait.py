"""The step that lets time pass: for a while, until a time of the day, until a weekday, or one after the other."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import ClassVar, Self

from campaigns.journeys.occasions import WEEKDAYS, coming, length_words, read_minutes, read_wall, read_weekdays
from campaigns.journeys.steps.base import Here, Needs, Outcome, Plain
from campaigns.sending.pacing import zone_of
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop

DAYS = {
    "monday": gettext_noop("Monday"), "tuesday": gettext_noop("Tuesday"), "wednesday": gettext_noop("Wednesday"),
    "thursday": gettext_noop("Thursday"), "friday": gettext_noop("Friday"), "saturday": gettext_noop("Saturday"),
    "sunday": gettext_noop("Sunday"),
}  # fmt: skip


@dataclass(frozen=True)
class Wait(Plain):
    """Wait for a length of time from the moment the step was entered, then for a wall time and a weekday where the customer lives.

    Any part may be missing. Somebody who comes at exactly the right moment does not wait.
    """

    kind: ClassVar[str] = "wait"
    minutes: int = 0
    at: time | None = None
    weekdays: frozenset[int] = frozenset()

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read `minutes`, `hours` or `days`, one of them, and "at": "18:00", "weekdays": ["monday"]; at least one of the three."""
        minutes, at, weekdays = read_minutes(fields), read_wall(fields), read_weekdays(fields)
        if minutes is None and at is None and not weekdays:
            fields.fault("hours", Phrase(gettext_noop("must say how long: minutes, hours or days, one of them, or until when")))
        return cls(step_id, minutes or 0, at, weekdays)

    def enter(self, here: Here) -> Outcome:
        """Wait from now on."""
        return Outcome(wait_until=self.until(here.now, zone=here.facts.zone))

    def until(self, now: datetime, *, zone: str) -> datetime:
        """Return when somebody in a zone who enters now goes on."""
        passed = now + timedelta(minutes=self.minutes)
        return coming(passed, wall=self.at, weekdays=self.weekdays, zone=zone_of(zone)) if self._by_the_clock else passed

    def takes_time(self) -> bool:
        """Say whether it has a length."""
        return self.minutes > 0

    def needs(self) -> Needs:
        """Ask for the zone where a wall time or a weekday is meant."""
        return Needs(zone=self._by_the_clock)

    def describe(self) -> Phrase:
        """Say how long and until when."""
        parts = [Phrase(gettext_noop("Wait %(length)s"), {"length": length_words(self.minutes)})] if self.minutes else []
        if self._by_the_clock:
            start = gettext_noop("%(before)s, then until %(when)s") if parts else gettext_noop("Wait until %(when)s")
            return Phrase(start, {"before": parts[0] if parts else "", "when": self._when()})
        return parts[0]

    @property
    def _by_the_clock(self) -> bool:
        return self.at is not None or bool(self.weekdays)

    def _when(self) -> Phrase:
        days = _listed(self.weekdays)
        if self.at is None:
            return days
        at = f"{self.at:%H:%M}"
        if not self.weekdays:
            return Phrase(gettext_noop("%(at)s where they live"), {"at": at})
        return Phrase(gettext_noop("%(days)s, %(at)s where they live"), {"days": days, "at": at})


def _listed(weekdays: frozenset[int]) -> Phrase:
    names = [Phrase(DAYS[WEEKDAYS[day]]) for day in sorted(weekdays)]
    said = names[0] if names else Phrase("")
    for name in names[1:]:
        said = Phrase(gettext_noop("%(first)s or %(second)s"), {"first": said, "second": name})
    return said
