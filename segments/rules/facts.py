"""One customer as a rule sees them in Python: plain data, loaded by `segments/loading.py`, and what has to be loaded for a rule.

Texts are folded here as they are in the columns that SQL compares, so that both readers agree.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segments.rules.places import Circle


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an attribute."""

    text: str
    number: float | None = None
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """What they said of a channel."""

    status: str
    method: str
    source: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class SuppressionFact:
    """That their address on a channel is blocked: why, and since when."""

    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Counter:
    """How often they did something, first and last."""

    count: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """One event. properties: as told, numbers exact."""

    at: datetime
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ViewFact:
    """One view of a page or a screen, and what it says of where it came from, in small letters."""

    at: datetime
    device: str = ""
    referrer: str = ""
    source: str = ""
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class LineFact:
    """One product of an order."""

    product_id: str
    category: str
    brand: str
    vendor: str
    quantity: int


@dataclass(frozen=True, slots=True)
class OrderFact:
    """One order that counts. coupons: as told."""

    at: datetime
    currency: str
    total_minor: int
    refunded_minor: int
    coupons: Sequence[str] = ()
    lines: Sequence[LineFact] = ()


@dataclass(frozen=True, slots=True)
class CartFact:
    """The open basket."""

    stage: str
    currency: str
    total_minor: int
    lines_count: int
    last_activity_at: datetime
    idle_at: datetime | None
    abandoned_at: datetime | None


@dataclass(slots=True)
class Person:
    """One customer. row: the columns of `sql.TABLES`; what was not asked for stays empty."""

    id: int
    row: Mapping[str, Any]
    attributes: dict[int, list[Value]] = field(default_factory=dict)
    consents: dict[str, ConsentFact] = field(default_factory=dict)
    suppressions: dict[str, SuppressionFact] = field(default_factory=dict)
    counters: dict[int, Counter] = field(default_factory=dict)
    events: dict[str, list[Happening]] = field(default_factory=dict)
    views: list[ViewFact] = field(default_factory=list)
    orders: list[OrderFact] = field(default_factory=list)
    cart: CartFact | None = None
    segments: set[int] = field(default_factory=set)
    circles: set["Circle"] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Needs:
    """What has to be loaded to answer a rule. events: by name, from when on (None: all of them); views: so too, by kind."""

    attributes: frozenset[int] = frozenset()
    counters: frozenset[int] = frozenset()
    events: Mapping[str, datetime | None] = field(default_factory=dict)
    consents: bool = False
    orders: bool = False
    lines: bool = False
    cart: bool = False
    segments: bool = False
    suppressions: bool = False
    views: Mapping[str, datetime | None] = field(default_factory=dict)
    circles: frozenset["Circle"] = frozenset()

    def __or__(self, other: "Needs") -> "Needs":
        """Return what answers both rules."""
        return Needs(
            self.attributes | other.attributes,
            self.counters | other.counters,
            _earliest(self.events, other.events),
            self.consents or other.consents,
            self.orders or other.orders,
            self.lines or other.lines,
            self.cart or other.cart,
            self.segments or other.segments,
            self.suppressions or other.suppressions,
            _earliest(self.views, other.views),
            self.circles | other.circles,
        )


def together(needs: Iterable[Needs]) -> Needs:
    """Return what answers all of these rules."""
    found = Needs()
    for one in needs:
        found = found | one
    return found


def _earliest(one: Mapping[str, datetime | None], other: Mapping[str, datetime | None]) -> dict[str, datetime | None]:
    found = dict(one)
    for name, since in other.items():
        known = found.get(name, since)
        found[name] = None if known is None or since is None else min(known, since)
    return found


def exact(number: float | int | Decimal) -> Decimal:
    """Return a number of a rule as it is compared with numbers of events: exactly as it was written."""
    return number if isinstance(number, Decimal) else Decimal(repr(number))
