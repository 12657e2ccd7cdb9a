"""What a merchant's rule makes of a product that is not what the message would say of it. Pure: facts in, decision out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

GONE, SOLD_OUT, PRICE = "product_gone", "sold_out", "price_changed"
Key = tuple[str, str]
"""A product and a kind of it as the shop calls them; the second is empty where the basket does not say which."""


class Do(StrEnum):
    """What happens to a product a message would show. The values are those a rule is stored by, and `keep`."""

    KEEP = "keep"
    SHOW = "show"  # with the price of now
    LEAVE_OUT = "leave_out"
    SWAP = "swap"
    FALLBACK = "fallback"
    BLOCK = "block"


@dataclass(frozen=True)
class Offer:
    """What the shop says of a product now. price_since: when its price last changed; None where nobody told a price."""

    gone: bool = False
    sold_out: bool = False
    price_minor: int | None = None
    currency: str = ""
    price_since: datetime | None = None


@dataclass(slots=True)
class Item:
    """A product as the message would show it. price_minor: 0 where it is not known. since: when this was true."""

    key: Key
    name: str
    price_minor: int
    currency: str
    since: datetime | None


@dataclass(frozen=True)
class Rule:
    """A merchant's answers, with the usual ones in their place."""

    sold_out: Do = Do.LEAVE_OUT
    dearer: Do = Do.SHOW
    fallback: str = ""


@dataclass(frozen=True)
class Change:
    """What a message does not say as planned: stored in the trace. price_minor: the one it shows instead."""

    do: Do
    why: str
    name: str
    instead: str = ""
    price_minor: int | None = None


def decide(item: Item, offer: Offer | None, rule: Rule) -> tuple[Do, str]:
    """Return what happens to one product, and why. A product nobody knows anything of is kept.

    The price counts as changed only when the shop changed it after the item was put there: a basket's own discount is no lie.
    """
    if offer is None:
        return Do.KEEP, ""
    if offer.gone or offer.sold_out:
        return rule.sold_out, GONE if offer.gone else SOLD_OUT
    if offer.price_minor is None or offer.currency != item.currency or offer.price_minor == item.price_minor:
        return Do.KEEP, ""
    if item.price_minor and (item.since is None or offer.price_since is None or offer.price_since <= item.since):
        return Do.KEEP, ""
    if offer.price_minor < item.price_minor or not item.price_minor:
        return Do.SHOW, PRICE
    return rule.dearer, PRICE


def verdict(decisions: Sequence[tuple[Do, str]], *, kept: int, says_other_words: bool, rule: Rule) -> str:
    """Return why the whole message cannot go, or nothing. kept: how many products are left in it.

    Other words need a text and a place in the template; without them the rule cannot be followed, and nothing untrue is sent instead.
    """
    for do, why in decisions:
        if do is Do.BLOCK or (do is Do.FALLBACK and not (rule.fallback and says_other_words)):
            return why
    if decisions and not kept and not any(do is Do.FALLBACK for do, _ in decisions):
        return next((why for _, why in decisions if why), "")
    return ""


def merged(*answers: Mapping[str, str]) -> Rule:
    """Return the rule of several places, the nearest first: an empty answer is that of the next."""

    def first(name: str, usual: str) -> str:
        return next((one[name] for one in answers if one.get(name)), usual)

    return Rule(Do(first("sold_out", Do.LEAVE_OUT)), Do(first("dearer", Do.SHOW)), first("fallback", ""))
