"""The step where chance parts people: by weight, and always the same way for the same person."""

from dataclasses import dataclass
from typing import ClassVar, Self

from campaigns.journeys.steps.base import Here, Outcome, Plain, Way
from campaigns.measurement.lots import BUCKETS, lot_of
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop

MOST_PATHS = 10


@dataclass(frozen=True)
class Share:
    """One way: where it leads, what it is called, and its weight beside the others'."""

    go: str
    name: str
    weight: int


@dataclass(frozen=True)
class Split(Plain):
    """Part people by a hash of journey, step and person: nothing is drawn, so a replay and a second run go the same way."""

    kind: ClassVar[str] = "split"
    shares: tuple[Share, ...]

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read {"paths": [{"name": "A", "weight": 50, "go": "<step>"}, ...]}, two at least; weights are whole numbers from 1."""
        shares = tuple(_share(part) for part in fields.parts("paths", most=MOST_PATHS))
        names = [share.name for share in shares]
        if len(shares) < 2 or len(set(names)) < len(names):
            fields.fault("paths", Phrase(gettext_noop("must be two paths or more, each with a name of its own")))
        return cls(step_id, shares)

    def enter(self, here: Here) -> Outcome:
        """Go where this person always goes, and remember it."""
        share = self.share_of(store_id=here.run.store_id, journey_id=here.run.journey_id, customer_id=here.run.customer_id)
        return Outcome(go=share.go, remember={"paths": {**here.memory.get("paths", {}), self.id: share.name}})

    def share_of(self, *, store_id: int, journey_id: int, customer_id: int) -> Share:
        """Return the way of a person."""
        bucket = lot_of(f"split-{journey_id}-{self.id}", store_id=store_id, customer_id=customer_id)
        place, total = bucket * sum(share.weight for share in self.shares), 0
        for share in self.shares:
            total += share.weight * BUCKETS
            if place < total:
                return share
        return self.shares[-1]

    def ways(self) -> tuple[Way, ...]:
        """Lead on by every path."""
        return tuple(Way(share.go, share.name) for share in self.shares)

    def describe(self) -> Phrase:
        """Say the shares."""
        whole = sum(share.weight for share in self.shares)
        parts = ", ".join(f"{share.name} {share.weight * 100 / whole:.0f} %" for share in self.shares)
        return Phrase(gettext_noop("Part them by chance: %(parts)s"), {"parts": parts})


def _share(fields: Fields) -> Share:
    share = Share(fields.text("go", default="", longest=40), fields.text("name", longest=60), fields.whole("weight", low=1, high=1000))
    fields.close()
    return share
