"""What a customer did, or did not: an event so many times, or a sum of one of its properties, in a window of time.

Where only the last moment or the whole count matters, the counters kept per customer and event answer; they are 2 to 5 times faster than
the events themselves (performance guide 2, A2). Everything else reads events by their name and time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Self

from retention.customers.changes import of_event
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import Ask, Asks, Told, ask_number, ask_properties, ask_window
from segments.rules.base import Answer, Condition
from segments.rules.comparing import NumberTest, plain
from segments.rules.counted import COUNT_OPS, counted, is_any, is_none
from segments.rules.facts import Happening, Needs, Person
from segments.rules.lived import lived
from segments.rules.properties import MOST, Property
from segments.rules.sql import Fragment, negated, piece
from segments.rules.terms import At, Terms
from segments.rules.windows import EVER, Span, Window, holds, kept, turns, within

_DID, _DID_NOT = gettext_noop("did “%(event)s”%(where)s%(when)s"), gettext_noop("did not do “%(event)s”%(where)s%(when)s")
_TIMES = gettext_noop("did “%(event)s”%(where)s %(times)s times%(when)s")
_ONCE = gettext_noop("did “%(event)s”%(where)s %(times)s time%(when)s")
_SUM = gettext_noop("did “%(event)s”%(where)s with %(times)s as the sum of “%(property)s”%(when)s")


@dataclass(frozen=True, slots=True)
class Event(Condition):
    """An event, how often (or the sum of a property), when, and what it must say. number: of its counter, where there is one."""

    kind: ClassVar[str] = "event"
    label: ClassVar[str] = gettext_noop("Did or did not do something")
    also: ClassVar[str] = gettext_noop("viewed, product, page, clicked, activity")
    event: str
    times: NumberTest
    window: Window
    where: tuple[Property, ...] = ()
    sum_of: str = ""
    number: int = 0

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "event", "event": "Product Viewed", "op": "at_least", "value": 3, "window": {...}, "where": [...], "sum": ""}."""
        event = fields.text("event")
        sum_of = fields.text("sum", default="")
        times = NumberTest.read(fields, ops=COUNT_OPS, whole=not sum_of)
        window = Window.read(fields.part("window")) if fields.told("window") else EVER
        where = tuple(Property.read(part) for part in fields.parts("where", most=MOST))
        return cls(event, times, window, where, sum_of, terms.event_names.get(event, 0))

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask which event, how often or how much of what, when, and what it must say."""
        yield Ask("event", "pick", gettext_noop("event"), offers="events")
        event = told.word("event")
        yield Ask("sum", "pick", gettext_noop("count"), is_optional=True, offers=f"sums:{event}")
        kind = "number" if told.word("sum") else "whole"
        yield from ask_number(told, ops=COUNT_OPS, label=gettext_noop("how often"), kind=kind, is_count=True)
        yield from ask_window(told)
        yield from ask_properties(told, event=event)

    def sql(self, at: At) -> Fragment:
        """Ask the counter where it knows, else the events."""
        span = self.window.at(at)
        if self._by_counter:
            rows = self._counters(at)
            if self._by_number:
                passing = negated(self.times.sql("counter.count")) if self.times.holds(0) else self.times.sql("counter.count")
                listed = piece("customer.id IN (SELECT counter.customer_id ") + rows + " AND " + passing + ")"
                return negated(listed) if self.times.holds(0) else listed
            return counted(rows + " AND " + within("counter.last_at", span), self.times, customer="counter.customer_id")
        amount = "count(*)"
        if self.sum_of:
            return counted(self._told(span, at), self.times, customer="event.customer_id", amount="coalesce(sum(event.told), 0)")
        return counted(self._events(at, within("event.occurred_at", span)), self.times, customer="event.customer_id", amount=amount)

    def rows(self, at: At) -> Fragment | None:
        """Read the counters where they know and must be there."""
        if not self._by_counter or self.times.holds(0):
            return None
        span = self.window.at(at)
        passing = self.times.sql("counter.count") if self._by_number else within("counter.last_at", span)
        return piece("SELECT counter.customer_id AS id ") + self._counters(at) + " AND " + passing

    def holds(self, person: Person, at: At) -> bool:
        """Count what is loaded."""
        return self.answer()(person, at)

    def answer(self) -> Answer:
        """Count what is loaded: the counter's way or the events'."""
        return self._counter_answers() if self._by_counter else self._events_answer()

    def _counter_answers(self) -> Answer:
        number, passes, span = self.number, self.times.compare(), kept(self.window.at)
        never, once, whole = passes(0), passes(1), self.window.is_everything

        def answer(person: Person, at: At) -> bool:
            counter = person.counters.get(number)
            if counter is None:
                return never
            if whole:
                return passes(counter.count)
            return once if holds(span(at), counter.last_at) else never

        return answer

    def _events_answer(self) -> Answer:
        event, times, passes, sum_of, span = self.event, self.times, self.times.compare(), self.sum_of, kept(self.window.at)
        never = times.holds(Decimal(0) if sum_of else 0)

        def answer(person: Person, at: At) -> bool:
            told = person.events.get(event)
            if not told:
                return never
            happened = self._within(told, span(at))
            if not sum_of:
                return passes(len(happened))
            found = (one.properties.get(sum_of) for one in happened)
            return times.holds(
                sum((Decimal(one) for one in found if isinstance(one, int | Decimal) and not isinstance(one, bool)), Decimal(0))
            )

        return answer

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: did “Product Viewed” at least 3 times in the last 30 days."""
        words = self.window.phrase()
        when: Phrase | str = Phrase(gettext_noop(" %(when)s"), {"when": words}) if words else ""
        where: Phrase | str = ""
        for test in reversed(self.where):
            where = Phrase(gettext_noop(" where %(test)s%(more)s"), {"test": test.phrase(), "more": where})
        values = {"event": self.event, "where": where, "when": when, "times": self.times.amount(), "property": self.sum_of}
        if self.sum_of:
            return Phrase(_SUM, values)
        times = _ONCE if self.times.is_one else _TIMES
        return Phrase(_DID if is_any(self.times) else _DID_NOT if is_none(self.times) else times, values)

    @property
    def is_personal(self) -> bool:
        """Say so of every text of a property and of a certain number: a shop may send a name, or a member's number, with any event."""
        return any(test.values or (test.number is not None and test.number.is_exact) for test in self.where)

    def reads(self) -> frozenset[str]:
        """Return the event."""
        return frozenset({of_event(self.event)})

    def needs(self, at: At) -> Needs:
        """Return the counter, or the events since the window began."""
        if self._by_counter:
            return Needs(counters=frozenset({self.number}))
        return Needs(events={self.event: self.window.at(at)[0]})

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those of whom an event came into the window or left it."""
        spans = map(self.window.at, (before, after))
        if self._by_counter:
            moved = turns("counter.last_at", before=next(spans), after=next(spans))
            return (
                None
                if moved is None
                else piece("customer.id IN (SELECT counter.customer_id ") + self._counters(after) + " AND " + moved + ")"
            )
        moved = turns("event.occurred_at", before=next(spans), after=next(spans))
        return None if moved is None else piece("customer.id IN (SELECT event.customer_id ") + self._events(after, moved) + ")"

    def found(self, person: Person, at: At) -> Phrase | None:
        """Say how often it was."""
        if not self._by_counter:
            count = len(self._lived(person, at))
            text = gettext_noop("It happened once then") if count == 1 else gettext_noop("It happened %(count)s times then")
            return Phrase(text, {"count": plain(count)})
        counter = person.counters.get(self.number)
        if counter is None:
            return Phrase(gettext_noop("It never happened"))
        values = {"count": counter.count, "last": f"{counter.last_at.astimezone(at.terms.zone):%Y-%m-%d}"}
        once, often = gettext_noop("It happened once, on %(last)s"), gettext_noop("It happened %(count)s times, last on %(last)s")
        return Phrase(once if counter.count == 1 else often, values)

    def _lived(self, person: Person, at: At) -> list[Happening]:
        """Return what is loaded of the event within the window that says what it must."""
        return self._within(person.events.get(self.event, ()), self.window.at(at))

    def _within(self, told: Iterable[Happening], span: Span) -> list[Happening]:
        found = [one for one in told if holds(span, one.at)]
        return [one for one in found if all(test.holds(one.properties) for test in self.where)] if self.where else found

    @property
    def _by_counter(self) -> bool:
        if not self.number or self.where or self.sum_of:
            return False
        return self.window.is_everything or (self.window.is_open and (is_any(self.times) or is_none(self.times)))

    @property
    def _by_number(self) -> bool:
        return self.window.is_everything and not (is_any(self.times) or is_none(self.times))

    def _counters(self, at: At) -> Fragment:
        rows = "FROM customers_customercounter AS counter WHERE counter.store_id = %s AND counter.event_name_id = %s"
        return piece(rows, at.terms.store_id, self.number)

    def _events(self, at: At, when: Fragment) -> Fragment:
        return lived(self.event, when, at, more=[test.sql() for test in self.where])

    def _told(self, span: Span, at: At) -> Fragment:
        """Return rows of customers and the number each event tells, in place of the events."""
        told = piece(
            "(CASE WHEN jsonb_typeof(event.properties -> %s) = 'number' THEN (event.properties -> %s)::numeric END)",
            self.sum_of,
            self.sum_of,
        )
        rows = piece("FROM (SELECT event.customer_id, ") + told + " AS told " + self._events(at, within("event.occurred_at", span))
        return rows + ") AS event WHERE true"
