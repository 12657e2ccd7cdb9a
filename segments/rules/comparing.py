"""How values are compared: texts, numbers, dates, lists, yes and no. Each way reads itself, compares in SQL and in Python, and says itself.

A negated way ("is not", "does not contain") is true wherever the plain one is not, so also where nothing is known. `negated` says so; `sql`
and `holds` answer the plain one. Texts are compared folded (`kit.words.fold`), as they stand in the columns.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from retention.kit.fields import Fields
from retention.kit.money import to_major
from retention.kit.words import Phrase, fold, gettext_noop
from segments.rules.facts import Value, exact
from segments.rules.patterns import Matching, Pattern, read_pattern
from segments.rules.sql import TRUE, Fragment, all_of, any_of, piece
from segments.rules.terms import At
from segments.rules.windows import DAYS, Span, Window, holds, turns, within

_LAST = "\U0010ffff"
MOST_VALUES = 500
SMALLEST, LARGEST = -1e15, 1e15
_TEXT_OPS = {
    "is": gettext_noop("is %(values)s"),
    "is_not": gettext_noop("is not %(values)s"),
    "contains": gettext_noop("contains %(values)s"),
    "not_contains": gettext_noop("does not contain %(values)s"),
    "starts": gettext_noop("starts with %(values)s"),
    "not_starts": gettext_noop("does not start with %(values)s"),
    "ends": gettext_noop("ends with %(values)s"),
    "not_ends": gettext_noop("does not end with %(values)s"),
    "matches": gettext_noop("matches %(values)s"),
    "not_matches": gettext_noop("does not match %(values)s"),
    "known": gettext_noop("is known"),
    "not_known": gettext_noop("is not known"),
}
_NUMBER_OPS = {
    "equals": gettext_noop("is %(low)s"),
    "not_equals": gettext_noop("is not %(low)s"),
    "more": gettext_noop("is more than %(low)s"),
    "at_least": gettext_noop("is at least %(low)s"),
    "less": gettext_noop("is less than %(low)s"),
    "at_most": gettext_noop("is at most %(low)s"),
    "between": gettext_noop("is from %(low)s to %(high)s"),
    "not_between": gettext_noop("is not from %(low)s to %(high)s"),
    "known": gettext_noop("is known"),
    "not_known": gettext_noop("is not known"),
}
_LIST_OPS = {
    "any": gettext_noop("contain %(values)s"),
    "all": gettext_noop("contain all of %(values)s"),
    "not_any": gettext_noop("do not contain %(values)s"),
    "not_all": gettext_noop("do not contain all of %(values)s"),
    "starts": gettext_noop("contain one that starts with %(values)s"),
    "not_starts": gettext_noop("contain none that starts with %(values)s"),
    "ends": gettext_noop("contain one that ends with %(values)s"),
    "not_ends": gettext_noop("contain none that ends with %(values)s"),
    "contains": gettext_noop("contain one with %(values)s in it"),
    "not_contains": gettext_noop("contain none with %(values)s in it"),
    "known": gettext_noop("are known"),
    "not_known": gettext_noop("are not known"),
}
_FLAG_OPS = {
    "yes": gettext_noop("is yes"),
    "no": gettext_noop("is no"),
    "known": gettext_noop("is known"),
    "not_known": gettext_noop("is not known"),
}
_AMOUNTS = {
    "equals": gettext_noop("exactly %(low)s"),
    "not_equals": gettext_noop("anything but %(low)s"),
    "more": gettext_noop("more than %(low)s"),
    "at_least": gettext_noop("at least %(low)s"),
    "less": gettext_noop("less than %(low)s"),
    "at_most": gettext_noop("at most %(low)s"),
    "between": gettext_noop("from %(low)s to %(high)s"),
    "not_between": gettext_noop("not from %(low)s to %(high)s"),
}
_DATE_ISNT = {"known": gettext_noop("is known"), "not_known": gettext_noop("is not known")}


def listed(values: Sequence[str]) -> str | Phrase:
    """Return texts as a sentence names them: the first three, and how many more."""
    shown = ", ".join(f"“{value}”" for value in values[:3])
    more = len(values) - 3
    return shown if more <= 0 else Phrase(gettext_noop("%(shown)s or %(count)s more"), {"shown": shown, "count": more})


@dataclass(frozen=True, slots=True)
class TextTest:
    """A way to compare a text with one or several others: one of them is enough. said: as written; values: folded."""

    op: str
    negated: bool
    said: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    pattern: Pattern | None = None

    @classmethod
    def read(cls, fields: Fields, *, ops: tuple[str, ...] = tuple(_TEXT_OPS)) -> Self:
        """Read {"op": "is", "values": [...]}."""
        name = fields.choice("op", ops)
        op = name.removeprefix("not_") if name != "is_not" else "is"
        if op == "known":
            return cls(op, name != op)
        said = fields.texts("values", most=1 if op == "matches" else MOST_VALUES)
        pattern = read_pattern(said[0], fields) if op == "matches" else None
        return cls(op, name != op, said, tuple(fold(value.strip()) for value in said), pattern)

    def sql(self, text: str, *, column: str, attribute: int = 0) -> Fragment:
        """Return the plain comparison. text: SQL for a folded text that is never NULL, in collation C; column: the one it stands in."""
        if self.op == "known":
            return piece(f"{text} <> ''")
        if self.op == "is":
            return piece(f"{text} = %s", self.values[0]) if len(self.values) == 1 else piece(f"{text} = ANY(%s)", list(self.values))
        if self.pattern is not None:
            return piece(f"{text} = ANY(%s)", Matching(self.pattern, column, attribute))
        return any_of(_text_sql(self.op, text, value) for value in self.values)

    def holds(self, text: str) -> bool:
        """Say whether a folded text passes the plain comparison."""
        if self.op == "known":
            return text != ""
        if self.pattern is not None:
            return self.pattern.matches(text)
        return any(_TEXT_HOLDS[self.op](text, value) for value in self.values)

    def phrase(self) -> Phrase:
        """Return it in words."""
        return Phrase(_TEXT_OPS[_named(self.op, self.negated, _TEXT_OPS)], {"values": listed(self.said)})


_TEXT_HOLDS: dict[str, Callable[[str, str], bool]] = {
    "is": lambda text, value: text == value,
    "contains": lambda text, value: value in text,
    "starts": lambda text, value: text.startswith(value),
    "ends": lambda text, value: text.endswith(value),
}


def _text_sql(op: str, text: str, value: str) -> Fragment:
    if op == "starts":
        return piece(f"({text} >= %s AND {text} < %s)", value, value + _LAST) if value else TRUE
    if op == "ends":
        return piece(f"right({text}, %s) = %s", len(value), value) if value else TRUE
    return piece(f"strpos({text}, %s) > 0", value)


def _named(op: str, is_negated: bool, ops: dict[str, str]) -> str:
    if not is_negated:
        return op
    return f"not_{op}" if f"not_{op}" in ops else f"{op}_not"


@dataclass(frozen=True, slots=True)
class NumberTest:
    """A way to compare a number. unit: what a sentence writes behind the figures is the caller's affair (`show`)."""

    op: str
    negated: bool
    low: float = 0
    high: float = 0

    @classmethod
    def read(cls, fields: Fields, *, ops: tuple[str, ...] = tuple(_NUMBER_OPS), whole: bool = False) -> Self:
        """Read {"op": "between", "value": 1, "to": 5}; whole: no decimals."""
        name = fields.choice("op", ops)
        op = name.removeprefix("not_")
        if op == "known":
            return cls(op, name != op)
        low = _number(fields, "value", whole=whole)
        high = _number(fields, "to", whole=whole) if op == "between" else low
        if high < low:
            fields.fault("to", Phrase(gettext_noop("is less than the first number")))
        return cls(op, name != op, low, high)

    @property
    def is_exact(self) -> bool:
        """Say whether it names one number."""
        return self.op in {"equals", "between"} and self.low == self.high

    def sql(self, number: str) -> Fragment:
        """Return the plain comparison. number: SQL for a number; NULL gives NULL, so ask inside EXISTS or a WHERE."""
        if self.op == "known":
            return piece(f"{number} IS NOT NULL")
        if self.op == "between":
            return piece(f"{number} BETWEEN %s AND %s", _whole(self.low), _whole(self.high))
        return piece(f"{number} {_SIGNS[self.op]} %s", _whole(self.low))

    def holds(self, number: float | int | Decimal | None) -> bool:
        """Say whether a number passes the plain comparison; what is not known does not. A decimal is compared as both are written."""
        if number is None:
            return False
        if self.op == "known":
            return True
        low, high = (exact(self.low), exact(self.high)) if isinstance(number, Decimal) else (self.low, self.high)
        return bool(low <= number <= high) if self.op == "between" else _COMPARE[self.op](number, low)

    def compare(self) -> Callable[[int], bool]:
        """Return the plain comparison of whole numbers that are known; it is the limit's own way to compare, without a call between."""
        low, high = self.low, self.high
        if self.op == "between":
            return lambda number: low <= number <= high
        return getattr(low, _OF_THE_LIMIT[self.op]) if self.op in _OF_THE_LIMIT else self.holds

    def compare_average(self) -> Callable[[int, int], bool]:
        """Return the plain comparison of what a sum comes to for each of so many: exact, for the sum is compared with as many limits."""
        low, high, by = exact(self.low), exact(self.high), _COMPARE.get(self.op)
        if by is None:
            return lambda total, count: low * count <= total <= high * count
        return lambda total, count: by(total, low * count)

    def scaled(self, factor: int) -> "NumberTest":
        """Return the same comparison of amounts so many times as large."""
        return replace(self, low=float(exact(self.low) * factor), high=float(exact(self.high) * factor))

    def phrase(self, show: Callable[[float], object] | None = None) -> Phrase:
        """Return it in words."""
        show = show or plain
        values = {"low": show(self.low), "high": show(self.high)}
        return Phrase(_NUMBER_OPS[_named(self.op, self.negated, _NUMBER_OPS)], values)

    def amount(self, show: Callable[[float], object] | None = None) -> Phrase:
        """Return it as an amount of something: at least 3."""
        show = show or plain
        return Phrase(_AMOUNTS[_named(self.op, self.negated, _AMOUNTS)], {"low": show(self.low), "high": show(self.high)})

    @property
    def is_one(self) -> bool:
        """Say whether its amount is of one thing."""
        return self.op != "between" and self.low == 1


