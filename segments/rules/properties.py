"""What an event must say of itself to count: comparisons of its properties. Texts are compared as they were sent, letter by letter.

A comparison meets only values of its own type: a property that was a text and is now a number is found by the number from then on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.comparing import NumberTest, listed
from segments.rules.sql import Fragment, any_of, negated, piece

MOST = 10
TYPES = ("text", "number", "flag", "known")
_TEXT_OPS = {
    "is": gettext_noop("is %(values)s"), "is_not": gettext_noop("is not %(values)s"),
    "contains": gettext_noop("contains %(values)s"), "not_contains": gettext_noop("does not contain %(values)s"),
    "starts": gettext_noop("starts with %(values)s"), "not_starts": gettext_noop("does not start with %(values)s"),
    "ends": gettext_noop("ends with %(values)s"), "not_ends": gettext_noop("does not end with %(values)s"),
}  # fmt: skip
_NUMBER_OPS = ("equals", "not_equals", "more", "at_least", "less", "at_most", "between", "not_between")
_SAID = {
    "yes": gettext_noop("is yes"),
    "no": gettext_noop("is no"),
    "known": gettext_noop("is told"),
    "not_known": gettext_noop("is not told"),
}

_HOLDS: dict[str, Callable[[str, str], bool]] = {
    "is": lambda told, value: told == value, "contains": lambda told, value: value in told,
    "starts": lambda told, value: told.startswith(value), "ends": lambda told, value: told.endswith(value),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Property:
    """One comparison. op: of the plain way, negated beside it."""

    name: str
    type: str
    op: str
    negated: bool
    values: tuple[str, ...] = ()
    number: NumberTest | None = None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read {"property": "category", "type": "text", "op": "is", "values": ["Coffee"]}."""
        name, kind = fields.text("property", longest=120), fields.choice("type", TYPES)
        if kind == "number":
            number = NumberTest.read(fields, ops=_NUMBER_OPS)
            fields.close()
            return cls(name, kind, number.op, number.negated, number=number)
        ops = {"text": tuple(_TEXT_OPS), "flag": ("yes", "no"), "known": ("known", "not_known")}[kind]
        said = fields.choice("op", ops)
        values = fields.texts("values") if kind == "text" else ()
        fields.close()
        op = "is" if said == "is_not" else said.removeprefix("not_")
        return cls(name, kind, op, said != op, values)

    def sql(self) -> Fragment:
        """Return what is true of the row `event`; never NULL."""
        plain = self._plain()
        return negated(plain) if self.negated else plain

    def holds(self, properties: Mapping[str, Any]) -> bool:
        """Say whether an event's properties pass."""
        return self._passes(properties.get(self.name)) != self.negated

    def phrase(self) -> Phrase:
        """Say it: category is “Coffee”."""
        if self.number is not None:
            test: Phrase = self.number.phrase()
        else:
            word = self.op if not self.negated else "is_not" if self.op == "is" else f"not_{self.op}"
            test = Phrase((_TEXT_OPS if self.type == "text" else _SAID)[word], {"values": listed(self.values)})
        return Phrase(gettext_noop("%(property)s %(test)s"), {"property": self.name, "test": test})

    def _plain(self) -> Fragment:
        if self.type == "known":
            return piece("coalesce(jsonb_typeof(event.properties -> %s) <> 'null', false)", self.name)
        if self.type == "flag":
            return piece("coalesce(event.properties -> %s = %s::jsonb, false)", self.name, "true" if self.op == "yes" else "false")
        if self.number is not None:
            told = "(CASE WHEN jsonb_typeof(event.properties -> %s) = 'number' THEN (event.properties -> %s)::numeric END)"
            compared = self.number.sql(told)
            return piece("coalesce(") + Fragment(compared.text, (self.name, self.name, *compared.values)) + ", false)"
        is_text = piece("coalesce(jsonb_typeof(event.properties -> %s) = 'string', false) AND ", self.name)
        return piece("(") + is_text + any_of(self._one(value) for value in self.values) + ")"

    def _one(self, value: str) -> Fragment:
        told = "(event.properties ->> %s)"
        if self.op == "is":
            return piece(f"{told} = %s", self.name, value)
        if self.op == "starts":
            return piece(f"starts_with({told}, %s)", self.name, value)
        if self.op == "ends":
            return piece(f"right({told}, %s) = %s", self.name, len(value), value)
        return piece(f"strpos({told}, %s) > 0", self.name, value)

    def _passes(self, told: Any) -> bool:
        if self.type == "known":
            return told is not None
        if self.type == "flag":
            return told is (self.op == "yes")
        if self.number is not None:
            is_number = isinstance(told, int | float | Decimal) and not isinstance(told, bool)
            return is_number and self.number.holds(Decimal(told) if isinstance(told, int) else told)
        if not isinstance(told, str):
            return False
        return any(_HOLDS[self.op](told, value) for value in self.values)
