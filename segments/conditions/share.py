"""A random share of all customers: always the same people for the same seed."""

import hashlib
from dataclasses import dataclass
from typing import ClassVar, Self

from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import Ask, Asks, Told
from segments.rules.base import Condition
from segments.rules.facts import Person
from segments.rules.sql import Fragment, piece
from segments.rules.terms import At, Terms

BUCKETS = 10_000


@dataclass(frozen=True, slots=True)
class Share(Condition):
    """A share of people by a hash of the seed and their public id. buckets: of ten thousand."""

    kind: ClassVar[str] = "share"
    label: ClassVar[str] = gettext_noop("A random share")
    also: ClassVar[str] = gettext_noop("percent, sample, lot, test")
    buckets: int
    seed: str

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "share", "percent": 10, "seed": "spring"}."""
        percent = fields.number("percent", low=0.01, high=100)
        return cls(round(percent * BUCKETS / 100), fields.text("seed", default="", longest=60))

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask how large, and which of the many."""
        yield Ask("percent", "number", gettext_noop("percent of all customers"), default=10)
        yield Ask("seed", "text", gettext_noop("another word takes other people"), is_optional=True)

    def sql(self, at: At) -> Fragment:
        """Hash in the database; md5 spreads evenly, and nobody's secret rests on it."""
        bucket = f"(('x' || left(md5(%s || customer.public_id::text), 8))::bit(32)::bigint %% {BUCKETS})"
        return piece(f"{bucket} < %s", self.seed, self.buckets)

    def holds(self, person: Person, at: At) -> bool:
        """Hash here."""
        digest = hashlib.md5(f"{self.seed}{person.row['public_id']}".encode(), usedforsecurity=False).digest()
        return int.from_bytes(digest[:4], "big") % BUCKETS < self.buckets

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: belong to a random 10 % of all customers."""
        percent = f"{self.buckets * 100 / BUCKETS:g}"
        return Phrase(gettext_noop("belong to a random %(percent)s of a hundred"), {"percent": percent})

    def reads(self) -> frozenset[str]:
        """Return nothing: nobody's share ever changes."""
        return frozenset()
