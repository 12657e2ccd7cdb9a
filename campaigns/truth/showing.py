"""Before a message is rendered: look at what it shows, and let the merchant's rule change it. Before it leaves: look again.

Works on plain contexts (`personalization/context.py` makes them) and on whole slices: a handful of statements however many messages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from campaigns.models import Enrollment, Message
from campaigns.truth import picking
from campaigns.truth.deciding import Change, Do, Item, Key, Offer, Rule, decide, verdict
from campaigns.truth.offers import read_offers, read_similar
from campaigns.truth.using import EVENT, FALLBACK, LINES, PRICE, SHELF


@dataclass(slots=True)
class Seen:
    """What was true of a message's products when it was rendered.

    blocked: why it cannot go, by its rule; changes: what it says otherwise than planned.
    """

    offers: Mapping[Key, Offer | None] = field(default_factory=dict)
    blocked: str = ""
    changes: tuple[Change, ...] = ()


def look(
    messages: Sequence[Message],
    contexts: Mapping[int, dict[str, Any]],
    *,
    rules: Mapping[int, Rule],
    used: Mapping[int, Any],
    named: Mapping[int, Sequence[str]],
) -> dict[int, Seen]:
    """Change the contexts of messages by what the shop says now, and return what was seen, by message id.

    contexts: changed in place. used: what each message's template shows (`using.py`). named: the shop's ids of products it names itself.
    """
    began = _began([message for message in messages if EVENT in used[message.id]])
    shown = {message.id: _keys(message, contexts[message.id], used[message.id]) for message in messages}
    shelves = {one.id: picking.keys_on(contexts[one.id], named[one.id]) for one in messages if SHELF in used[one.id]}
    offers = read_offers(chain(*shown.values(), *shelves.values()))
    items = {  # of what the shop never spoke of nothing can be untrue
        message.id: _items(message, contexts[message.id], used[message.id], began)
        for message in messages
        if offers and not offers.keys().isdisjoint(shown[message.id])
    }
    swaps = _swaps(items, offers, rules)
    offers |= read_offers((str(one["product_id"]), str(one["variant_id"])) for one in swaps.values())
    seen = {
        pk: _look_at(contexts[pk], items[pk], offers, swaps, rules[pk], used[pk]) if pk in items else Seen(dict.fromkeys(keys))
        for pk, keys in shown.items()
        if keys
    }
    for pk, keys in shelves.items():
        picked = picking.pick(contexts[pk], offers, named=named[pk], rule=rules[pk])
        before = seen.get(pk, Seen())
        seen[pk] = _with_shelves(contexts[pk], before, picked, {key: offers.get(key) for key in keys}, rules[pk], used[pk])
    return seen


def _began(messages: Sequence[Message]) -> dict[int, datetime]:
    """Return when the events happened that started these messages' runs, by the run."""
    runs = {message.enrollment_id for message in messages if message.enrollment_id is not None}
    return dict(Enrollment.objects.filter(pk__in=runs).values_list("pk", "trigger_at")) if runs else {}


def _keys(message: Message, context: Mapping[str, Any], used: Any) -> list[Key]:
    """Return the products a message would show, without what is known of them."""
    lines, named = _products_of(message, context, used)
    return [*map(_key_of, lines), *(key for key, _name in named)]


def _items(message: Message, context: Mapping[str, Any], used: Any, began: Mapping[int, datetime]) -> list[Item]:
    """Return the products a message would show: of its basket, else of the event that started it."""
    lines, named = _products_of(message, context, used)
    found: list[Item] = []
    if lines and message.cart is not None:
        since, currency = message.cart.last_activity_at, message.cart.currency
        found += [Item(_key_of(line), str(line["name"]), line["price_minor"], currency, since) for line in lines]
    if named:
        since = began.get(message.enrollment_id or 0, message.planned_at)
        found += [Item(key, name, -1 if PRICE in used else 0, "", since) for key, name in named]
    return found


def _products_of(message: Message, context: Mapping[str, Any], used: Any) -> tuple[Sequence[dict[str, Any]], Sequence[tuple[Key, str]]]:
    """Return what a message shows of products: lines of its basket, and what the event that started it names."""
    lines = context["cart"]["lines"] if LINES in used and message.cart is not None else ()
    return lines, list(_of_event(context["event"])) if EVENT in used else ()


def _of_event(event: Any) -> Iterable[tuple[Key, str]]:
    if not isinstance(event, dict):
        return
    for one in [event, *(event["products"] if isinstance(event.get("products"), list) else [])]:
        if isinstance(one, dict) and isinstance(one.get("product_id"), str | int):
            yield (str(one["product_id"]), str(one.get("variant_id") or "")), str(one.get("name") or "")


