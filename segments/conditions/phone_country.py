"""The country a customer's phone number belongs to, by what it begins with. Who lives where is another matter: see `country.py`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar, Self

from retention.customers.changes import of_field
from retention.customers.phones import prefixes_of
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.countries import OPS, OfCountries, read_codes
from segments.rules.facts import Person
from segments.rules.sql import Fragment, any_of, negated, piece
from segments.rules.terms import At, Terms


@dataclass(frozen=True, slots=True)
class PhoneCountry(OfCountries):
    """One of some countries, by their ISO codes. prefixes: what their numbers begin with."""

    kind: ClassVar[str] = "phone_country"
    label: ClassVar[str] = gettext_noop("Country of the phone number")
    also: ClassVar[str] = gettext_noop("phone, mobile, prefix")
    sentences = {
        "is": gettext_noop("have a phone number of %(countries)s"),
        "is_not": gettext_noop("have no phone number of %(countries)s"),
        "known": gettext_noop("have a phone number"),
        "not_known": gettext_noop("have no phone number"),
    }
    prefixes: tuple[str, ...] = ()

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "phone_country", "op": "is", "values": ["DE", "AT"]}."""
        op = fields.choice("op", OPS)
        codes = read_codes(op, fields)
        prefixes = {code: prefixes_of(code) if re.fullmatch("[A-Z]{2}", code) else () for code in codes}
        without = [code for code in codes if not prefixes[code]]
        if without:
            fields.fault("values", Phrase(gettext_noop("has no country with phone numbers: %(codes)s"), {"codes": ", ".join(without)}))
        return cls(op, codes, _together(prefixes.values()))

    def sql(self, at: At) -> Fragment:
        """Compare what the number begins with, once for each length."""
        if self.asks_whether_known:
            plain = piece("customer.phone <> ''")
        else:
            sizes = groupby(self.prefixes, key=len)
            plain = any_of(piece("left(customer.phone, %s) = ANY(%s)", size, list(prefixes)) for size, prefixes in sizes)
        return negated(plain) if self.is_negated else plain

    def holds(self, person: Person, at: At) -> bool:
        """Compare the loaded number."""
        phone: str = person.row["phone"]
        return (phone != "" if self.asks_whether_known else phone.startswith(self.prefixes)) != self.is_negated

    def reads(self) -> frozenset[str]:
        """Return the column."""
        return frozenset({of_field("phone")})


def _together(found: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return prefixes each once, the shortest first."""
    return tuple(sorted({prefix for prefixes in found for prefix in prefixes}, key=lambda one: (len(one), one)))
