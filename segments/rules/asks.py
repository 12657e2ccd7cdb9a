"""What a form asks for a condition, one value after the other: read from what was posted, shown from what is stored.

Each kind of condition says its questions in `asks`, a generator over what is told so far: a later question may rest on an earlier answer,
in both directions. So a new kind needs no template and no line here.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from retention.kit.words import Phrase, gettext_noop
from segments.rules.windows import PAST, UNITS

Words = str | Phrase
Choices = Sequence[tuple[str, Words]]
_KINDS = frozenset({"choice", "pick", "flag", "text", "texts", "whole", "number", "day", "rows"})
_MOST_ROWS, _MOST_TEXTS = 10, 500
_LONGEST_NAME, _DEEPEST_ROW = 200, 3  # the deepest question there is: "rules.0.conditions.0.where.0.values"
_DEEPEST = 150  # JSON of a form stands less deep; a copy of much more does not come back from Python's stack
NUMBERS: dict[str, str] = {
    "at_least": gettext_noop("at least"), "at_most": gettext_noop("at most"), "more": gettext_noop("more than"),
    "less": gettext_noop("less than"), "equals": gettext_noop("exactly"), "not_equals": gettext_noop("anything but"),
    "between": gettext_noop("from … to …"), "not_between": gettext_noop("not from … to …"), "known": gettext_noop("is known"),
    "not_known": gettext_noop("is not known"),
}  # fmt: skip
TEXTS: dict[str, str] = {
    "is": gettext_noop("is"), "is_not": gettext_noop("is not"), "contains": gettext_noop("contains"),
    "not_contains": gettext_noop("does not contain"), "starts": gettext_noop("starts with"),
    "not_starts": gettext_noop("does not start with"), "ends": gettext_noop("ends with"), "not_ends": gettext_noop("does not end with"),
    "matches": gettext_noop("fits a pattern"), "not_matches": gettext_noop("does not fit a pattern"),
    "known": gettext_noop("is known"), "not_known": gettext_noop("is not known"),
}  # fmt: skip
LISTS: dict[str, str] = {
    "any": gettext_noop("contains one of"), "not_any": gettext_noop("contains none of"), "all": gettext_noop("contains all of"),
    "not_all": gettext_noop("does not contain all of"), "contains": gettext_noop("has an entry with"),
    "not_contains": gettext_noop("has no entry with"), "size": gettext_noop("number of entries"), "known": gettext_noop("is known"),
    "not_known": gettext_noop("is not known"),
}  # fmt: skip
FLAGS: dict[str, str] = {
    "yes": gettext_noop("is yes"), "no": gettext_noop("is no"), "known": gettext_noop("is known"),
    "not_known": gettext_noop("is not known"),
}  # fmt: skip
DATES: dict[str, str] = {
    "in": gettext_noop("is"), "not_in": gettext_noop("is not"), "known": gettext_noop("is known"),
    "not_known": gettext_noop("is not known"),
}  # fmt: skip
WINDOWS: dict[str, str] = {
    "ever": gettext_noop("ever"), "last": gettext_noop("in the last …"), "ago": gettext_noop("more than … ago"),
    "after": gettext_noop("on or after a day"), "before": gettext_noop("before a day"), "between": gettext_noop("between two days"),
    "next": gettext_noop("in the next …"), "ahead": gettext_noop("more than … from now"),
}  # fmt: skip
LENGTHS: dict[str, str] = {
    "days": gettext_noop("days"), "hours": gettext_noop("hours"), "weeks": gettext_noop("weeks"), "months": gettext_noop("months"),
    "years": gettext_noop("years"),
}  # fmt: skip
PROPERTY_TYPES: dict[str, str] = {
    "text": gettext_noop("text"), "number": gettext_noop("number"), "flag": gettext_noop("yes or no"),
    "known": gettext_noop("told or not"),
}  # fmt: skip
_BARE = frozenset({"known", "not_known"})
_PATTERN = gettext_noop("A regular expression: ^ is the beginning, $ the end, .* anything. ^a.*z$ fits what begins with a and ends with z.")


class Told:
    """What is told of a condition so far: a JSON object, asked and filled by dotted names ("window.how", "where.0.property")."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data: dict[str, Any] = copied(data)

    def get(self, name: str, default: Any = "") -> Any:
        """Return the value under a name, or the default."""
        found: Any = self.data
        for part in name.split("."):
            if isinstance(found, list) and part.isdecimal() and len(part) < 4 and int(part) < len(found):
                found = found[int(part)]
            elif isinstance(found, Mapping) and part in found:
                found = found[part]
            else:
                return default
        return found

    def under(self, before: str) -> "Told":
        """Return what is told in one of its rows ("rules.0."): what is put into either stands in both."""
        row = Told({})
        found = self.get(before.rstrip("."), None)
        row.data = found if isinstance(found, dict) else row.data
        return row

    def word(self, name: str) -> str:
        """Return the text under a name; nothing where there is none or something else."""
        value = self.get(name)
        return value if isinstance(value, str) else ""

    def put(self, name: str, value: Any) -> None:
        """Set the value under a name, making what is missing around it."""
        here: Any = self.data
        parts = name.split(".")
        for part, after in pairwise(parts):
            empty: Any = [] if after.isdecimal() else {}
            if isinstance(here, list):
                while len(here) <= int(part):
                    here.append({})
                if not isinstance(here[int(part)], dict):
                    here[int(part)] = {}
                here = here[int(part)]
            else:
                if not isinstance(here.get(part), dict | list):
                    here[part] = empty
                here = here[part]
        if isinstance(here, list):
            return
        here[parts[-1]] = value


