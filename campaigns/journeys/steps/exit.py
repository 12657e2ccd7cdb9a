"""The step where a run ends well."""

from dataclasses import dataclass
from typing import ClassVar, Self

from campaigns.journeys.steps.base import Here, Outcome, Plain, Way
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop


@dataclass(frozen=True)
class Exit(Plain):
    """End the run. A journey without it ends after its last step all the same."""

    kind: ClassVar[str] = "exit"

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read nothing: an exit has no fields of its own."""
        return cls(step_id)

    def enter(self, here: Here) -> Outcome:
        """End here."""
        return Outcome(ends=True)

    def ways(self) -> tuple[Way, ...]:
        """Lead nowhere."""
        return ()

    def describe(self) -> Phrase:
        """Say that it ends."""
        return Phrase(gettext_noop("Leave the journey"))
