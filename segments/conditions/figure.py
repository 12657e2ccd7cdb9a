"""How many orders a customer placed, what they spent in all, and what an order comes to on average: figures kept on their row."""

from dataclasses import dataclass
from typing import ClassVar, Self

from retention.customers.changes import ORDERS
from retention.kit.fields import Fields
from retention.kit.money import decimals_of
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import Ask, Asks, Told, ask_number, choices
from segments.rules.base import Answer, Condition
from segments.rules.comparing import NumberTest, amount_of
from segments.rules.facts import Person
from segments.rules.sql import Fragment, negated, piece
from segments.rules.terms import At, Terms

FIGURES: dict[str, str] = {
    "orders": gettext_noop("number of orders"),
    "spent": gettext_noop("sum of all orders"),
    "average": gettext_noop("average order"),
}
_SENTENCES = {
    "orders": (gettext_noop("have %(amount)s order"), gettext_noop("have %(amount)s orders")),
    "spent": (gettext_noop("spent %(amount)s in all"),) * 2,
    "average": (gettext_noop("spend %(amount)s an order on average"),) * 2,
}
_OPS = ("at_least", "at_most", "more", "less", "equals", "not_equals", "between", "not_between")


@dataclass(frozen=True, slots=True)
class Figure(Condition):
    """One of the figures, compared. Amounts are in the store's currency, in minor units inside and in major ones in the rule."""

    kind: ClassVar[str] = "figure"
    label: ClassVar[str] = gettext_noop("Number of orders, money spent, average order")
    also: ClassVar[str] = gettext_noop("revenue, sales, lifetime value, average basket")
    figure: str
    test: NumberTest
    currency: str

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "figure", "figure": "spent", "op": "at_least", "value": 100}."""
        figure = fields.choice("figure", tuple(FIGURES))
        test = NumberTest.read(fields, ops=_OPS, whole=figure == "orders")
        return cls(figure, test if figure == "orders" else test.scaled(10 ** decimals_of(terms.currency)), terms.currency)

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask which figure, and how much."""
        yield Ask("figure", "choice", gettext_noop("figure"), choices(FIGURES), "orders")
        kind = "whole" if told.word("figure") == "orders" else "number"
        yield from ask_number(told, ops=_OPS, kind=kind)

    def sql(self, at: At) -> Fragment:
        """Compare the column; an average without an order is none and passes no plain comparison."""
        column = "customer.orders_count" if self.figure == "orders" else "customer.spent_minor"
        plain_sql = self.test.sql(column) if self.figure != "average" else self._average()
        return negated(plain_sql) if self.test.negated else plain_sql

    def holds(self, person: Person, at: At) -> bool:
        """Compare the loaded figure."""
        return self.answer()(person, at)

    def answer(self) -> Answer:
        """Compare the loaded figure."""
        negated_test, passes = self.test.negated, self.test.compare()
        if self.figure == "average":
            return _average_answer(self.test)
        column = "orders_count" if self.figure == "orders" else "spent_minor"
        return lambda person, at: passes(person.row[column]) != negated_test

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: have at least 3 orders."""
        if self.figure == "orders" and self.test.op == "equals" and self.test.low == 0 and not self.test.negated:
            return Phrase(gettext_noop("have no order"))
        amount = self.test.amount(None if self.figure == "orders" else self._money)
        return Phrase(_SENTENCES[self.figure][not self.test.is_one], {"amount": amount})

    def reads(self) -> frozenset[str]:
        """Return the orders."""
        return frozenset({ORDERS})

    def found(self, person: Person, at: At) -> Phrase | None:
        """Say what the figure is."""
        orders, spent = person.row["orders_count"], person.row["spent_minor"]
        if self.figure == "orders":
            return Phrase(gettext_noop("Orders: %(count)s"), {"count": orders})
        amount = spent if self.figure == "spent" else spent // orders if orders else 0
        return Phrase(gettext_noop("It is %(amount)s"), {"amount": self._money(amount)})

    def _average(self) -> Fragment:
        test = self.test
        if test.op == "between":
            compared = piece(
                "customer.spent_minor BETWEEN %s::numeric * customer.orders_count AND %s::numeric * customer.orders_count",
                _number(test.low),
                _number(test.high),
            )
        else:
            sign = {"equals": "=", "more": ">", "at_least": ">=", "less": "<", "at_most": "<="}[test.op]
            compared = piece(f"customer.spent_minor {sign} %s::numeric * customer.orders_count", _number(test.low))
        return piece("(customer.orders_count > 0 AND ") + compared + ")"

    def _money(self, minor: float) -> str:
        return amount_of(minor, self.currency)


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _average_answer(test: NumberTest) -> Answer:
    passes, negated_test = test.compare_average(), test.negated

    def answer(person: Person, at: At) -> bool:
        orders = person.row["orders_count"]
        return (orders > 0 and passes(person.row["spent_minor"], orders)) != negated_test

    return answer