def copied(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a JSON object that shares no part with it. What stands deeper in it than any form's answer is left out."""
    return {name: _copied(value, _DEEPEST) for name, value in data.items()}


def _copied(value: Any, left: int) -> Any:
    if isinstance(value, Mapping):
        return {name: _copied(one, left - 1) for name, one in value.items()} if left else {}
    if isinstance(value, list):
        return [_copied(one, left - 1) for one in value] if left else []
    return value


@dataclass(frozen=True, slots=True)
class Ask:
    """One question. name: where its answer stands. default: what stands there for a start. is_optional: nothing leaves it out.

    offers: which of the store's own words to suggest (`segments/offering.py`). stands: an answer that means several values at once.
    hint: a line below it, or one for each choice. empty: why there is nothing to choose from. leads: the page where that is mended.
    """

    name: str
    kind: str
    label: str
    choices: Choices = ()
    default: Any = ""
    is_optional: bool = False
    offers: str = ""
    stands: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hint: Words | Mapping[str, Words] = ""
    empty: Words = ""
    leads: str = ""

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"{self.kind!r} is no kind of question.")


Asks = Iterator[Ask]
Asking = Callable[[Told], Asks]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the answer that stands there. value: text, or a list of texts."""

    ask: Ask
    value: Any


def shown(told: Told, asking: Asking) -> list[Asked]:
    """Return the questions of a stored condition with its values; what is missing gets its default."""
    found = []
    for ask in asking(told):
        standing = _standing(told, ask)
        if standing is not None:
            found.append(Asked(ask, standing))
            continue
        value = told.get(ask.name, None)
        if value is None and not ask.is_optional and ask.kind != "rows":
            value = ask.default
            told.put(ask.name, value)
        found.append(Asked(ask, _written(value, ask)))
    return found


def taken(kind: str, posted: Mapping[str, Sequence[str]], asking: Asking) -> dict[str, Any]:
    """Return the JSON of a condition from a posted form. posted: the answers under each name; a name may be missing.

    Rows are kept where a question stands in them or asks for more of them; no other list is made of a name.
    """
    rows = _rows(posted)
    made, lists = _filled(kind, posted, asking, rows)
    if rows.keys() <= lists:
        return made
    return _filled(kind, posted, asking, {name: count for name, count in rows.items() if name in lists})[0]


def _filled(
    kind: str, posted: Mapping[str, Sequence[str]], asking: Asking, rows: Mapping[str, int]
) -> tuple[dict[str, Any], frozenset[str]]:
    """Return what is told once the rows are there and every question was asked, and the lists that the questions speak of."""
    told = Told({"is": kind})
    lists: set[str] = set()
    for name, count in sorted(rows.items(), key=lambda one: one[0].count(".")):
        told.put(name, [{} for _row in range(count)])
    for ask in asking(told):
        lists.update(_lists(ask))
        values = posted.get(ask.name)
        if values:
            for name, value in _answer(ask, values).items():
                told.put(name, value)
        elif not ask.is_optional and ask.kind != "rows":
            told.put(ask.name, ask.default)
    return told.data, frozenset(lists)


def _lists(ask: Ask) -> set[str]:
    """Return the lists a question stands in, and the one it asks for."""
    found = {row.rpartition(".")[0] for row in rows_of(ask.name)}
    return found | {ask.name} if ask.kind == "rows" else found


def _rows(posted: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return how many rows of each list were on the page ("where.0.property", "exits.1.where.0.property")."""
    found: dict[str, int] = {}
    for row in {row for name in posted for row in rows_of(name)}:
        of, _dot, index = row.rpartition(".")
        found[of] = max(found.get(of, 0), int(index) + 1)
    return found


