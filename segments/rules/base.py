"""What a condition is: read from JSON, asked in SQL and of one person in Python, said in words. One file per kind in `conditions/`."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Self

from retention.kit.fields import Fields
from retention.kit.words import Phrase
from segments.rules.asks import Asks, Told
from segments.rules.facts import Needs, Person
from segments.rules.sql import Fragment
from segments.rules.terms import At, Terms

Answer = Callable[[Person, At], bool]


class Condition(ABC):
    """One test of a person. `kind` is its stored key and never changes; `label` is what the picker calls it.

    also: further words people look for it by, in small letters.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    also: ClassVar[str] = ""

    @classmethod
    @abstractmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read its values; what is wrong becomes a fault of the fields."""

    @classmethod
    @abstractmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Yield what a form asks for it, so that the answers are the JSON `read` takes; a question may rest on the answers before it."""

    @abstractmethod
    def sql(self, at: At) -> Fragment:
        """Return what is true of the row `customer` exactly where `holds` says yes; never NULL."""

    def lenient_sql(self, at: At) -> Fragment:
        """Return the same as `sql`, but perhaps NULL where it does not hold: for places that nothing negates.

        PostgreSQL then guesses better how many rows there are, and takes an index of the column.
        """
        return self.sql(at)

    def rows(self, at: At) -> Fragment | None:
        """Return a SELECT of the ids of everybody for whom it holds, each once and as `id`, from rows that exist for customers alone.

        None where there are no such rows. A rule made of such conditions need not read the customers themselves.
        """
        return None

    @abstractmethod
    def holds(self, person: Person, at: At) -> bool:
        """Say whether a person passes."""

    def answer(self) -> Answer:
        """Return what says the same as `holds`; where that takes working out that is the same for everybody, it is done here, once."""
        return self.holds

    @abstractmethod
    def phrase(self, terms: Terms) -> Phrase:
        """Return it as a part of a sentence about "they"."""

    @property
    def is_personal(self) -> bool:
        """Say whether its sentence holds a value by which somebody may be known."""
        return False

    @abstractmethod
    def reads(self) -> frozenset[str]:
        """Return what its answer depends on, as `changes.py` names it; time is not among it."""

    def needs(self, at: At) -> Needs:
        """Return what has to be loaded to answer it, beyond the customer's own columns."""
        return Needs()

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return what is true of every `customer` whose answer may have changed by time alone; None where it cannot. More do no harm."""
        return None

    def found(self, person: Person, at: At) -> Phrase | None:
        """Return what is known of the person that decides it, in words; None where the sentence says it all."""
        return None
