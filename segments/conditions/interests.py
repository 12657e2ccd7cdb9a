"""What a customer says they like."""

from dataclasses import dataclass
from typing import ClassVar, Self

from retention.customers.changes import of_field
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import Asks, Told, ask_list
from segments.rules.base import Condition
from segments.rules.comparing import ListTest
from segments.rules.facts import Person
from segments.rules.sql import Fragment, negated, piece
from segments.rules.terms import At, Terms

_COLUMN = "customer.interests_key"


@dataclass(frozen=True, slots=True)
class Interests(Condition):
    """The list of interests, compared."""

    kind: ClassVar[str] = "interests"
    label: ClassVar[str] = gettext_noop("Interests")
    also: ClassVar[str] = gettext_noop("topics, hobbies, likes")
    test: ListTest

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "interests", "op": "any", "values": ["espresso"]}."""
        return cls(ListTest.read(fields))

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask which."""
        yield from ask_list(told, offers="interests")

    def sql(self, at: At) -> Fragment:
        """Ask the folded list on the customer's row."""
        plain = self._plain()
        return negated(plain) if self.test.negated else plain

    def holds(self, person: Person, at: At) -> bool:
        """Ask the loaded list."""
        return self.test.holds(person.row["interests_key"]) != self.test.negated

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: have interests that contain “espresso”."""
        return Phrase(gettext_noop("have interests that %(test)s"), {"test": self.test.phrase()})

    def reads(self) -> frozenset[str]:
        """Return the column."""
        return frozenset({of_field("interests")})

    def _plain(self) -> Fragment:
        test = self.test
        if test.size is not None:
            return test.size.sql(f"jsonb_array_length({_COLUMN})")
        if test.op == "known":
            return piece(f"{_COLUMN} <> '[]'")
        if test.op in {"any", "all"}:
            return piece(f"{_COLUMN} {'?|' if test.op == 'any' else '?&'} %s", list(test.values))
        entries = piece("EXISTS (SELECT 1 FROM jsonb_array_elements_text(customer.interests_key) AS one(entry) WHERE ")
        return entries + test.entry_sql('one.entry COLLATE "C"') + ")"
