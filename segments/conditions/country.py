"""The country a customer lives in."""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from retention.customers.changes import of_field
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.countries import OPS, OfCountries, read_codes
from segments.rules.facts import Person
from segments.rules.sql import Fragment, negated, piece
from segments.rules.terms import At, Terms


@dataclass(frozen=True, slots=True)
class Country(OfCountries):
    """One of some countries, by their ISO codes."""

    kind: ClassVar[str] = "country"
    label: ClassVar[str] = gettext_noop("Country")
    also: ClassVar[str] = gettext_noop("land, nation")
    sentences = {
        "is": gettext_noop("live in %(countries)s"),
        "is_not": gettext_noop("do not live in %(countries)s"),
        "known": gettext_noop("live in a country we know"),
        "not_known": gettext_noop("live in a country we do not know"),
    }

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "country", "op": "is", "values": ["DE", "AT"]}."""
        op = fields.choice("op", OPS)
        codes = read_codes(op, fields)
        if any(not re.fullmatch("[A-Z]{2}", code) for code in codes):
            fields.fault("values", Phrase(gettext_noop("must be country codes such as DE")))
        return cls(op, codes)

    def sql(self, at: At) -> Fragment:
        """Compare the column."""
        plain = piece("customer.country <> ''") if self.asks_whether_known else piece("customer.country = ANY(%s)", list(self.codes))
        return negated(plain) if self.is_negated else plain

    def holds(self, person: Person, at: At) -> bool:
        """Compare the loaded code."""
        country = person.row["country"]
        return (country != "" if self.asks_whether_known else country in self.codes) != self.is_negated

    def reads(self) -> frozenset[str]:
        """Return the column."""
        return frozenset({of_field("country")})
