"""When we first heard of a customer, saw them last, when they ordered first or last."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

from retention.customers.changes import ORDERS, of_field
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.base import Condition
from segments.rules.comparing import DateTest
from segments.rules.facts import Person
from segments.rules.sql import Fragment, negated
from segments.rules.terms import At, Terms
from segments.rules.windows import PAST


class MomentField(NamedTuple):
    """A moment of the customer's. reads: what changes it."""

    label: str
    reads: str


MOMENT_FIELDS: dict[str, MomentField] = {
    "created_at": MomentField(gettext_noop("first contact"), of_field("created_at")),
    "last_seen_at": MomentField(gettext_noop("last visit"), of_field("last_seen_at")),
    "first_order_at": MomentField(gettext_noop("first order"), ORDERS),
    "last_order_at": MomentField(gettext_noop("last order"), ORDERS),
}


@dataclass(frozen=True)
class Moment(Condition):
    """A moment on the customer's row in a window, or none there."""

    kind: ClassVar[str] = "moment"
    label: ClassVar[str] = gettext_noop("First contact, last visit, first or last order")
    field: str
    test: DateTest

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "moment", "field": "last_order_at", "op": "in", "window": {"how": "ago", "count": 90}}."""
        return cls(fields.choice("field", tuple(MOMENT_FIELDS)), DateTest.read(fields, ways=PAST))

    def sql(self, at: At) -> Fragment:
        """Compare the column."""
        plain = self.test.sql(f"customer.{self.field}", at, whole_days=False)
        return negated(plain) if self.test.negated else plain

    def holds(self, person: Person, at: At) -> bool:
        """Compare the loaded moment."""
        return self.test.holds(person.row[self.field], at, whole_days=False) != self.test.negated

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: have a last order that is more than 90 days ago."""
        return Phrase(
            gettext_noop("have a %(field)s that %(test)s"), {"field": Phrase(MOMENT_FIELDS[self.field].label), "test": self.test.phrase()}
        )

    def reads(self) -> frozenset[str]:
        """Return what changes the moment."""
        return frozenset({MOMENT_FIELDS[self.field].reads})

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those whose moment came into the window or left it."""
        return self.test.turns(f"customer.{self.field}", before, after, whole_days=False)