_SIGNS = {"equals": "=", "more": ">", "at_least": ">=", "less": "<", "at_most": "<="}
_OF_THE_LIMIT = {"equals": "__eq__", "more": "__lt__", "at_least": "__le__", "less": "__gt__", "at_most": "__ge__"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "equals": operator.eq,
    "more": operator.gt,
    "at_least": operator.ge,
    "less": operator.lt,
    "at_most": operator.le,
}


def _whole(number: float) -> float | int:
    """Return a number as the narrowest type, so that an index on a whole column can answer."""
    return int(number) if number == int(number) else number


def amount_of(minor: float, currency: str) -> str:
    """Return an amount in minor units as a rule's sentence writes it: 19.99 EUR."""
    return f"{plain(float(to_major(round(minor), currency=currency)))} {currency}"


def plain(number: float) -> str:
    """Return a number without a needless ".0"."""
    return str(int(number)) if number == int(number) else repr(number)


def _number(fields: Fields, name: str, *, whole: bool) -> float:
    if whole:
        return fields.whole(name, low=int(SMALLEST), high=int(LARGEST))
    return fields.number(name, low=SMALLEST, high=LARGEST)


@dataclass(frozen=True, slots=True)
class DateTest:
    """A way to compare a day: a window of days, or whether it is known."""

    window: Window | None
    negated: bool = False

    @classmethod
    def read(cls, fields: Fields, *, ways: tuple[str, ...] = DAYS) -> Self:
        """Read {"op": "known"}, {"op": "not_known"} or {"op": "in", "window": {...}}; "not_in" is the rest."""
        name = fields.choice("op", ("in", "not_in", "known", "not_known"))
        window = None
        if name.removeprefix("not_") == "in":
            part = fields.part("window")
            window = Window.read(part, ways=tuple(way for way in ways if way != "ever"))
        return cls(window, name.startswith("not_"))

    def span(self, at: At, *, whole_days: bool) -> Span:
        """Return the moments it holds. whole_days: of values that are days, not moments."""
        if self.window is None:
            return None, None
        return (self.window.days if whole_days else self.window.span)(at.now, at.terms.zone)

    def sql(self, column: str, at: At, *, whole_days: bool, may_be_null: bool = False) -> Fragment:
        """Return the plain comparison; never NULL, unless it may be."""
        inside = within(column, self.span(at, whole_days=whole_days))
        return inside if may_be_null and inside != TRUE else all_of([piece(f"{column} IS NOT NULL"), inside])

    def holds(self, moment: datetime | None, at: At, *, whole_days: bool) -> bool:
        """Say whether a moment passes the plain comparison."""
        return holds(self.span(at, whole_days=whole_days), moment)

    def turns(self, column: str, before: At, after: At, *, whole_days: bool) -> Fragment | None:
        """Return what is true of rows whose answer changed by time alone."""
        return turns(column, before=self.span(before, whole_days=whole_days), after=self.span(after, whole_days=whole_days))

    def phrase(self) -> Phrase:
        """Return it in words."""
        words = self.window.phrase() if self.window else None
        if words is None:
            return Phrase(_DATE_ISNT["not_known" if self.negated else "known"])
        text = gettext_noop("is not %(when)s") if self.negated else gettext_noop("is %(when)s")
        return Phrase(text, {"when": words})


