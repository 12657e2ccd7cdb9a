"""The day of the year a date attribute falls on: today, in the next days, this month; whatever the year, the date's own included.

What is on 29 February has its anniversary on the 28th in other years.
"""

from dataclasses import dataclass
from datetime import UTC
from typing import ClassVar, Self

from retention.customers.changes import of_attribute
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import Ask, Asks, Told, choices
from segments.rules.base import Condition
from segments.rules.facts import Needs, Person
from segments.rules.sql import Fragment, piece
from segments.rules.terms import At, AttributeTerm, Terms
from segments.rules.yeardays import WAYS, YearDays, ask_days, year_day

_SENTENCES = {
    "today": gettext_noop("have the anniversary of “%(attribute)s” today"),
    "next": gettext_noop("have the anniversary of “%(attribute)s” within %(count)s days from today"),
    "last": gettext_noop("had the anniversary of “%(attribute)s” within the last %(count)s days"),
    "this_month": gettext_noop("have the anniversary of “%(attribute)s” this month"),
    "month": gettext_noop("have the anniversary of “%(attribute)s” in month %(count)s"),
}
_CHOICES = {
    "next": gettext_noop("in the next … days"),
    "today": gettext_noop("today"),
    "this_month": gettext_noop("this month"),
    "month": gettext_noop("in a certain month"),
    "last": gettext_noop("in the last … days"),
}
_EMPTY = gettext_noop("Your shop has sent no date of a customer yet, such as “member since”.")
_THERE = (
    "EXISTS (SELECT 1 FROM customers_attributevalue AS value WHERE value.store_id = %s AND value.attribute_id = %s "
    "AND value.customer_id = customer.id AND value.date_value IS NOT NULL "
    "AND (extract(month FROM value.date_value AT TIME ZONE 'UTC') * 100 "
    "+ extract(day FROM value.date_value AT TIME ZONE 'UTC'))::int = ANY(%s))"
)


@dataclass(frozen=True, slots=True)
class Anniversary(Condition):
    """A date attribute of the store, and days of the year."""

    kind: ClassVar[str] = "anniversary"
    label: ClassVar[str] = gettext_noop("Anniversary of a date")
    also: ClassVar[str] = gettext_noop("yearly, date, every year")
    term: AttributeTerm
    days: YearDays

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "anniversary", "key": "member_since", "op": "next", "count": 7} or {"op": "month", "month": 5}."""
        key = fields.text("key", longest=80)
        term = terms.attributes.get(key)
        if key and (term is None or term.kind != "date"):
            fields.fault("key", Phrase(gettext_noop("is no date attribute of this store")))
        days = YearDays.read(fields.choice("op", WAYS), fields)
        return cls(term or AttributeTerm(0, key, "date"), days)

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask which date, and when its day of the year is."""
        known = [(key, term.label or key) for key, term in sorted(terms.attributes.items()) if term.kind == "date"]
        yield Ask("key", "choice", gettext_noop("date"), known, known[0][0] if known else "", empty=_EMPTY)
        yield Ask("op", "choice", gettext_noop("when"), choices(_CHOICES, WAYS), "next")
        yield from ask_days(told)

    def sql(self, at: At) -> Fragment:
        """Compare the day of the year with a list of days."""
        return self._there(self.days.days(at), at)

    def holds(self, person: Person, at: At) -> bool:
        """Compare the loaded date."""
        dates = [value.date for value in person.attributes.get(self.term.id, ()) if value.date is not None]
        days = set(self.days.days(at)) if dates else set()
        return any(year_day(date.astimezone(UTC)) in days for date in dates)

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: have the anniversary of “member since” within 7 days from today."""
        return Phrase(_SENTENCES[self.days.op], {"attribute": self.term.label or self.term.key, "count": self.days.count})

    def reads(self) -> frozenset[str]:
        """Return the attribute."""
        return frozenset({of_attribute(self.term.key)})

    def needs(self, at: At) -> Needs:
        """Return the attribute's value."""
        return Needs(attributes=frozenset({self.term.id}))

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those whose day came onto the list or left it."""
        changed = self.days.changed(before, after)
        return self._there(changed, after) if changed else None

    def _there(self, days: list[int], at: At) -> Fragment:
        return piece(_THERE, at.terms.store_id, self.term.id, days)
