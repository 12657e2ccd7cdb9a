"""The shelves of a mail, looked at like its basket: what somebody looked at, what fits them, and what the template names itself.

They were filled for a whole slice (`personalization/shelves.py`); what is sold out or gone since is taken off, and a price is that of now.
Only what the template names is the merchant's own promise, so only there their rule may ask for other words, or for nothing to be sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from campaigns.truth.deciding import GONE, SOLD_OUT, Change, Do, Key, Offer, Rule

LISTS, NAMED = ("viewed", "recommended", "newest", "companions"), "products"


class Picked(NamedTuple):
    """The shelves as they may be shown, and what became of products the template names that cannot be."""

    shelves: dict[str, Any]
    changes: tuple[Change, ...]


def keys_on(context: Mapping[str, Any], named: Iterable[str]) -> set[Key]:
    """Return the products on the shelves of a context. named: the shop's ids of those its template names."""
    listed = {str(one["product_id"]) for name in LISTS for one in context[name]}
    return {(product, "") for product in (*listed, *context[NAMED], *named)}


def pick(context: Mapping[str, Any], offers: Mapping[Key, Offer], *, named: Sequence[str], rule: Rule) -> Picked:
    """Return what of the shelves still holds. named: as for `keys_on`."""
    shelves: dict[str, Any] = {name: [one for one in (_as_now(one, offers) for one in context[name]) if one] for name in LISTS}
    known: Mapping[str, dict[str, Any]] = context[NAMED]
    shelves[NAMED] = {product: one for product, one in ((product, _as_now(one, offers)) for product, one in known.items()) if one}
    missing = [product for product in named if product not in shelves[NAMED]]
    do = rule.sold_out if rule.sold_out in (Do.FALLBACK, Do.BLOCK) else Do.LEAVE_OUT
    names = {product: str(known[product]["name"] if product in known else product)[:120] for product in missing}
    return Picked(shelves, tuple(Change(do, _why(offers.get((product, ""))), names[product]) for product in missing))


def _as_now(one: dict[str, Any], offers: Mapping[Key, Offer]) -> dict[str, Any] | None:
    """Return a product as it may be shown, None where it may not."""
    offer = offers.get((str(one["product_id"]), "")) or Offer()
    if offer.gone or offer.sold_out:
        return None
    told = offer.price_minor is not None and offer.currency == one["currency"]
    return one | {"price_minor": offer.price_minor} if told else one


def _why(offer: Offer | None) -> str:
    return SOLD_OUT if offer is not None and offer.sold_out and not offer.gone else GONE
