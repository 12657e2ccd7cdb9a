"""What conditions about countries share: one of some ISO codes, whether one is known, and the opposites."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import TEXTS, Ask, Asks, Told, choices
from segments.rules.base import Condition
from segments.rules.comparing import listed
from segments.rules.terms import Terms

OPS = ("is", "is_not", "known", "not_known")
MOST = 250


@dataclass(frozen=True, slots=True)
class OfCountries(Condition):
    """A comparison with countries. sentences: how each way says it, with %(countries)s."""

    sentences: ClassVar[Mapping[str, str]]
    op: str
    codes: tuple[str, ...] = ()

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask which countries."""
        yield Ask("op", "choice", gettext_noop("how"), choices(TEXTS, OPS), "is")
        if "known" not in told.word("op"):
            yield Ask("values", "texts", gettext_noop("countries"), offers="countries")

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: live in “Germany”."""
        return Phrase(self.sentences[self.op], {"countries": listed(terms.called("country", self.codes))})

    @property
    def asks_whether_known(self) -> bool:
        """Say whether it asks if there is one at all."""
        return self.op in {"known", "not_known"}

    @property
    def is_negated(self) -> bool:
        """Say whether it holds where the plain comparison does not."""
        return self.op in {"is_not", "not_known"}


def read_codes(op: str, fields: Fields) -> tuple[str, ...]:
    """Read the codes a way of comparing needs, in capitals; none where it only asks whether there is a country."""
    return () if "known" in op else tuple(value.upper() for value in fields.texts("values", most=MOST, longest=2))