def rows_of(name: str) -> list[str]:
    """Return the rows a question stands in, the outermost first: of "exits.1.where.0.property" "exits.1" and "exits.1.where.0".

    A name that is longer, or stands in more rows, than any question's gives none.
    """
    if len(name) > _LONGEST_NAME:
        return []
    parts = name.split(".")
    found: list[str] = []
    for place in range(1, len(parts) - 1, 2):
        if not re.fullmatch(r"[0-9]", parts[place]) or not re.fullmatch(r"[a-z_]+", parts[place - 1]):
            break
        found.append(".".join(parts[: place + 1]))
    return found if len(found) <= _DEEPEST_ROW else []


def _answer(ask: Ask, values: Sequence[str]) -> dict[str, Any]:
    """Return what one answer sets; nothing where an optional one is empty."""
    last = values[-1].strip()
    if last in ask.stands:
        return {f"{_before(ask.name)}{name}": value for name, value in ask.stands[last].items()}
    if ask.kind == "rows":
        return {}
    if ask.kind == "texts":
        lines = [line for value in values for line in value.splitlines()]
        told: Any = [line for line in dict.fromkeys(lines) if line.strip()][: _MOST_TEXTS + 1]
    else:
        told = _value(ask.kind, last)
    return {} if ask.is_optional and told in ("", []) else {ask.name: told}


def _value(kind: str, text: str) -> Any:
    """Return the value a text means; a text that is none stays, and is refused where the condition is read."""
    if kind == "flag":
        return text == "true"
    if kind == "whole" and re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    if kind == "number":
        plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
        if re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", plain):
            number = float(plain)
            return int(number) if number == int(number) else number
    return text


def is_told(asked: Asked) -> bool:
    """Say whether a question has an answer of its kind: something at all, and a number where one is asked for."""
    if asked.ask.kind in {"whole", "number"}:
        return not isinstance(_value(asked.ask.kind, asked.value), str)
    return bool(asked.value)


def _written(value: Any, ask: Ask) -> Any:
    if ask.kind == "texts":
        return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)] if value else []
    if ask.kind == "flag":
        return "true" if value is True else "false"
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    return "" if value is None else str(value)


def _standing(told: Told, ask: Ask) -> str | None:
    """Return the answer that stands for the values that are told, if one does."""
    for answer, values in ask.stands.items():
        if all(told.get(f"{_before(ask.name)}{name}", None) == value for name, value in values.items()):
            return answer
    return None


def _before(name: str) -> str:
    return name[: name.rfind(".") + 1]


def choices(words: Mapping[str, Words], keys: Sequence[str] = ()) -> Choices:
    """Return choices by their keys, in the order of the keys."""
    return tuple((key, words[key]) for key in keys or words)


def ask_number(
    told: Told, before: str = "", *, ops: Sequence[str], label: str = gettext_noop("is"), default: float = 1, kind: str = "number",
    is_count: bool = False,
) -> Asks:  # fmt: skip
    """Ask for a comparison of numbers. is_count: "not at all" is a choice of its own."""
    options = list(choices(NUMBERS, ops))
    stands: dict[str, Mapping[str, Any]] = {}
    if is_count:
        options.append(("none", gettext_noop("not at all")))
        stands = {"none": {"op": "equals", "value": 0}}
    ask = Ask(f"{before}op", "choice", label, options, ops[0], stands=stands)
    yield ask
    if told.word(f"{before}op") in _BARE or _standing(told, ask) is not None:
        return
    yield Ask(f"{before}value", kind, gettext_noop("number"), default=default)
    if told.word(f"{before}op").endswith("between"):
        yield Ask(f"{before}to", kind, gettext_noop("up to"), default=default)


