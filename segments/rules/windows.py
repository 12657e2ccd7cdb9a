"""When something happened: ever, in the last thirty days, before a day, between two days. Stretches of time are half-open.

Hours, days and weeks back from now are exact lengths; months and years go by the calendar of the store's clock. A window is [start, end)
with microseconds as the smallest step, the same in Python and in PostgreSQL. As time goes by its ends move, forward but for the hour a
clock is put back: what `turns` gives is where a moment must lie for the answer to change between two looks.
"""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.sql import Fragment, all_of, any_of, piece
from segments.rules.terms import At

MICROSECOND = timedelta(microseconds=1)
UNITS = ("days", "hours", "weeks", "months", "years")
LENGTHS = {"hours": timedelta(hours=1), "days": timedelta(days=1), "weeks": timedelta(weeks=1)}
LONGEST = {"hours": 24 * 365, "days": 3650, "weeks": 520, "months": 120, "years": 100}
PAST = ("ever", "last", "ago", "after", "before", "between")
DAYS = (*PAST, "next", "ahead")
_WORDS = {
    "hours": (gettext_noop("%(count)s hour"), gettext_noop("%(count)s hours")),
    "days": (gettext_noop("%(count)s day"), gettext_noop("%(count)s days")),
    "weeks": (gettext_noop("%(count)s week"), gettext_noop("%(count)s weeks")),
    "months": (gettext_noop("%(count)s month"), gettext_noop("%(count)s months")),
    "years": (gettext_noop("%(count)s year"), gettext_noop("%(count)s years")),
}
_SENTENCES = {
    "last": gettext_noop("in the last %(length)s"),
    "ago": gettext_noop("more than %(length)s ago"),
    "next": gettext_noop("in the next %(length)s"),
    "ahead": gettext_noop("more than %(length)s from now"),
    "after": gettext_noop("on or after %(start)s"),
    "before": gettext_noop("before %(end)s"),
    "between": gettext_noop("from %(start)s to %(end)s"),
}
Span = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, as a rule says it. count, unit: of a moving one; start, end: days of a fixed one, both included in "between"."""

    how: str = "ever"
    count: int = 0
    unit: str = "days"
    start: date | None = None
    end: date | None = None

    @classmethod
    def read(cls, fields: Fields, *, ways: tuple[str, ...] = PAST) -> Self:
        """Read a window from {"how": "last", "count": 30, "unit": "days"}, {"how": "between", "start": ..., "end": ...} and the like."""
        how = fields.choice("how", ways, default=ways[0])
        count, unit, start, end = 0, "days", None, None
        if how in {"last", "ago", "next", "ahead"}:
            unit = fields.choice("unit", UNITS, default="days")
            count = fields.whole("count", low=1, high=LONGEST[unit])
        if how in {"after", "between"}:
            start = fields.day("start")
        if how in {"before", "between"}:
            end = fields.day("end")
        if start and end and end < start:
            fields.fault("end", Phrase(gettext_noop("lies before the start")))
        fields.close()
        return cls(how, count, unit, start, end)

    @property
    def is_everything(self) -> bool:
        """Say whether it holds all of time."""
        return self.how == "ever"

    @property
    def is_open(self) -> bool:
        """Say whether it reaches up to now, so that the last moment alone decides."""
        return self.how in {"last", "after"}

    @property
    def moves(self) -> bool:
        """Say whether it holds different moments as time goes by."""
        return bool(self.count)

    def span(self, now: datetime, zone: ZoneInfo) -> Span:
        """Return the moments it holds: from the first (included) to the last (excluded), in UTC; None where it has no bound."""
        if self.how == "last":
            return _back(now.astimezone(UTC), self.count, self.unit, zone) + MICROSECOND, None
        if self.how == "ago":
            return None, _back(now.astimezone(UTC), self.count, self.unit, zone) + MICROSECOND
        return _fixed(self, zone)

    def at(self, at: At) -> Span:
        """Return the span at a moment, in the store's zone."""
        return self.span(at.now, at.terms.zone)

    def days(self, now: datetime, zone: ZoneInfo) -> Span:
        """Return the days it holds as moments at the beginning of days in UTC, as dates are kept; today is the store's."""
        today = now.astimezone(zone).date()
        if not self.moves:
            return _fixed(self, ZoneInfo("UTC"))
        back, ahead = _shift(today, -self.count, self.unit), _shift(today, self.count, self.unit)
        spans = {
            "last": (_midnight(back + timedelta(days=1)), _midnight(today + timedelta(days=1))),
            "ago": (None, _midnight(back + timedelta(days=1))),
            "next": (_midnight(today), _midnight(ahead)),
            "ahead": (_midnight(ahead), None),
        }
        return spans[self.how]

    def phrase(self) -> Phrase | None:
        """Return it in words, or None for ever."""
        if self.how == "ever":
            return None
        length = say_length(self.count, self.unit) if self.count else ""
        return Phrase(_SENTENCES[self.how], {"length": length, "start": self.start or "", "end": self.end or ""})


