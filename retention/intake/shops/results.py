"""What a delivery of a shop means, as typed values: nothing behind this door sees a vendor's JSON.

A normaliser takes a `Message` and returns results; it has no database and no clock.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Message:
    """One delivery, read. at: when the shop sent it, or when we got it. currency: the store's, for shops that name none."""

    topic: str
    body: dict[str, Any]
    at: datetime
    currency: str


@dataclass(frozen=True)
class Person:
    """The names a shop gives somebody: its own id, an address, and an id that stands for a basket or an order until more is known."""

    external: str = ""
    email: str = ""
    anonymous: str = ""

    def __bool__(self) -> bool:
        return bool(self.external or self.email or self.anonymous)


@dataclass(frozen=True)
class Happened:
    """Something happened to a person: it becomes a stored event.

    once: what makes it the same thing when it is told again, for example the order's number; empty means its whole content does.
    """

    name: str
    person: Person
    properties: Mapping[str, Any]
    occurred_at: datetime
    kind: str = "track"
    once: str = ""


@dataclass(frozen=True)
class VariantSeen:
    """One variant of a product; amounts are decimal texts in major units, empty for not said."""

    shop_id: str
    name: str = ""
    sku: str = ""
    gtin: str = ""
    stock_id: str = ""
    price: str = ""
    compare_at: str = ""
    position: int = 1


@dataclass(frozen=True)
class ProductSeen:
    """A product as the shop has it now; state: active, draft or archived.

    whole: every variant it has is in `variants`. only_variants: nothing is said of the product itself.
    """

    shop_id: str
    name: str
    reported_at: datetime
    currency: str
    brand: str = ""
    url: str = ""
    image_url: str = ""
    category: str = ""
    tags: Sequence[str] = ()
    state: str = "active"
    variants: Sequence[VariantSeen] = ()
    whole: bool = True
    only_variants: bool = False


@dataclass(frozen=True)
class ProductGone:
    """The shop deleted a product."""

    shop_id: str
    reported_at: datetime


@dataclass(frozen=True)
class StockSeen:
    """How many pieces of a variant there are, over all places unless one is named."""

    product_id: str
    variant_id: str
    available: int
    reported_at: datetime
    location: str = ""


@dataclass(frozen=True)
class CostSeen:
    """What the shop itself pays for an article, found by its number in the stock or by its SKU."""

    stock_id: str
    sku: str
    cost: str
    currency: str
    reported_at: datetime


@dataclass(frozen=True)
class Forget:
    """The shop passes on that a person must be erased. phone: names them where the shop gives nothing else."""

    person: Person
    phone: str = ""


@dataclass(frozen=True)
class Asked:
    """Somebody asked the shop what is known about them; the merchant must answer within 30 days."""

    person: Person
    request_id: str


@dataclass(frozen=True)
class Joined:
    """The shop made one account out of two: `gone` is now `kept`."""

    kept: str
    gone: str


@dataclass(frozen=True)
class Disconnected:
    """The shop ended the connection itself."""

    why: str


@dataclass(frozen=True)
class Ignored:
    """Nothing comes of it, for a reason a merchant can read."""

    reason: str


Result = Happened | ProductSeen | ProductGone | StockSeen | CostSeen | Forget | Asked | Joined | Disconnected | Ignored
Normaliser = Callable[[Message], list[Result]]


@dataclass(frozen=True)
class Topic:
    """One thing a shop can tell. label: as the shop's own settings call it. wanted: whether we ask the merchant to tick it.

    own: keys its body has, alone: and no others. What takes something away is known by them, because a shop signs the body and not the
    topic: whoever sees one signed body could send it again under any.
    """

    name: str
    label: str
    read: Normaliser
    wanted: bool = False
    own: frozenset[str] = frozenset()
    alone: bool = False

    def fits(self, body: Mapping[str, Any]) -> bool:
        """Say whether a body can be one of this topic."""
        return self.own == body.keys() if self.alone else self.own <= body.keys()


@dataclass(frozen=True)
class Kind:
    """One kind of shop: how its headers are called, what it can tell, and what its test says."""

    key: str
    label: str
    topics: Mapping[str, Topic]
    headers: Mapping[str, str]
    sample_topic: str
    sample: Callable[[datetime, str], dict[str, Any]]
