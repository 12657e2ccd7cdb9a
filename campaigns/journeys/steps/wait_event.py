"""The step that waits until something happens, for so long at most."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Self

from campaigns.journeys.occasions import MINUTES_A_DAY, Occasion, length_words, read_minutes
from campaigns.journeys.steps.base import Here, Outcome, Plain, Way
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop


@dataclass(frozen=True)
class WaitEvent(Plain):
    """Wait for an event. When it happens the run goes on at `then`, and when the time is over at `otherwise`.

    Only what happens after the step was entered counts. An event with a key counts when its value is what the run is about.
    """

    kind: ClassVar[str] = "wait_event"
    occasion: Occasion
    minutes: int = MINUTES_A_DAY
    otherwise: str = ""

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read {"event": ..., "key": "cart_id", "where": [...], "hours": 48, "otherwise": "<step>"}; a length must be told."""
        occasion, minutes = Occasion.read(fields), read_minutes(fields)
        if minutes is None:
            fields.fault("hours", Phrase(gettext_noop("must say how long at most: minutes, hours or days, one of them")))
        return cls(step_id, occasion, minutes or 1, fields.text("otherwise", default="", longest=40))

    def enter(self, here: Here) -> Outcome:
        """Wait, for so long at most."""
        return Outcome(wait_until=here.now + timedelta(minutes=self.minutes))

    def resume(self, here: Here) -> Outcome:
        """Give up waiting."""
        return Outcome(go=self.otherwise)

    def hears(self) -> Occasion | None:
        """Return the event."""
        return self.occasion

    def ways(self) -> tuple[Way, ...]:
        """Lead on by the event, and without it."""
        return Way(self.then, "happened"), Way(self.otherwise, "did_not_happen")

    def takes_time(self) -> bool:
        """Take time: what happened before does not count, and the time it takes is a minute at least."""
        return True

    def describe(self) -> Phrase:
        """Name the event and how long."""
        return Phrase(
            gettext_noop("Wait until “%(event)s” happens, for %(length)s at most"),
            {"event": self.occasion.event, "length": length_words(self.minutes)},
        )