EVER = Window()


def say_length(count: int, unit: str) -> Phrase:
    """Return a length of time in words: 3 days."""
    return Phrase(_WORDS[unit][count != 1], {"count": count})


def holds(span: Span, moment: datetime | None) -> bool:
    """Say whether a moment lies in a span."""
    start, end = span
    return moment is not None and (start is None or moment >= start) and (end is None or moment < end)


def kept(find: Callable[[At], Span]) -> Callable[[At], Span]:
    """Return the same function; it finds the span once for all who are asked about at a moment, which is the same object for them."""
    last: tuple[At | None, Span] = (None, (None, None))

    def span(at: At) -> Span:
        nonlocal last
        of, found = last
        if of is not at:
            found = find(at)
            last = at, found
        return found

    return span


def within(column: str, span: Span) -> Fragment:
    """Return what is true of a row whose moment lies in a span; a column without a moment must be asked for beside it."""
    start, end = span
    bounds = [piece(f"{column} >= %s", start)] if start else []
    return all_of([*bounds, *([piece(f"{column} < %s", end)] if end else [])])


def turns(column: str, *, before: Span, after: Span) -> Fragment | None:
    """Return what is true of a row whose moment came into a span or fell out of it while the span moved; None when it did not move."""
    moved = passed(before=before, after=after)
    return any_of([within(column, stretch) for stretch in moved]) if moved else None


def passed(*, before: Span, after: Span) -> list[Span]:
    """Return the stretches of time that came into a span or fell out of it while the span moved."""
    return [(min(one, other), max(one, other)) for one, other in zip(before, after, strict=True) if one and other and one != other]


@lru_cache(4096)  # the same for each customer of a batch
def _back(now: datetime, count: int, unit: str, zone: ZoneInfo) -> datetime:
    if unit in LENGTHS:
        return now - count * LENGTHS[unit]
    local = now.astimezone(zone)
    day = _months(local.date(), -count * (12 if unit == "years" else 1))
    # From the 29th to the 31st, a month without such a day is over: what happened on its last day stays out.
    clock = local.time() if day.day == local.day else time.max
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def _shift(day: date, count: int, unit: str) -> date:
    if unit in {"months", "years"}:
        return _months(day, count * (12 if unit == "years" else 1))
    if unit == "hours":  # a begun day counts, in both directions
        return day + timedelta(days=-(-abs(count) // 24) * (1 if count > 0 else -1))
    return day + timedelta(days=count * LENGTHS[unit].days)


def _months(day: date, count: int) -> date:
    """Return the day so many months on, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    year = min(max(year, 1), 9999)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _fixed(window: Window, zone: ZoneInfo) -> Span:
    after_end = window.end + timedelta(days=1) if window.how == "between" and window.end else window.end
    return _begins(window.start, zone), _begins(after_end, zone)


def _begins(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
