"""The step that tells another system of the merchant that somebody came here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from campaigns.journeys.steps.base import Call, Here, Outcome, Plain
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop

MOST_VALUES = 20
LONGEST = 500


@dataclass(frozen=True)
class Webhook(Plain):
    """Tell one of the store's webhook endpoints. It is signed, called and tried again like everything told there; nobody waits for it."""

    kind: ClassVar[str] = "webhook"
    endpoint: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read {"endpoint": "<public id>", "data": {"list": "vip"}}; data: texts, numbers, yes and no."""
        endpoint = fields.text("endpoint", longest=60)
        part = fields.part("data") if fields.told("data") else Fields({}, f"{fields.path}.data", fields.problems)
        fields.read.add("data")
        if len(part.data) > MOST_VALUES:
            fields.fault("data", Phrase(gettext_noop("must be at most %(most)s values"), {"most": MOST_VALUES}))
        for name, value in part.data.items():
            if not (isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= LONGEST and "\0" not in value)):
                part.fault(str(name)[:60], Phrase(gettext_noop("must be a text of at most 500 characters, a number, true or false")))
        return cls(step_id, endpoint, dict(part.data))

    def enter(self, here: Here) -> Outcome:
        """Tell and go on."""
        return Outcome((Call(self.id, self.endpoint, self.data),))

    def describe(self) -> Phrase:
        """Name the endpoint. Pages put its address in the place of its public id."""
        return Phrase(gettext_noop("Tell “%(endpoint)s” that they came here"), {"endpoint": self.endpoint})
