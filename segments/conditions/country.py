"""The country a customer lives in."""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from retention.customers.changes import of_field
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import TEXTS, Ask, Asks, Told, choices
from segments.rules.base import Condition
from segments.rules.comparing import listed
from segments.rules.facts import Person
from segments.rules.sql import Fragment, negated, piece
from segments.rules.terms import At, Terms

_SENTENCES = {
    "is": gettext_noop("live in %(countries)s"),
    "is_not": gettext_noop("do not live in %(countries)s"),
    "known": gettext_noop("live in a country we know"),
    "not_known": gettext_noop("live in a country we do not know"),
}


@dataclass(frozen=True)
class Country(Condition):
    """One of some countries, by their ISO codes."""

    kind: ClassVar[str] = "country"
    label: ClassVar[str] = gettext_noop("Country")
    op: str
    codes: tuple[str, ...] = ()

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "country", "op": "is", "values": ["DE", "AT"]}."""
        op = fields.choice("op", tuple(_SENTENCES))
        if "known" in op:
            return cls(op)
        codes = tuple(value.upper() for value in fields.texts("values", most=250, longest=2))
        if any(not re.fullmatch("[A-Z]{2}", code) for code in codes):
            fields.fault("values", Phrase(gettext_noop("must be country codes such as DE")))
        return cls(op, codes)

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask which countries."""
        yield Ask("op", "choice", gettext_noop("how"), choices(TEXTS, tuple(_SENTENCES)), "is")
        if "known" not in told.word("op"):
            yield Ask("values", "texts", gettext_noop("countries"), offers="countries")

    def sql(self, at: At) -> Fragment:
        """Compare the column."""
        plain = piece("customer.country <> ''") if "known" in self.op else piece("customer.country = ANY(%s)", list(self.codes))
        return negated(plain) if self._is_negated else plain

    def holds(self, person: Person, at: At) -> bool:
        """Compare the loaded code."""
        country = person.row["country"]
        return (country != "" if "known" in self.op else country in self.codes) != self._is_negated

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: live in DE."""
        return Phrase(_SENTENCES[self.op], {"countries": listed(self.codes)})

    def reads(self) -> frozenset[str]:
        """Return the column."""
        return frozenset({of_field("country")})

    @property
    def _is_negated(self) -> bool:
        return self.op in {"is_not", "not_known"}
