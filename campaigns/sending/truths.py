"""The truth check of one slice: before rendering what is shown is looked up and changed by the merchant's rule, and in the gate's
transaction it is looked at again. What changed in between is rendered anew; what must not be said stays.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from campaigns.coupons import drawing
from campaigns.coupons.drawing import Kept
from campaigns.models import Message, versions_among
from campaigns.personalization.shelves import chosen_in
from campaigns.truth import showing
from campaigns.truth.rules import rules_of
from campaigns.truth.showing import Seen
from campaigns.truth.using import COUPON, EVENT, LINES, SHELF, uses
from retention.stores.models import Store

CHANGED, ORDERED = "changed", "ordered"
_INSTANT = timedelta(microseconds=1)
_UNSEEN, _NONE_KEPT = Seen(), Kept()
_PRODUCTS = frozenset((LINES, EVENT, SHELF))
_ANY = _PRODUCTS | {COUPON}


@dataclass(slots=True)  # as `Facts`: there is one for every message
class Shown:
    """What one message shows that can become untrue. blocked: why it must not leave as it is, or nothing."""

    seen: Seen
    kept: Kept
    about_basket: bool = False

    @property
    def blocked(self) -> str:
        """Return why it must not leave."""
        return self.seen.blocked or self.kept.refusal


def look(messages: Sequence[Message], contexts: Mapping[int, dict[str, Any]], *, store: Store, now: datetime) -> dict[int, Shown]:
    """Look up what messages show, change their contexts by the merchant's rules, and keep their coupons. Call it outside a transaction.

    Returns nothing for a message that shows nothing of the kind; then no statement was run for it.
    """
    by_version = {pk: uses(version) for pk, version in versions_among(messages).items()}
    used = {message.id: by_version[message.template_version_id] for message in messages}
    concerned = [message for message in messages if used[message.id] & _ANY]
    found = rules_of(concerned) if concerned else {}
    rules = {pk: one.rule for pk, one in found.items()}
    named = {one.id: _named(*one.template_version.texts()) if SHELF in used[one.id] else () for one in concerned}
    shows_products = [one for one in concerned if used[one.id] & _PRODUCTS]
    seen = showing.look(shows_products, contexts, rules=rules, used=used, named=named)
    drawing_ = [one for one in concerned if COUPON in used[one.id] and not seen.get(one.id, _UNSEEN).blocked]
    kept = _keep(drawing_, {pk: one.pool_id for pk, one in found.items()}, store=store, now=now)
    for pk, one in kept.items():
        contexts[pk]["coupon"] = _as_word(one, store=store)
    return {
        message.id: Shown(seen.get(message.id, _UNSEEN), kept.get(message.id, _NONE_KEPT), message.cart_id is not None)
        for message in messages
        if message.id in found or message.cart_id is not None
    }


@lru_cache(maxsize=256)  # by the texts of a version, which never change
def _named(*texts: str) -> tuple[str, ...]:
    return tuple(chosen_in(texts))


def _keep(messages: Sequence[Message], pools: Mapping[int, int | None], *, store: Store, now: datetime) -> dict[int, Kept]:
    sorted_, without = drawing.by_pool(messages, pools)
    return drawing.keep(sorted_, zone=store.timezone, now=now) | {one.id: Kept(refusal=drawing.NO_POOL) for one in without}


def _as_word(kept: Kept, *, store: Store) -> dict[str, str]:
    """Return what a template sees as `coupon`. expires: the last day it counts, ISO, in the shop's zone."""
    if kept.expires_at is None:
        return {"code": kept.code, "expires": ""}
    last = kept.expires_at.astimezone(store.timezone) - _INSTANT
    return {"code": kept.code, "expires": last.date().isoformat()}


def unspoken(shown: Iterable[Shown]) -> list[str]:
    """Return the products that messages show, by the shop's ids, where it spoke of none of them when they were made; else nothing."""
    seen = [one.seen.offers for one in shown]
    if any(offer is not None for offers in seen for offer in offers.values()):
        return []
    return sorted({product for offers in seen for product, _variant in offers})


def look_again(messages: Mapping[int, bool], shown: Mapping[int, Shown], *, still_unspoken: bool = False, now: datetime) -> dict[int, str]:
    """Return why messages must not leave as they were rendered, in the gate's transaction: a rule, an order, or a change since.

    messages: whether their person ordered since they last touched the basket. still_unspoken: the shop spoke of no product they show when
    they were made, and the gate has just read that it still does not; then nothing is asked.
    """
    mine = {pk: one for pk, one in shown.items() if pk in messages}
    showing_some = {} if still_unspoken else {pk: one.seen for pk, one in mine.items() if one.seen.offers}
    changed = showing.changed(showing_some) if showing_some else set()
    changed |= drawing.changed({pk: one.kept for pk, one in mine.items()}, now=now)
    ordered = [pk for pk, one in mine.items() if one.about_basket and messages[pk]]
    found = {pk: one.blocked for pk, one in mine.items() if one.blocked}
    return found | dict.fromkeys(changed, CHANGED) | dict.fromkeys(ordered, ORDERED)


def settle(leaving: Iterable[int], staying: Iterable[int], shown: Mapping[int, Shown], *, now: datetime) -> None:
    """Give the coupons of what leaves, and put back those of what does not, in the gate's transaction."""
    drawing.give({shown[pk].kept.coupon_id for pk in leaving if pk in shown and shown[pk].kept.coupon_id}, now=now)
    drawing.put_back({shown[pk].kept.coupon_id for pk in staying if pk in shown and shown[pk].kept.coupon_id})
