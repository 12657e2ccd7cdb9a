"""What words of a rule mean in one store, and the moment a rule is asked for. No database here; `segments/knowing.py` reads it there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class AttributeTerm:
    """A custom attribute of the store. kind: text, number, flag, date or list."""

    id: int
    key: str
    kind: str
    label: str = ""


@dataclass(frozen=True)
class SegmentTerm:
    """Another segment of the store. uses: the public ids of the segments its own rule names."""

    id: int
    public_id: str
    name: str
    uses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Terms:
    """The words of one store: its attributes by key, names of events it counts, its segments by public id, its clock and its money.

    own: the public id of the segment whose rule is read, so that it cannot come to name itself.
    """

    store_id: int
    zone: ZoneInfo
    currency: str
    attributes: Mapping[str, AttributeTerm] = field(default_factory=dict)
    event_names: Mapping[str, int] = field(default_factory=dict)
    segments: Mapping[str, SegmentTerm] = field(default_factory=dict)
    own: str = ""

    def leads_to_itself(self, public_id: str) -> bool:
        """Say whether naming this segment would make the rule name itself, however far round."""
        seen, waiting = set[str](), [public_id]
        while waiting:
            current = waiting.pop()
            if current == self.own:
                return True
            if current in seen:
                continue
            seen.add(current)
            term = self.segments.get(current)
            waiting += term.uses if term else ()
        return False


@dataclass(frozen=True)
class At:
    """The moment a rule is asked for, in a store. now: aware."""

    now: datetime
    terms: Terms
