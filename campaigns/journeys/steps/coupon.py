"""The step that keeps a coupon code for a run, before a message names it."""

from dataclasses import dataclass
from typing import ClassVar, Self

from campaigns.journeys.steps.base import Draw, Here, Outcome, Plain
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop


@dataclass(frozen=True)
class Coupon(Plain):
    """Keep a code of a pool for this run: every message of the run that draws from the pool shows this one.

    leaves: whether somebody for whom no code is left leaves; else they go on, and what a message does without a code is its own rule.
    """

    kind: ClassVar[str] = "coupon"
    pool: str
    leaves: bool = False

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read {"pool": "<public id>", "without": "go_on" or "leave"}."""
        return cls(step_id, fields.text("pool", longest=60), fields.choice("without", ("go_on", "leave"), default="go_on") == "leave")

    def enter(self, here: Here) -> Outcome:
        """Ask for a code; what came of it is known at once, in the next look."""
        return Outcome((Draw(self.id, self.pool),), wait_until=here.now)

    def resume(self, here: Here) -> Outcome:
        """Go on with the code, or without one."""
        lost = self.leaves and not here.memory.get("got", False)
        return Outcome(ends=lost, reason="coupons_out" if lost else "", remember={"got": None})

    def describe(self) -> Phrase:
        """Name the pool. Pages put its name in the place of its public id."""
        return Phrase(gettext_noop("Keep a code of “%(pool)s” for them"), {"pool": self.pool})
