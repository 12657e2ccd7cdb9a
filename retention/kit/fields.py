"""A JSON object read field by field: every fault is named by its place, and none hides the others. No framework here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from retention.kit.words import Phrase, gettext_noop


@dataclass(frozen=True)
class Problem:
    """One fault of what was told: where it is ("steps.2.hours") and what is wrong."""

    path: str
    phrase: Phrase


@dataclass
class Fields:
    """A reader of one JSON object that collects every fault instead of stopping at the first; a fault gives the smallest right value."""

    data: Mapping[str, object]
    path: str
    problems: list[Problem]
    read: set[str] = field(default_factory=set)

    def text(self, name: str, *, default: str | None = None, longest: int = 120) -> str:
        """Read a text; without a default it must be there and not be empty."""
        value = self._take(name, default)
        if (value == "" and default == "") or _is_text(value, longest):
            return str(value)
        self.fault(name, Phrase(gettext_noop("must be a text of 1 to %(longest)s characters"), {"longest": longest}))
        return ""

    def texts(self, name: str, *, most: int = 100, longest: int = 500) -> tuple[str, ...]:
        """Read a list of 1 to `most` texts; one text alone stands for a list of one."""
        value = self._take(name, None)
        items = [value] if isinstance(value, str) else value
        if isinstance(items, list | tuple) and 1 <= len(items) <= most and all(_is_text(item, longest) for item in items):
            return tuple(dict.fromkeys(str(item) for item in items))
        wanted = {"most": most, "longest": longest}
        self.fault(name, Phrase(gettext_noop("must be 1 to %(most)s texts of 1 to %(longest)s characters"), wanted))
        return ("",)

    def choice(self, name: str, allowed: tuple[str, ...], *, default: str | None = None) -> str:
        """Read one of a few words."""
        value = self._take(name, default)
        if isinstance(value, str) and value in allowed:
            return value
        self.fault(name, Phrase(gettext_noop("must be one of: %(allowed)s"), {"allowed": ", ".join(allowed)}))
        return allowed[0]

    def number(self, name: str, *, low: float, high: float, default: float | None = None) -> float:
        """Read a number between two bounds, both included."""
        value = self._take(name, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        self.fault(name, Phrase(gettext_noop("must be a number from %(low)s to %(high)s"), {"low": low, "high": high}))
        return low

    def whole(self, name: str, *, low: int, high: int, default: int | None = None) -> int:
        """Read a whole number between two bounds, both included."""
        value = self._take(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.fault(name, Phrase(gettext_noop("must be a whole number from %(low)s to %(high)s"), {"low": low, "high": high}))
        return low

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """Read yes or no."""
        value = self._take(name, default)
        if isinstance(value, bool):
            return value
        self.fault(name, Phrase(gettext_noop("must be true or false")))
        return False

    def day(self, name: str) -> date:
        """Read a day such as 2026-11-24."""
        value = self._take(name, None)
        try:
            found = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
        except ValueError:
            found = None
        if found is None or not 1900 <= found.year <= 2200:
            self.fault(name, Phrase(gettext_noop("must be a day such as 2026-11-24")))
            return date(2000, 1, 1)
        return found

    def part(self, name: str) -> "Fields":
        """Return the reader of an object within this one; close it like this one."""
        value = self._take(name, None)
        if not isinstance(value, Mapping):
            self.fault(name, Phrase(gettext_noop("must be an object")))
            value = {}
        return Fields(value, f"{self.path}.{name}", self.problems)

    def parts(self, name: str, *, most: int) -> "list[Fields]":
        """Return the readers of a list of objects within this one; none where it is not told."""
        value = self._take(name, [])
        if not isinstance(value, list | tuple) or len(value) > most or not all(isinstance(item, Mapping) for item in value):
            self.fault(name, Phrase(gettext_noop("must be a list of at most %(most)s objects"), {"most": most}))
            return []
        return [Fields(item, f"{self.path}.{name}.{place}", self.problems) for place, item in enumerate(value)]

    def told(self, name: str) -> bool:
        """Say whether something stands under this name."""
        return self.data.get(name) is not None

    def close(self) -> None:
        """Refuse names nobody asked for: they are spelling mistakes more often than not."""
        for name in sorted(set(self.data) - self.read, key=str):
            self.fault(str(name)[:60], Phrase(gettext_noop("is not known here")))

    def fault(self, name: str, phrase: Phrase) -> None:
        """Note what is wrong with one field."""
        self.problems.append(Problem(f"{self.path}.{name}", phrase))

    def _take(self, name: str, default: object) -> object:
        self.read.add(name)
        value = self.data.get(name, default)
        return default if value is None else value


def _is_text(value: object, longest: int) -> bool:
    """Say whether it is a text the database takes: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str) or not 0 < len(value) <= longest or "\0" in value:
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in value)
