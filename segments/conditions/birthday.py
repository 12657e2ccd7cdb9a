"""A customer's birthday, with or without its year, and their age where the year is known.

The days asked for are worked out here and written into the statement: a list made inside it costs a thousand times as much (performance
guide 2, A2). Who was born on 29 February has their birthday on the 28th in other years.
"""

from dataclasses import dataclass
from datetime import date, timedelta
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


@dataclass(frozen=True)
class Birthday(Condition):
    """Days of the year, or an age."""

    kind: ClassVar[str] = "birthday"
    label: ClassVar[str] = gettext_noop("Birthday or age")
    op: str
    count: int = 0
    age: NumberTest | None = None

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "birthday", "op": "next", "count": 7}, {"op": "month", "month": 5} or {"op": "age", "age": {...}}."""
        op = fields.choice("op", tuple(_SENTENCES))
        if op in {"next", "last"}:
            return cls(op, fields.whole("count", low=1, high=365))
        if op == "month":
            return cls(op, fields.whole("month", low=1, high=12))
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
        op = told.word("op")
        if op in {"next", "last"}:
            yield Ask("count", "whole", gettext_noop("days"), default=7)
        if op == "month":
            yield Ask("month", "whole", gettext_noop("month (1 to 12)"), default=1)
        if op == "age":
            yield from ask_number(told, "age.", ops=_AGES, default=30, kind="whole")

    def sql(self, at: At) -> Fragment:
        """Compare the day with a list of days, or the age."""
        if "known" in self.op:
            known = piece("customer.birth_md IS NOT NULL")
            return negated(known) if self.op == "not_known" else known
        if self.age is not None:
            today = _today(at)
            years = piece("(%s - customer.birth_year - (customer.birth_md > %s)::int)", today.year, _md(today))
            return piece("coalesce(") + _compared(self.age, years) + ", false)"
        return piece("coalesce(customer.birth_md = ANY(%s), false)", self.days(at))

    def lenient_sql(self, at: At) -> Fragment:
        """Compare the day, which is NULL where it is not known."""
        return self.sql(at) if "known" in self.op or self.age is not None else piece("customer.birth_md = ANY(%s)", self.days(at))

    def holds(self, person: Person, at: At) -> bool:
        """Compare the loaded day."""
        md, year = person.row["birth_md"], person.row["birth_year"]
        if "known" in self.op:
            return (md is not None) != (self.op == "not_known")
        if self.age is not None:
            today = _today(at)
            return md is not None and year is not None and self.age.holds(today.year - year - (md > _md(today)))
        return md in self.days(at)

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: have their birthday in the next 7 days."""
        values = {"count": self.count, "month": self.count, "age": self.age.amount() if self.age else ""}
        return Phrase(_SENTENCES[self.op], values)

    def reads(self) -> frozenset[str]:
        """Return the column."""
        return frozenset({of_field("birthday")})

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those whose day came onto the list or left it, or who grew older, between two moments."""
        if "known" in self.op or _today(before) == _today(after):
            return None
        if self.age is not None:
            days = _list(_today(before) + timedelta(days=1), min(_today(after) + timedelta(days=1), _today(before) + timedelta(days=366)))
            return piece("customer.birth_md = ANY(%s)", sorted({*days, *_leap(days)}))
        changed = sorted(set(self.days(before)) ^ set(self.days(after)))
        return piece("customer.birth_md = ANY(%s)", changed) if changed else None

    def days(self, at: At) -> list[int]:
        """Return the days of the year that are meant at a moment, as month * 100 + day."""
        today = _today(at)
        if self.op in {"month", "this_month"}:
            month = self.count or today.month
            return [month * 100 + day for day in range(1, 32)]
        spans = {
            "today": (today, today + timedelta(days=1)),
            "next": (today, today + timedelta(days=self.count)),
            "last": (today - timedelta(days=self.count - 1), today + timedelta(days=1)),
        }
        return _list(*spans[self.op])


def _compared(age: NumberTest, years: Fragment) -> Fragment:
    plain = age.sql("%s")
    text = plain.text.replace("%s", years.text, 1)
    return Fragment(text, years.values + plain.values)


def _today(at: At) -> date:
    return at.now.astimezone(at.terms.zone).date()


def _md(day: date) -> int:
    return day.month * 100 + day.day


def _list(first: date, end: date) -> list[int]:
    days = [first + timedelta(days=place) for place in range((end - first).days)]
    found = {_md(day) for day in days}
    if any(_md(day) == 228 and not _is_leap(day.year) for day in days):
        found.add(229)
    return sorted(found)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _leap(days: list[int]) -> set[int]:
    """Return 29 February where the days hold the first on which somebody born then has grown older in any year."""
    return {229} if 301 in days else set()
