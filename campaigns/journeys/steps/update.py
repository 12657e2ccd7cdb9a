"""The step that writes something down about the customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from campaigns.journeys.steps.base import Change, Here, Outcome, Plain
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop

MOST_ATTRIBUTES = 20
LONGEST = 500
TODAY = "today"


@dataclass(frozen=True)
class Update(Plain):
    """Set custom attributes: texts, numbers, yes or no, or the day the step is reached (in UTC). They are the shop's own word."""

    kind: ClassVar[str] = "update"
    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read {"set": {"plan": "gold", "visits": 3, "vip": true, "reminded_on": {"is": "today"}}}."""
        part = fields.part("set")
        values = {name: _value(part, name) for name in list(part.data)[:MOST_ATTRIBUTES]}
        if not 1 <= len(part.data) <= MOST_ATTRIBUTES:
            fields.fault("set", Phrase(gettext_noop("must be 1 to %(most)s attributes"), {"most": MOST_ATTRIBUTES}))
        return cls(step_id, values)

    def enter(self, here: Here) -> Outcome:
        """Write and go on."""
        values = {name: here.now.date().isoformat() if value is None else value for name, value in self.values.items()}
        return Outcome((Change(self.id, values),))

    def describe(self) -> Phrase:
        """Name what is written."""
        said = ", ".join(f"{name} = {TODAY if value is None else value}" for name, value in self.values.items())
        return Phrase(gettext_noop("Write down about them: %(values)s"), {"values": said})


def _value(part: Fields, name: str) -> Any:
    """Read one value; None stands for the day the step is reached."""
    value = part.data[name]
    if value == {"is": TODAY}:
        return None
    right = isinstance(value, bool | int | float) or (isinstance(value, str) and 0 < len(value) <= LONGEST and "\0" not in value)
    if not right or not 0 < len(name) <= 80:
        part.fault(name[:60], Phrase(gettext_noop('must be a text of 1 to 500 characters, a number, true, false or {"is": "today"}')))
    return value
