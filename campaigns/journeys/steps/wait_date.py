"""The step that waits until a date somebody has: their birthday, or a custom attribute such as a delivery day."""

from dataclasses import dataclass
from datetime import time as wall_time
from datetime import timedelta
from typing import ClassVar, Self

from campaigns.journeys.occasions import anniversary, read_wall
from campaigns.journeys.steps.base import Here, Needs, Outcome, Plain
from campaigns.sending.pacing import first_instant, zone_of
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop

BIRTHDAY = "birthday"
MORNING = wall_time(9)


@dataclass(frozen=True)
class WaitDate(Plain):
    """Wait until so many days before (negative) or after a date, at a wall time where the customer lives.

    A date that has passed is no reason to wait; with `yearly` its next day of the year counts, and a birthday is always yearly. leaves:
    what somebody without the date does.
    """

    kind: ClassVar[str] = "wait_date"
    date: str
    days: int = 0
    at: wall_time = MORNING
    yearly: bool = False
    leaves: bool = False

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read {"date": "<attribute>", "days": -3, "at": "09:00", "yearly": false, "missing": "go_on" or "leave"}."""
        date = fields.text("date", longest=80)
        days = fields.whole("days", low=-365, high=365, default=0)
        yearly = fields.flag("yearly", default=False) or date == BIRTHDAY
        leaves = fields.choice("missing", ("go_on", "leave"), default="go_on") == "leave"
        return cls(step_id, date, days, read_wall(fields) or MORNING, yearly, leaves)

    def enter(self, here: Here) -> Outcome:
        """Wait until the day, if there is one ahead."""
        date, zone = here.facts.dates.get(self.date), zone_of(here.facts.zone)
        if date is None:
            return Outcome(ends=self.leaves, reason="no_date" if self.leaves else "")
        if self.yearly:
            return Outcome(wait_until=anniversary(date, days=self.days, wall=self.at, zone=zone, after=here.now))
        moment = first_instant(date + timedelta(days=self.days), self.at, zone)
        return Outcome(wait_until=moment if moment > here.now else None)

    def needs(self) -> Needs:
        """Ask for the date and the zone."""
        return Needs(zone=True, dates=frozenset({self.date}))

    def describe(self) -> Phrase:
        """Name the date and how far from it."""
        values = {"date": self.date, "count": abs(self.days), "at": f"{self.at:%H:%M}"}
        if self.days < 0:
            return Phrase(gettext_noop("Wait until %(count)s days before “%(date)s”, %(at)s where they live"), values)
        if self.days > 0:
            return Phrase(gettext_noop("Wait until %(count)s days after “%(date)s”, %(at)s where they live"), values)
        return Phrase(gettext_noop("Wait until “%(date)s”, %(at)s where they live"), values)
