"""When a customer did something for the first time, or for the last."""

from dataclasses import dataclass
from typing import ClassVar, Self

from retention.customers.changes import of_event
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import Ask, Asks, Told, ask_window, choices
from segments.rules.base import Condition
from segments.rules.facts import Needs, Person
from segments.rules.sql import FALSE, Fragment, piece
from segments.rules.terms import At, Terms
from segments.rules.windows import PAST, Window, holds, turns, within

_SENTENCES = {
    "first": gettext_noop("did “%(event)s” for the first time %(when)s"),
    "last": gettext_noop("did “%(event)s” for the last time %(when)s"),
}

_EMPTY = gettext_noop("Nothing your customers did has arrived yet.")
_WHICH = {"last": gettext_noop("for the last time"), "first": gettext_noop("for the first time")}


@dataclass(frozen=True, slots=True)
class EventTime(Condition):
    """The first or last moment of an event, in a window; who never did it is not in. number: of its counter."""

    kind: ClassVar[str] = "event_time"
    label: ClassVar[str] = gettext_noop("Did something for the first or last time")
    also: ClassVar[str] = gettext_noop("since, recency, last time")
    event: str
    which: str
    window: Window
    number: int

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "event_time", "event": "Product Viewed", "which": "last", "window": {"how": "ago", "count": 30}}."""
        event = fields.text("event")
        if event and event not in terms.event_names:
            fields.fault("event", Phrase(gettext_noop("is no event this store has counted")))
        window = Window.read(fields.part("window"), ways=tuple(way for way in PAST if way != "ever"))
        return cls(event, fields.choice("which", tuple(_SENTENCES)), window, terms.event_names.get(event, 0))

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask which event, the first or the last time, and when."""
        yield Ask("which", "choice", gettext_noop("time"), choices(_WHICH), "last")
        yield Ask("event", "pick", gettext_noop("event"), offers="counted_events", empty=_EMPTY)
        yield from ask_window(told, ways=tuple(way for way in PAST if way != "ever"), default="ago")

    def sql(self, at: At) -> Fragment:
        """Ask the counter."""
        return self._there(within(self._column, self.window.span(at.now, at.terms.zone)), at)

    def holds(self, person: Person, at: At) -> bool:
        """Ask the loaded counter."""
        counter = person.counters.get(self.number)
        moment = None if counter is None else counter.first_at if self.which == "first" else counter.last_at
        return holds(self.window.span(at.now, at.terms.zone), moment)

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: did “Product Viewed” for the last time more than 30 days ago."""
        return Phrase(_SENTENCES[self.which], {"event": self.event, "when": self.window.phrase() or ""})

    def reads(self) -> frozenset[str]:
        """Return the event."""
        return frozenset({of_event(self.event)})

    def needs(self, at: At) -> Needs:
        """Return the counter."""
        return Needs(counters=frozenset({self.number}))

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those whose moment came into the window or left it."""
        spans = (self.window.span(one.now, one.terms.zone) for one in (before, after))
        moved = turns(self._column, before=next(spans), after=next(spans))
        return None if moved is None else self._there(moved, after)

    @property
    def _column(self) -> str:
        return f"counter.{self.which}_at"

    def _there(self, condition: Fragment, at: At) -> Fragment:
        if condition == FALSE:
            return FALSE
        rows = piece(
            "EXISTS (SELECT 1 FROM customers_customercounter AS counter WHERE counter.store_id = %s AND counter.event_name_id = %s "
            "AND counter.customer_id = customer.id AND ",
            at.terms.store_id,
            self.number,
        )
        return rows + condition + ")"
