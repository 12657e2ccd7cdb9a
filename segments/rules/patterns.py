"""Regular expressions, run by RE2: whatever a merchant writes, it takes time in proportion to the text, never more (house rule 18).

In SQL a pattern never runs: `segments/resolving.py` finds the distinct values it matches and puts them in its place.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop

LONGEST = 200
MOST_MEMORY = 1 << 20


@dataclass(frozen=True, slots=True)
class Pattern:
    """One regular expression, as written; it is compared with folded text, so letters count the same in both cases."""

    text: str

    def matches(self, folded: str) -> bool:
        """Say whether it is found anywhere in a folded text."""
        return compiled(self.text).search(folded) is not None


@dataclass(frozen=True, slots=True)
class Matching:
    """Stands among a statement's values for the distinct texts a pattern matches, in a column of customers or of an attribute's values."""

    pattern: Pattern
    column: str
    attribute: int = 0


@lru_cache(1024)
def compiled(text: str) -> Any:
    """Return the expression ready to run; raises re2.error."""
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = MOST_MEMORY
    options.log_errors = False
    return re2.compile(text, options)


def read_pattern(text: str, fields: Fields) -> Pattern:
    """Return the pattern a text means; what is none is noted as a fault of the values."""
    if len(text) > LONGEST:
        fields.fault("values", Phrase(gettext_noop("is longer than %(longest)s characters"), {"longest": LONGEST}))
        return Pattern("")
    try:
        compiled(text)
    except re2.error:
        fields.fault("values", Phrase(gettext_noop("is no regular expression we can run")))
        return Pattern("")
    return Pattern(text)
