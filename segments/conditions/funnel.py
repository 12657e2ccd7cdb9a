"""Whether a customer did one thing and then another, within a time after it; or did the first and not the other.

"Then" is later than the first by a microsecond at least, so an event never follows itself. "Did not" holds for whom there is a first event
in the window and none of them was followed in time; one whose time is not over yet counts as not followed so far.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Self

from retention.customers.changes import of_event
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import LENGTHS as LENGTH_NAMES
from segments.rules.asks import Ask, Asks, Told, ask_window, choices
from segments.rules.base import Condition
from segments.rules.facts import Needs, Person
from segments.rules.lived import lived
from segments.rules.sql import Fragment, all_of, negated, piece
from segments.rules.terms import At, Terms
from segments.rules.windows import EVER, LENGTHS, LONGEST, Span, Window, holds, say_length, turns, within

UNITS = ("days", "hours", "weeks")
_WAYS = {"true": gettext_noop("and they did"), "false": gettext_noop("and they did not")}
_SENTENCES = {
    True: gettext_noop("did “%(first)s”%(when)s and “%(then)s” within %(length)s after it"),
    False: gettext_noop("did “%(first)s”%(when)s and not “%(then)s” within %(length)s after it"),
}
_FOLLOWED = (
    "customer.id IN (SELECT pair.customer_id FROM (SELECT step.customer_id, step.at, step.is_first, "
    "max(step.at) FILTER (WHERE step.is_first) OVER (PARTITION BY step.customer_id ORDER BY step.at "
    "RANGE BETWEEN UNBOUNDED PRECEDING AND interval '1 microsecond' PRECEDING) AS before_it FROM ("
)


@dataclass(frozen=True, slots=True)
class Funnel(Condition):
    """Two events and the longest time between them. did: that the second followed; window: of the first."""

    kind: ClassVar[str] = "funnel"
    label: ClassVar[str] = gettext_noop("Did one thing and then another, or did not")
    also: ClassVar[str] = gettext_noop("sequence, order of events, viewed but not bought")
    first: str
    then: str
    count: int
    unit: str
    did: bool
    window: Window

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "funnel", "first": "Product Viewed", "then": "Product Added", "within": {"count": 3}, "did": true, "window": {}}."""
        first, then = fields.text("first"), fields.text("then")
        part = fields.part("within")
        unit = part.choice("unit", UNITS, default="days")
        count = part.whole("count", low=1, high=LONGEST[unit])
        part.close()
        window = Window.read(fields.part("window")) if fields.told("window") else EVER
        return cls(first, then, count, unit, fields.flag("did", default=True), window)

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask which two events, how long the second may take, whether it came, and when the first was."""
        yield Ask("first", "pick", gettext_noop("first"), offers="events")
        yield from ask_window(told)
        yield Ask("then", "pick", gettext_noop("then"), offers="events")
        yield Ask("within.count", "whole", gettext_noop("within"), default=3)
        yield Ask("within.unit", "choice", gettext_noop("of what"), choices(LENGTH_NAMES, UNITS), "days")
        yield Ask("did", "flag", gettext_noop("how"), choices(_WAYS), default=True)

    def sql(self, at: At) -> Fragment:
        """Ask the events of both names once, in the order they happened."""
        span = self.window.span(at.now, at.terms.zone)
        followed = self._followed(span, at)
        return followed if self.did else all_of([self._began(within("event.occurred_at", span), at), negated(followed)])

    def holds(self, person: Person, at: At) -> bool:
        """Look after each first event for the next of the other."""
        span = self.window.span(at.now, at.terms.zone)
        firsts = [one.at for one in person.events.get(self.first, ()) if holds(span, one.at)]
        thens = sorted(one.at for one in person.events.get(self.then, ()))
        places = ((one, bisect_right(thens, one)) for one in firsts)
        followed = any(place < len(thens) and thens[place] <= one + self._length for one, place in places)
        return followed if self.did else bool(firsts) and not followed

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: did “Product Viewed” in the last 30 days and “Product Added” within 3 days after it."""
        words = self.window.phrase()
        when: Phrase | str = Phrase(gettext_noop(" %(when)s"), {"when": words}) if words else ""
        values = {"first": self.first, "then": self.then, "when": when, "length": say_length(self.count, self.unit)}
        return Phrase(_SENTENCES[self.did], values)

    def reads(self) -> frozenset[str]:
        """Return both events."""
        return frozenset({of_event(self.first), of_event(self.then)})

    def needs(self, at: At) -> Needs:
        """Return both events since the window began."""
        since = self.window.span(at.now, at.terms.zone)[0]
        return Needs(events={self.first: since, self.then: since})

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those of whom a first event came into the window or left it."""
        spans = (self.window.span(one.now, one.terms.zone) for one in (before, after))
        moved = turns("event.occurred_at", before=next(spans), after=next(spans))
        return None if moved is None else self._began(moved, after)

    @property
    def _length(self) -> timedelta:
        return self.count * LENGTHS[self.unit]

    def _began(self, when: Fragment, at: At) -> Fragment:
        return piece("customer.id IN (SELECT event.customer_id ") + lived(self.first, when, at) + ")"

    def _followed(self, span: Span, at: At) -> Fragment:
        start, end = span
        firsts = lived(self.first, within("event.occurred_at", span), at)
        thens = lived(self.then, within("event.occurred_at", (start, end + self._length if end else None)), at)
        steps = piece("SELECT event.customer_id, event.occurred_at AS at, true AS is_first ") + firsts
        steps = steps + " UNION ALL SELECT event.customer_id, event.occurred_at, false " + thens
        hours = self._length // LENGTHS["hours"]
        in_time = piece("WHERE NOT pair.is_first AND pair.at <= pair.before_it + make_interval(hours => %s))", hours)
        return piece(_FOLLOWED) + steps + ") AS step) AS pair " + in_time