def _swaps(items: Mapping[int, Sequence[Item]], offers: Mapping[Key, Offer], rules: Mapping[int, Rule]) -> dict[Key, dict[str, Any]]:
    wanted = {
        item.key: (item.price_minor, item.currency)
        for pk, found in items.items()
        if Do.SWAP in (rules[pk].sold_out, rules[pk].dearer)
        for item in found
        if item.currency and decide(item, offers.get(item.key), rules[pk])[0] is Do.SWAP
    }
    return read_similar(wanted)


def _look_at(
    context: dict[str, Any], items: Sequence[Item], offers: Mapping[Key, Offer], swaps: Mapping[Key, dict[str, Any]], rule: Rule, used: Any
) -> Seen:
    seen: dict[Key, Offer | None] = {item.key: offers.get(item.key) for item in items}
    decisions = [_decided(item, offers.get(item.key), rule) for item in items]
    if items and all(do is Do.KEEP for do, _why in decisions):
        return Seen(seen)
    in_basket = [place for place, item in enumerate(items) if item.currency]
    lines, changes = [], []
    for place in in_basket:
        item, line, (do, why) = items[place], context["cart"]["lines"][place], decisions[place]
        shown = _shown(line, do, offers.get(item.key), swaps.get(item.key))
        if shown is not None:
            lines.append(shown)
            seen |= {_key_of(shown): offers.get(_key_of(shown))}
        if do is not Do.KEEP:
            swapped = do is Do.SWAP and shown is not None
            done = Do.LEAVE_OUT if do is Do.SWAP and not swapped else do
            changes.append(Change(done, why, item.name[:120], shown["name"][:120] if swapped and shown else "", _price(shown, do)))
    changes += [Change(do, why, items[place].name[:120]) for place, (do, why) in enumerate(decisions) if place not in in_basket and why]
    kept = len(lines) + sum(not items[place].currency and do is Do.KEEP for place, (do, _) in enumerate(decisions))
    blocked = verdict(decisions, kept=kept, says_other_words=FALLBACK in used, rule=rule)
    if changes and in_basket:
        total = sum(line["total_minor"] for line in lines)
        context["cart"] = context["cart"] | {"lines": lines, "lines_count": len(lines), "total_minor": total}
    if any(do is Do.FALLBACK for do, _ in decisions):
        context["fallback"] = rule.fallback
    return Seen(seen, blocked, tuple(changes))


def _with_shelves(
    context: dict[str, Any], seen: Seen, picked: picking.Picked, offers: Mapping[Key, Offer | None], rule: Rule, used: Any
) -> Seen:
    """Put the shelves as they may be shown into a context, and return what was seen with them."""
    context |= picked.shelves
    if any(change.do is Do.FALLBACK for change in picked.changes):
        context["fallback"] = rule.fallback
    decisions = [(change.do, change.why) for change in picked.changes]
    blocked = seen.blocked or verdict(decisions, kept=1, says_other_words=FALLBACK in used, rule=rule)
    return Seen({**seen.offers, **offers}, blocked, (*seen.changes, *picked.changes))


def _decided(item: Item, offer: Offer | None, rule: Rule) -> tuple[Do, str]:
    """Decide on one product. What an event named cannot be left out or shown otherwise: it is said in other words, or not at all."""
    if item.currency:
        return decide(item, offer, rule)
    if offer is None or not (offer.gone or offer.sold_out):
        dearer = offer is not None and item.price_minor < 0 and item.since is not None and offer.price_since is not None
        if not (dearer and offer is not None and offer.price_since > item.since):  # type: ignore[operator]
            return Do.KEEP, ""
        return (Do.FALLBACK if rule.dearer is Do.FALLBACK else Do.BLOCK), "price_changed"
    return (Do.FALLBACK if rule.sold_out is Do.FALLBACK else Do.BLOCK), "product_gone" if offer.gone else "sold_out"


def _shown(line: dict[str, Any], do: Do, offer: Offer | None, swap: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a basket's line as the message shows it, or None when it is left out."""
    if do is Do.KEEP:
        return line
    if do is Do.SHOW and offer is not None and offer.price_minor is not None:
        return line | {"price_minor": offer.price_minor, "total_minor": offer.price_minor * line["quantity"]}
    if do is Do.SWAP and swap is not None:
        return line | swap | {"total_minor": swap["price_minor"] * line["quantity"]}
    return None


def _key_of(line: Mapping[str, Any]) -> Key:
    return str(line["product_id"]), str(line.get("variant_id", ""))


def _price(shown: Mapping[str, Any] | None, do: Do) -> int | None:
    return int(shown["price_minor"]) if shown is not None and do in (Do.SHOW, Do.SWAP) else None


def changed(seen: Mapping[int, Seen]) -> set[int]:
    """Return the messages of which a product is no longer what was rendered, in one statement."""
    now = read_offers(key for one in seen.values() for key in one.offers)
    return {pk for pk, one in seen.items() if any(now.get(key) != offer for key, offer in one.offers.items())}
