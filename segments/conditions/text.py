"""A text we know of a customer: name, address, place, gender, language."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

from retention.customers.changes import of_field
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import Ask, Asks, Told, ask_text
from segments.rules.base import Condition
from segments.rules.comparing import TextTest
from segments.rules.facts import Person
from segments.rules.sql import Fragment, negated
from segments.rules.terms import At, Terms


class TextField(NamedTuple):
    """A text of the customer. column: SQL for it, folded and never NULL; fact: its name among the columns of a loaded person."""

    column: str
    fact: str
    label: str


TEXT_FIELDS: dict[str, TextField] = {
    "email": TextField("coalesce(customer.email_key, '')", "email_key", gettext_noop("e-mail address")),
    "phone": TextField("customer.phone", "phone", gettext_noop("phone number")),
    "first_name": TextField("customer.first_name_key", "first_name_key", gettext_noop("first name")),
    "last_name": TextField("customer.last_name_key", "last_name_key", gettext_noop("last name")),
    "gender": TextField("customer.gender_key", "gender_key", gettext_noop("gender")),
    "language": TextField("customer.language_key", "language_key", gettext_noop("language")),
    "city": TextField("customer.city_key", "city_key", gettext_noop("city")),
    "region": TextField("customer.region_key", "region_key", gettext_noop("region")),
    "postcode": TextField("customer.postcode_key", "postcode_key", gettext_noop("postcode")),
}
_PERSONAL = frozenset({"email", "phone", "first_name", "last_name", "postcode"})  # one value of them may stand for one person


@dataclass(frozen=True, slots=True)
class Text(Condition):
    """A text field compared with texts."""

    kind: ClassVar[str] = "text"
    label: ClassVar[str] = gettext_noop("Name, address, place, gender, language")
    also: ClassVar[str] = gettext_noop("city, town, region, state, postcode, zip, email, phone, first name, last name, surname")
    field: str
    test: TextTest

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "text", "field": "city", "op": "is", "values": ["Berlin"]}."""
        return cls(fields.choice("field", tuple(TEXT_FIELDS)), TextTest.read(fields))

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask which text, and how it compares."""
        yield Ask("field", "choice", gettext_noop("what"), [(name, one.label) for name, one in TEXT_FIELDS.items()], "city")
        yield from ask_text(told, offers=f"field:{told.word('field')}")

    def sql(self, at: At) -> Fragment:
        """Compare the column."""
        field = TEXT_FIELDS[self.field]
        plain = self.test.sql(field.column, column=field.fact)
        return negated(plain) if self.test.negated else plain

    def holds(self, person: Person, at: At) -> bool:
        """Compare the loaded text."""
        return self.test.holds(person.row[TEXT_FIELDS[self.field].fact] or "") != self.test.negated

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: have a city that is “Berlin”."""
        return Phrase(
            gettext_noop("have a %(field)s that %(test)s"), {"field": Phrase(TEXT_FIELDS[self.field].label), "test": self.test.phrase()}
        )

    @property
    def is_personal(self) -> bool:
        """Say so of fields one value of which may stand for one person."""
        return self.field in _PERSONAL and bool(self.test.said)

    def reads(self) -> frozenset[str]:
        """Return the column."""
        return frozenset({of_field(self.field)})