@dataclass(frozen=True, slots=True)
class ListTest:
    """A way to compare a list of texts: with texts, by parts of its entries, or by how many there are."""

    op: str
    negated: bool
    said: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    size: NumberTest | None = None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read {"op": "any", "values": [...]} or {"op": "size", "size": {"op": "at_least", "value": 2}}."""
        name = fields.choice("op", (*_LIST_OPS, "size"))
        op = name.removeprefix("not_")
        if op == "size":
            part = fields.part("size")
            size = NumberTest.read(part, ops=("equals", "more", "at_least", "less", "at_most", "between"), whole=True)
            part.close()
            return cls(op, False, size=size)
        if op == "known":
            return cls(op, name != op)
        said = fields.texts("values")
        return cls(op, name != op, said, tuple(dict.fromkeys(fold(value.strip()) for value in said)))

    def holds(self, entries: Sequence[str]) -> bool:
        """Say whether folded entries pass the plain comparison."""
        if self.size is not None:
            return self.size.holds(len(entries))
        if self.op == "known":
            return bool(entries)
        if self.op == "all":
            return set(self.values) <= set(entries)
        way = _TEXT_HOLDS["is" if self.op == "any" else self.op]
        return any(way(entry, value) for entry in entries for value in self.values)

    def entry_sql(self, text: str) -> Fragment:
        """Return what is true of an entry that is enough by itself; for "all" of an entry that is one of those wanted."""
        if self.op in {"any", "all"}:
            return piece(f"{text} = ANY(%s)", list(self.values))
        return TRUE if self.op == "known" else any_of(_text_sql(self.op, text, value) for value in self.values)

    def phrase(self) -> Phrase:
        """Return it in words."""
        if self.size is not None:
            return Phrase(gettext_noop("number %(size)s"), {"size": self.size.phrase()})
        return Phrase(_LIST_OPS[_named(self.op, self.negated, _LIST_OPS)], {"values": listed(self.said)})


@dataclass(frozen=True, slots=True)
class FlagTest:
    """Yes, no, or whether it is known."""

    op: str
    negated: bool = False

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read {"op": "yes"}."""
        name = fields.choice("op", tuple(_FLAG_OPS))
        return cls(name.removeprefix("not_"), name == "not_known")

    def sql(self, number: str) -> Fragment:
        """Return the plain comparison of a flag kept as 0 or 1."""
        return piece(f"{number} IS NOT NULL") if self.op == "known" else piece(f"{number} = %s", 1 if self.op == "yes" else 0)

    def holds(self, value: Value) -> bool:
        """Say whether a value passes the plain comparison."""
        return value.number is not None if self.op == "known" else value.number == (1 if self.op == "yes" else 0)

    def phrase(self) -> Phrase:
        """Return it in words."""
        return Phrase(_FLAG_OPS["not_known" if self.negated else self.op])
