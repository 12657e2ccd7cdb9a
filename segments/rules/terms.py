"""What words of a rule mean in one store, and the moment a rule is asked for. No database here; `segments/knowing.py` reads it there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

Item = TypeVar("Item")
Where = Callable[[str, str], tuple[float, float] | None]
Called = Callable[[str, Sequence[str]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class AttributeTerm:
    """A custom attribute of the store. kind: text, number, flag, date or list."""

    id: int
    key: str
    kind: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class SegmentTerm:
    """Another segment of the store. uses: the public ids of the segments its own rule names."""

    id: int
    public_id: str
    name: str
    uses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """The words of one store: its attributes by key, names of events it counts, its segments by public id, its clock and its money.

    own: the public id of the segment whose rule is read, so that it cannot come to name itself. journeys: their names by public id.
    where: finds a postcode (as `places.py` compares it) of a country in the store's table, in degrees; asked only when needed.
    called: what people call countries ("country") and products ("product") of these codes, in their order; asked only for sentences.
    """

    store_id: int
    zone: ZoneInfo
    currency: str
    attributes: Mapping[str, AttributeTerm] = field(default_factory=dict)
    event_names: Mapping[str, int] = field(default_factory=dict)
    segments: Mapping[str, SegmentTerm] = field(default_factory=dict)
    own: str = ""
    journeys: Mapping[str, str] = field(default_factory=dict)
    where: Where = field(default=lambda _country, _postcode: None, compare=False)
    called: Called = field(default=lambda _what, codes: codes, compare=False)

    @property
    def measures(self) -> str:
        """Return the clock and the money, so that a change of either is noticed."""
        return f"{self.zone.key} {self.currency}"

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


def in_order(items: Iterable[Item], *, name: Callable[[Item], str], reads: Callable[[Item], Iterable[str]]) -> list[Item]:
    """Return segments so that each comes after those its rule names; a ring, which cannot be saved, is cut where it closes.

    name: what a segment's own membership is called; reads: what its answers rest on.
    """
    by_name = {name(item): item for item in items}
    done: dict[str, Item] = {}

    def add(own: str, path: frozenset[str]) -> None:
        if own in done or own in path:
            return
        for other in sorted(set(reads(by_name[own])) & by_name.keys()):
            add(other, path | {own})
        done[own] = by_name[own]

    for own in by_name:
        add(own, frozenset())
    return list(done.values())


@dataclass(frozen=True, slots=True)
class At:
    """The moment a rule is asked for, in a store. now: aware."""

    now: datetime
    terms: Terms
