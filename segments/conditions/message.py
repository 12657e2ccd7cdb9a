"""What became of messages to a customer, on any channel: got, opened, clicked; how often, when, of which sender.

It reads our own events about messages, so it is an event by another name. A click or an opening
counts where a person made it: those of robots and privacy proxies are left out before the event is written.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.conditions.event import Event
from segments.rules.asks import Ask, Asks, Told, ask_number, ask_window
from segments.rules.base import Condition
from segments.rules.comparing import NumberTest
from segments.rules.counted import COUNT_OPS, is_any, is_none
from segments.rules.facts import Needs, Person
from segments.rules.outcomes import OUTCOMES
from segments.rules.properties import Property
from segments.rules.sql import Fragment
from segments.rules.terms import At, Terms
from segments.rules.windows import EVER, Window


@dataclass(frozen=True, slots=True)
class Message(Condition):
    """An outcome, how often and when. journey: the public id of the only journey or campaign that counts; inner: the event asked."""

    kind: ClassVar[str] = "message"
    label: ClassVar[str] = gettext_noop("Messages: got, opened, clicked, came back")
    also: ClassVar[str] = gettext_noop("email, newsletter, campaign, journey, received")
    what: str
    journey: str
    inner: Event

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "message", "what": "clicked", "op": "at_least", "value": 1, "window": {...}, "journey": "<public id>"}."""
        what = fields.choice("what", tuple(OUTCOMES))
        times = NumberTest.read(fields, ops=COUNT_OPS, whole=True)
        window = Window.read(fields.part("window")) if fields.told("window") else EVER
        journey = fields.text("journey", default="", longest=36)
        if journey and journey not in terms.journeys:
            fields.fault("journey", Phrase(gettext_noop("is no journey or campaign of this store")))
        where = (Property("journey", "text", "is", False, (journey,)),) if journey else ()
        event = OUTCOMES[what].event
        return cls(what, journey, Event(event, times, window, where, number=terms.event_names.get(event, 0)))

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask what became of them, of which journey or campaign, how often and when."""
        yield Ask("what", "choice", gettext_noop("messages"), [(key, one.label) for key, one in OUTCOMES.items()], "clicked")
        journeys = [("", gettext_noop("any")), *sorted(terms.journeys.items(), key=lambda pair: (pair[1], pair[0]))]
        yield Ask("journey", "choice", gettext_noop("of the journey or campaign"), journeys, is_optional=True)
        yield from ask_number(told, ops=COUNT_OPS, label=gettext_noop("how often"), kind="whole", is_count=True)
        yield from ask_window(told)

    def sql(self, at: At) -> Fragment:
        """Ask the events."""
        return self.inner.sql(at)

    def rows(self, at: At) -> Fragment | None:
        """Read the event's counters where they know."""
        return self.inner.rows(at)

    def holds(self, person: Person, at: At) -> bool:
        """Count the loaded events."""
        return self.inner.holds(person, at)

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: clicked in an e-mail of “Abandoned basket” in the last 30 days."""
        words, times, said = self.inner.window.phrase(), self.inner.times, OUTCOMES[self.what]
        when: Phrase | str = Phrase(gettext_noop(" %(when)s"), {"when": words}) if words else ""
        which: Phrase | str = ""
        if self.journey:
            which = Phrase(gettext_noop(" of “%(journey)s”"), {"journey": terms.journeys.get(self.journey, self.journey)})
        text = said.any if is_any(times) else said.none if is_none(times) else said.one if times.is_one else said.many
        return Phrase(text, {"which": which, "when": when, "times": times.amount()})

    def reads(self) -> frozenset[str]:
        """Return the event."""
        return self.inner.reads()

    def needs(self, at: At) -> Needs:
        """Return what the event needs."""
        return self.inner.needs(at)

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those of whom an event came into the window or left it."""
        return self.inner.turns(before, after)

    def found(self, person: Person, at: At) -> Phrase | None:
        """Say how often it was."""
        return self.inner.found(person, at)