def ask_text(told: Told, before: str = "", *, ops: Sequence[str] = tuple(TEXTS), offers: str = "") -> Asks:
    """Ask for a comparison of texts."""
    yield Ask(f"{before}op", "choice", gettext_noop("how"), choices(TEXTS, ops), ops[0])
    op = told.word(f"{before}op")
    if op not in _BARE:
        if op.endswith("matches"):
            yield Ask(f"{before}values", "text", gettext_noop("pattern"), hint=_PATTERN)
        else:
            yield Ask(f"{before}values", "texts", gettext_noop("what"), offers=offers)


def ask_list(told: Told, before: str = "", *, offers: str = "") -> Asks:
    """Ask for a comparison of a list."""
    yield Ask(f"{before}op", "choice", gettext_noop("how"), choices(LISTS), "any")
    op = told.word(f"{before}op")
    if op == "size":
        sizes = ("at_least", "at_most", "equals", "more", "less", "between")
        yield from ask_number(told, f"{before}size.", ops=sizes, kind="whole")
    elif op not in _BARE:
        yield Ask(f"{before}values", "texts", gettext_noop("what"), offers=offers)


def ask_flag(told: Told, before: str = "") -> Asks:
    """Ask for yes or no."""
    yield Ask(f"{before}op", "choice", gettext_noop("how"), choices(FLAGS), "yes")


def ask_date(told: Told, before: str = "", *, ways: Sequence[str]) -> Asks:
    """Ask for a comparison of a day or a moment."""
    yield Ask(f"{before}op", "choice", gettext_noop("how"), choices(DATES), "in")
    if told.word(f"{before}op") not in _BARE:
        yield from ask_window(told, f"{before}window.", ways=[way for way in ways if way != "ever"])


def ask_window(told: Told, before: str = "window.", *, ways: Sequence[str] = PAST, default: str = "last") -> Asks:
    """Ask for a stretch of time; ever is left out of the JSON."""
    has_ever = "ever" in ways
    options = [("", WINDOWS[way]) if way == "ever" else (way, WINDOWS[way]) for way in ways]
    yield Ask(f"{before}how", "choice", gettext_noop("when"), options, default, is_optional=has_ever)
    how = told.word(f"{before}how")
    if how in {"last", "ago", "next", "ahead"}:
        yield Ask(f"{before}count", "whole", gettext_noop("how long"), default=30)
        yield Ask(f"{before}unit", "choice", gettext_noop("of what"), choices(LENGTHS, UNITS), "days")
    if how in {"after", "between"}:
        yield Ask(f"{before}start", "day", gettext_noop("from"))
    if how in {"before", "between"}:
        yield Ask(f"{before}end", "day", gettext_noop("to"))


def ask_properties(told: Told, around: str = "", *, event: str) -> Asks:
    """Ask for what an event must say of itself: a row for each comparison told, and a way to add one. around: the row they stand in."""
    rows = told.get(f"{around}where", [])
    for place in range(min(len(rows) if isinstance(rows, list) else 0, _MOST_ROWS)):
        before = f"{around}where.{place}."
        yield Ask(f"{before}property", "pick", gettext_noop("only where"), offers=f"properties:{event}")
        yield Ask(f"{before}type", "choice", gettext_noop("which is a"), choices(PROPERTY_TYPES), "text")
        kind = told.word(f"{before}type")
        if kind == "number":
            yield from ask_number(told, before, ops=tuple(NUMBERS)[:8], label=gettext_noop("how"))
        elif kind == "text":
            name = told.word(f"{before}property")
            yield from ask_text(told, before, ops=tuple(TEXTS)[:8], offers=f"property:{event}:{name}")
        else:
            yield Ask(f"{before}op", "choice", gettext_noop("how"), choices(FLAGS, ("yes", "no") if kind == "flag" else tuple(_KNOWN)))
    yield Ask(f"{around}where", "rows", gettext_noop("Only where it says …"))


_KNOWN = ("known", "not_known")
