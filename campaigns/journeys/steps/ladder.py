"""The step that tries channel after channel: each rung has its hour, and one that reaches nobody makes way for the next at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from campaigns.journeys.occasions import length_words
from campaigns.journeys.steps.base import Effect, Here, Needs, Outcome, Plain, Plan
from campaigns.journeys.steps.send import read_message
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop

MOST_RUNGS = 4
_RUNGS = {
    "email": gettext_noop("the e-mail “%(template)s”"),
    "sms": gettext_noop("the SMS “%(template)s”"),
    "push": gettext_noop("the push message “%(template)s”"),
    "onsite": gettext_noop("“%(template)s” at their next visit"),
}


@dataclass(frozen=True)
class Rung:
    """One channel's turn. minutes: from entering the ladder, at the latest: a missing rung below it makes it come earlier."""

    channel: str
    template: str
    expires_hours: float
    minutes: int


@dataclass(frozen=True)
class Ladder(Plain):
    """Send by one channel after the other, `most` messages at most, each channel once.

    When a rung's moment comes and the person does not allow its channel or has no address there, the next rung that reaches them takes its
    place at once; the rungs above keep their own hours. After the last rung the run goes on.
    """

    kind: ClassVar[str] = "ladder"
    rungs: tuple[Rung, ...]
    most: int = MOST_RUNGS

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read {"rungs": [{"channel": "push", "template": "<key>", "minutes": 30, "expires_hours": 24}, ...], "most": 3}.

        minutes: from entering the ladder, never less than the rung before.
        """
        rungs = tuple(_rung(part) for part in fields.parts("rungs", most=MOST_RUNGS))
        channels, minutes = [rung.channel for rung in rungs], [rung.minutes for rung in rungs]
        if not rungs or len(set(channels)) < len(channels):
            fields.fault("rungs", Phrase(gettext_noop("must be one rung or more, each of a channel of its own")))
        if minutes != sorted(minutes):
            fields.fault("rungs", Phrase(gettext_noop("must be in the order of their minutes")))
        return cls(step_id, rungs, fields.whole("most", low=1, high=MOST_RUNGS, default=MOST_RUNGS))

    @property
    def contacts(self) -> bool:
        """Say whether it writes to them."""
        return any(rung.channel != "onsite" for rung in self.rungs)

    def enter(self, here: Here) -> Outcome:
        """Begin with the first rung."""
        return self._climb(here, rung=0, sent=0, began=here.now)

    def resume(self, here: Here) -> Outcome:
        """Go on with the rung whose turn it is."""
        rung, sent, began = here.memory.get("rung", [0, 0, here.now.isoformat()])
        return self._climb(here, rung=rung, sent=sent, began=datetime.fromisoformat(began))

    def _climb(self, here: Here, *, rung: int, sent: int, began: datetime) -> Outcome:
        """Send what is due, each rung that cannot reach them giving way; wait for the next one's hour, or go on after the last."""
        effects: list[Effect] = []
        while rung < len(self.rungs) and sent < self.most:
            due_at = began + timedelta(minutes=self.rungs[rung].minutes)
            if due_at > here.now:
                return Outcome(tuple(effects), wait_until=due_at, remember={"rung": [rung, sent, began.isoformat()]})
            reached = next((place for place in range(rung, len(self.rungs)) if self.rungs[place].channel in here.facts.may), None)
            if reached is None:
                break
            found = self.rungs[reached]
            effects.append(Plan(self.id, found.channel, found.template, found.expires_hours))
            rung, sent = reached + 1, sent + 1
        return Outcome(tuple(effects), remember={"rung": None})

    def takes_time(self) -> bool:
        """Say no: who can be reached on no channel goes on at once."""
        return False

    def needs(self) -> Needs:
        """Ask which channels reach them."""
        return Needs(channels=True)

    def describe(self) -> Phrase:
        """Say the rungs in their order."""
        said = _words(self.rungs[0])
        for rung in self.rungs[1:]:
            said = Phrase(gettext_noop("%(first)s, then %(second)s"), {"first": said, "second": _words(rung)})
        return Phrase(gettext_noop("Try one channel after the other: %(rungs)s"), {"rungs": said})


def _rung(fields: Fields) -> Rung:
    rung = Rung(*read_message(fields), fields.whole("minutes", low=0, high=60 * 24 * 60, default=0))
    fields.close()
    return rung


def _words(rung: Rung) -> Phrase:
    """Say what a rung sends and when."""
    said = Phrase(_RUNGS[rung.channel], {"template": rung.template})
    if not rung.minutes:
        return Phrase(gettext_noop("%(message)s at once"), {"message": said})
    return Phrase(gettext_noop("%(message)s after %(length)s"), {"length": length_words(rung.minutes), "message": said})
