"""A customer's birthday, with or without its year, and their age where the year is known.

The days are those of `rules/yeardays.py`: who was born on 29 February has their birthday on the 28th in other years.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Self

from retention.customers.changes import of_field
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import Ask, Asks, Told, ask_number, choices
from segments.rules.base import Condition
from segments.rules.comparing import NumberTest
from segments.rules.facts import Person
from segments.rules.sql import Fragment, negated, piece
from segments.rules.terms import At, Terms
from segments.rules.yeardays import WAYS, YearDays, ask_days, between, today_of, year_day

_SENTENCES = {
    "today": gettext_noop("have their birthday today"),
    "next": gettext_noop("have their birthday within %(count)s days from today"),
    "last": gettext_noop("had their birthday within the last %(count)s days"),
    "this_month": gettext_noop("have their birthday this month"),
    "month": gettext_noop("have their birthday in month %(month)s"),
    "known": gettext_noop("told us their birthday"),
    "not_known": gettext_noop("did not tell us their birthday"),
    "age": gettext_noop("are %(age)s years old"),
}
_CHOICES = {
    "next": gettext_noop("in the next … days"),
    "today": gettext_noop("today"),
    "this_month": gettext_noop("this month"),
    "month": gettext_noop("in a certain month"),
    "last": gettext_noop("in the last … days"),
    "age": gettext_noop("an age"),
    "known": gettext_noop("told us"),
    "not_known": gettext_noop("did not tell us"),
}
_AGES = ("at_least", "at_most", "between", "equals", "more", "less")


@dataclass(frozen=True, slots=True)
class Birthday(Condition):
    """Days of the year, or an age."""

    kind: ClassVar[str] = "birthday"
    label: ClassVar[str] = gettext_noop("Birthday or age")
    also: ClassVar[str] = gettext_noop("age, born, older, younger")
    op: str
    days: YearDays | None = None
    age: NumberTest | None = None

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "birthday", "op": "next", "count": 7}, {"op": "month", "month": 5} or {"op": "age", "age": {...}}."""
        op = fields.choice("op", tuple(_SENTENCES))
        if op in WAYS:
            return cls(op, YearDays.read(op, fields))
        if op != "age":
            return cls(op)
        part = fields.part("age")
        age = NumberTest.read(part, ops=_AGES, whole=True)
        part.close()
        return cls(op, age=age)

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask which days, or which age."""
        yield Ask("op", "choice", gettext_noop("when"), choices(_CHOICES), "next")
        yield from ask_days(told)
        if told.word("op") == "age":
            yield from ask_number(told, "age.", ops=_AGES, default=30, kind="whole")

    def sql(self, at: At) -> Fragment:
        """Compare the day with a list of days, or the age."""
        if self.age is not None:
            today = today_of(at)
            years = piece("(%s - customer.birth_year - (customer.birth_md > %s)::int)", today.year, year_day(today))
            return piece("coalesce(") + _compared(self.age, years) + ", false)"
        if self.days is not None:
            return piece("coalesce(customer.birth_md = ANY(%s), false)", self.days.days(at))
        known = piece("customer.birth_md IS NOT NULL")
        return negated(known) if self.op == "not_known" else known

    def lenient_sql(self, at: At) -> Fragment:
        """Compare the day, which is NULL where it is not known."""
        return self.sql(at) if self.days is None else piece("customer.birth_md = ANY(%s)", self.days.days(at))

    def holds(self, person: Person, at: At) -> bool:
        """Compare the loaded day."""
        md, year = person.row["birth_md"], person.row["birth_year"]
        if self.age is not None:
            today = today_of(at)
            return md is not None and year is not None and self.age.holds(today.year - year - (md > year_day(today)))
        return (md is not None) != (self.op == "not_known") if self.days is None else md is not None and md in self.days.days(at)

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: have their birthday in the next 7 days."""
        count = self.days.count if self.days else 0
        values = {"count": count, "month": count, "age": self.age.amount() if self.age else ""}
        return Phrase(_SENTENCES[self.op], values)

    def reads(self) -> frozenset[str]:
        """Return the column."""
        return frozenset({of_field("birthday")})

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those whose day came onto the list or left it, or who grew older, between two moments."""
        if today_of(before) == today_of(after):
            return None
        if self.age is not None:
            first = today_of(before) + timedelta(days=1)
            days = between(first, min(today_of(after) + timedelta(days=1), today_of(before) + timedelta(days=366)))
            return piece("customer.birth_md = ANY(%s)", sorted({*days, *_leap(days)}))
        changed = self.days.changed(before, after) if self.days else []
        return piece("customer.birth_md = ANY(%s)", changed) if changed else None


def _compared(age: NumberTest, years: Fragment) -> Fragment:
    plain = age.sql("%s")
    text = plain.text.replace("%s", years.text, 1)
    return Fragment(text, years.values + plain.values)


def _leap(days: list[int]) -> set[int]:
    """Return 29 February where the days hold the first on which somebody born then has grown older in any year."""
    return {229} if 301 in days else set()
