"""A custom attribute of the customer, compared as its kind allows: text, number, yes or no, date, list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from retention.customers.changes import of_attribute
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import NUMBERS, Ask, Asks, Told, ask_date, ask_flag, ask_list, ask_number, ask_text
from segments.rules.base import Condition
from segments.rules.comparing import DateTest, FlagTest, ListTest, NumberTest, TextTest
from segments.rules.counted import counted
from segments.rules.facts import Needs, Person, Value
from segments.rules.sql import FALSE, Fragment, negated, piece
from segments.rules.terms import At, AttributeTerm, Terms
from segments.rules.windows import DAYS

_EMPTY = gettext_noop("Your shop has sent no attribute yet. One comes with what it tells of customers, with a form or with a file.")
Test = TextTest | NumberTest | FlagTest | DateTest | ListTest
_TESTS: dict[str, type[TextTest] | type[NumberTest] | type[FlagTest] | type[DateTest] | type[ListTest]] = {
    "text": TextTest, "number": NumberTest, "flag": FlagTest, "date": DateTest, "list": ListTest,
}  # fmt: skip
_ASKS: dict[str, Callable[[Told, str], Asks]] = {
    "text": lambda told, key: ask_text(told, offers=f"attribute:{key}"),
    "number": lambda told, key: ask_number(told, ops=tuple(NUMBERS), kind="number"),
    "flag": lambda told, key: ask_flag(told),
    "date": lambda told, key: ask_date(told, ways=DAYS),
    "list": lambda told, key: ask_list(told, offers=f"attribute:{key}"),
}


@dataclass(frozen=True, slots=True)
class Attribute(Condition):
    """An attribute of the store and a comparison of its kind."""

    kind: ClassVar[str] = "attribute"
    label: ClassVar[str] = gettext_noop("A custom attribute")
    also: ClassVar[str] = gettext_noop("property, field, tag")
    term: AttributeTerm
    test: Test

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "attribute", "key": "plan", "op": "is", "values": ["gold"]}; the attribute's kind says which ways there are."""
        key = fields.text("key", longest=80)
        term = terms.attributes.get(key)
        if term is None:
            if key:
                fields.fault("key", Phrase(gettext_noop("is no attribute of this store")))
            fields.read.update(fields.data)
            return cls(AttributeTerm(0, key, "text"), TextTest("known", False))
        return cls(term, _TESTS[term.kind].read(fields))

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask which attribute, and then as its kind allows."""
        known = [(key, term.label or key) for key, term in sorted(terms.attributes.items())]
        yield Ask("key", "choice", gettext_noop("attribute"), known, known[0][0] if known else "", empty=_EMPTY)
        key = told.word("key")
        term = terms.attributes.get(key)
        if term is not None:
            yield from _ASKS[term.kind](told, key)

    def sql(self, at: At) -> Fragment:
        """Ask the rows of its values."""
        plain = self._plain(at)
        return negated(plain) if self.test.negated else plain

    def holds(self, person: Person, at: At) -> bool:
        """Ask the loaded values."""
        return self._passes(person.attributes.get(self.term.id, ()), at) != self.test.negated

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: have an attribute “plan” that is “gold”."""
        return Phrase(
            gettext_noop("have a “%(attribute)s” that %(test)s"),
            {"attribute": self.term.label or self.term.key, "test": self.test.phrase()},
        )

    @property
    def is_personal(self) -> bool:
        """Say so of every text and of a certain number: a shop may keep a name, or a member's number, under any attribute."""
        return (
            self.test.is_exact if isinstance(self.test, NumberTest) else isinstance(self.test, TextTest | ListTest) and bool(self.test.said)
        )

    def reads(self) -> frozenset[str]:
        """Return the attribute."""
        return frozenset({of_attribute(self.term.key)})

    def needs(self, at: At) -> Needs:
        """Return the attribute's values."""
        return Needs(attributes=frozenset({self.term.id}))

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those whose date came into the window or left it."""
        if not isinstance(self.test, DateTest):
            return None
        moved = self.test.turns("value.date_value", before, after, whole_days=True)
        return None if moved is None else self._there(moved, after)

    def _plain(self, at: At) -> Fragment:
        test = self.test
        if isinstance(test, ListTest):
            return self._list_sql(test, at)
        if isinstance(test, DateTest):
            return self._there(test.sql("value.date_value", at, whole_days=True), at)
        if isinstance(test, TextTest):
            return self._there(test.sql("value.folded_value", column="folded_value", attribute=self.term.id), at)
        return self._there(test.sql("value.number_value"), at)

    def _list_sql(self, test: ListTest, at: At) -> Fragment:
        if test.size is not None:
            return counted(self._rows(at), test.size, customer="value.customer_id")
        entry = test.entry_sql("value.folded_value")
        if test.op != "all":
            return self._there(entry, at)
        rows = self._rows(at) + " AND " + entry
        wanted = NumberTest("equals", False, len(test.values), len(test.values))
        return counted(rows, wanted, customer="value.customer_id", amount="count(DISTINCT value.folded_value)")

    def _there(self, condition: Fragment, at: At) -> Fragment:
        if condition == FALSE:
            return FALSE
        return piece("EXISTS (SELECT 1 ") + self._rows(at) + " AND value.customer_id = customer.id AND " + condition + ")"

    def _rows(self, at: At) -> Fragment:
        return piece(
            "FROM customers_attributevalue AS value WHERE value.store_id = %s AND value.attribute_id = %s", at.terms.store_id, self.term.id
        )

    def _passes(self, values: Sequence[Value], at: At) -> bool:
        test = self.test
        if isinstance(test, ListTest):
            return test.holds([value.text for value in values])
        if isinstance(test, TextTest):
            return any(test.holds(value.text) for value in values)
        if isinstance(test, NumberTest):
            return any(test.holds(value.number) for value in values)
        if isinstance(test, FlagTest):
            return any(test.holds(value) for value in values)
        return any(test.holds(value.date, at, whole_days=True) for value in values)
