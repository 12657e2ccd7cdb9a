"""Words before they are translated, and text folded for comparing.

Thinking rooms mark text with `gettext_noop` and return phrases; templates and API translate them. No framework here.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_MOST_PASSES = 4  # one is enough for every single character; sequences of marks may need a second


def fold(text: str) -> str:
    """Fold text for comparing without regard to case and width: NFKC and casefold, repeated until nothing changes.

    Stored beside the text itself and used for every comparison; never `lower()` in SQL, whose answer depends on the database's locale.
    """
    if text.isascii():  # has one form only
        return text.casefold()
    for _ in range(_MOST_PASSES):
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        if folded == text:
            break
        text = folded
    return text


def one_line(text: str, *, longest: int | None = None) -> str:
    """Return a text somebody typed as one line: no NUL, no line breaks, single blanks, cut where it is too long."""
    return " ".join(text.replace("\0", "").split())[:longest]


def gettext_noop(text: str) -> str:
    """Mark a text for translation without translating it; `makemessages` finds the mark."""
    return text


@dataclass(frozen=True)
class Phrase:
    """A sentence to be translated later, with named values: `Phrase(gettext_noop("in %(city)s"), {"city": "Riga"})`.

    A value may be a phrase itself.
    """

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def render(self, translate: Callable[[str], str], *, show: Callable[[object], str] = str) -> str:
        """Translate the text, then fill in the values; without values a percent sign stands for itself. show: writes a value."""
        translated = translate(self.text)
        if not self.values:
            return translated
        return translated % {name: _render_value(value, translate, show) for name, value in self.values.items()}


def _render_value(value: object, translate: Callable[[str], str], show: Callable[[object], str]) -> str:
    return value.render(translate, show=show) if isinstance(value, Phrase) else show(value)
