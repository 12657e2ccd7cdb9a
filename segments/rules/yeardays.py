"""Days of the year, whatever the year: today, in the next seven days, this month. What birthdays and anniversaries share.

The days asked for are worked out here and written into the statement: a list made inside it costs a thousand times as much (performance
guide 2, A2). What is on 29 February is on the 28th in other years.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Self

from retention.kit.fields import Fields
from retention.kit.words import gettext_noop
from segments.rules.asks import Ask, Asks, Told
from segments.rules.terms import At

WAYS = ("next", "today", "this_month", "month", "last")


@dataclass(frozen=True, slots=True)
class YearDays:
    """Some days of the year. op: one of WAYS; count: of days, or the month's number."""

    op: str
    count: int = 0

    @classmethod
    def read(cls, op: str, fields: Fields) -> Self:
        """Read what goes with a way: {"op": "next", "count": 7} or {"op": "month", "month": 5}."""
        if op in {"next", "last"}:
            return cls(op, fields.whole("count", low=1, high=365))
        return cls(op, fields.whole("month", low=1, high=12) if op == "month" else 0)

    def days(self, at: At) -> list[int]:
        """Return the days that are meant at a moment, by the store's date, as month * 100 + day."""
        return list(_days(self.op, self.count, today_of(at)))

    def changed(self, before: At, after: At) -> list[int]:
        """Return the days that came onto the list or left it between two moments."""
        return sorted(set(self.days(before)) ^ set(self.days(after)))


@lru_cache(1024)
def _days(op: str, count: int, today: date) -> tuple[int, ...]:
    if op in {"month", "this_month"}:
        month = count or today.month
        return tuple(month * 100 + day for day in range(1, 32))
    spans = {
        "today": (today, today + timedelta(days=1)),
        "next": (today, today + timedelta(days=count)),
        "last": (today - timedelta(days=count - 1), today + timedelta(days=1)),
    }
    return tuple(between(*spans[op]))


def ask_days(told: Told) -> Asks:
    """Ask what goes with a way."""
    if told.word("op") in {"next", "last"}:
        yield Ask("count", "whole", gettext_noop("days"), default=7)
    if told.word("op") == "month":
        yield Ask("month", "whole", gettext_noop("month (1 to 12)"), default=1)


def today_of(at: At) -> date:
    """Return the store's date."""
    return at.now.astimezone(at.terms.zone).date()


def year_day(day: date) -> int:
    """Return a date's day of the year as month * 100 + day."""
    return day.month * 100 + day.day


def between(first: date, end: date) -> list[int]:
    """Return the days of the year from one date to another, which is left out; 29 February beside the 28th where the year has none."""
    days = [first + timedelta(days=place) for place in range((end - first).days)]
    found = {year_day(day) for day in days}
    if any(year_day(day) == 228 and not _is_leap(day.year) for day in days):
        found.add(229)
    return sorted(found)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
