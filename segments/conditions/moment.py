"""When we first heard of a customer, saw them last, when they ordered first or last."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

from retention.customers.changes import ORDERS, of_field
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import Ask, Asks, Told, ask_date
from segments.rules.base import Answer, Condition
from segments.rules.comparing import DateTest
from segments.rules.facts import Person
from segments.rules.sql import Fragment, negated
from segments.rules.terms import At, Terms
from segments.rules.windows import PAST, holds, kept


class MomentField(NamedTuple):
    """A moment of the customer's. reads: what changes it."""

    label: str
    reads: str
    lies: str
    known: str
    not_known: str


MOMENT_FIELDS: dict[str, MomentField] = {
    "created_at": MomentField(
        gettext_noop("first contact"), of_field("created_at"), gettext_noop("first came %(when)s"),
        gettext_noop("came at some time"), gettext_noop("never came"),
    ),
    "last_seen_at": MomentField(
        gettext_noop("last visit"), of_field("last_seen_at"), gettext_noop("were last here %(when)s"),
        gettext_noop("were here at some time"), gettext_noop("were never here"),
    ),
    "first_order_at": MomentField(
        gettext_noop("first order"), ORDERS, gettext_noop("first ordered %(when)s"), gettext_noop("ordered at some time"),
        gettext_noop("never ordered"),
    ),
    "last_order_at": MomentField(
        gettext_noop("last order"), ORDERS, gettext_noop("last ordered %(when)s"), gettext_noop("ordered at some time"),
        gettext_noop("never ordered"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment(Condition):
    """A moment on the customer's row in a window, or none there."""

    kind: ClassVar[str] = "moment"
    label: ClassVar[str] = gettext_noop("First contact, last visit, first or last order")
    also: ClassVar[str] = gettext_noop("new customer, since, recency, inactive, lapsed")
    field: str
    test: DateTest

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "moment", "field": "last_order_at", "op": "in", "window": {"how": "ago", "count": 90}}."""
        return cls(fields.choice("field", tuple(MOMENT_FIELDS)), DateTest.read(fields, ways=PAST))

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask which moment, and when it lies."""
        yield Ask("field", "choice", gettext_noop("moment"), [(name, one.label) for name, one in MOMENT_FIELDS.items()], "last_order_at")
        yield from ask_date(told, ways=PAST)

    def sql(self, at: At) -> Fragment:
        """Compare the column."""
        plain = self.test.sql(f"customer.{self.field}", at, whole_days=False)
        return negated(plain) if self.test.negated else plain

    def lenient_sql(self, at: At) -> Fragment:
        """Compare the column, which is NULL where there was no such moment."""
        return self.sql(at) if self.test.negated else self.test.sql(f"customer.{self.field}", at, whole_days=False, may_be_null=True)

    def holds(self, person: Person, at: At) -> bool:
        """Compare the loaded moment."""
        return self.answer()(person, at)

    def answer(self) -> Answer:
        """Compare the loaded moment."""
        test, field, negated_test = self.test, self.field, self.test.negated
        span = kept(lambda at: test.span(at, whole_days=False))
        return lambda person, at: holds(span(at), person.row[field]) != negated_test

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: last ordered more than 90 days ago."""
        field, when = MOMENT_FIELDS[self.field], self.test.window.phrase() if self.test.window else None
        if when is None:
            return Phrase(field.not_known if self.test.negated else field.known)
        said = Phrase(field.lies, {"when": when})
        return Phrase(gettext_noop("are not among those who %(said)s"), {"said": said}) if self.test.negated else said

    def reads(self) -> frozenset[str]:
        """Return what changes the moment."""
        return frozenset({MOMENT_FIELDS[self.field].reads})

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those whose moment came into the window or left it."""
        return self.test.turns(f"customer.{self.field}", before, after, whole_days=False)
