"""What a customer's events make of their baskets: a pure fold, the same result for the same events however they arrived.

No database here; `carting.py` feeds it and writes the result. A new basket event: one line in `EVENTS`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import msgspec

from retention.kit.money import LARGEST_AMOUNT, decimals_of
from retention.orders.amounts import MOST_LINES, MOST_PIECES, Line, read_currency, read_line, read_lines, read_text

ADD, REMOVE, SHOW, STEP = "add", "remove", "show", "step"
EVENTS: dict[str, tuple[str, str]] = {
    "Product Added": (ADD, "basket"),
    "Product Removed": (REMOVE, "basket"),
    "Cart Viewed": (SHOW, "basket"),
    "Checkout Started": (SHOW, "checkout"),
    "Checkout Step Viewed": (STEP, "checkout"),
    "Checkout Step Completed": (STEP, "checkout"),
    "Payment Info Entered": (STEP, "payment"),
}
GIVEN_UP_AFTER = timedelta(days=14)  # untouched for so long a basket is given up; what comes later is another one
Product = tuple[str, str]


class Change(msgspec.Struct, frozen=True, gc=False):
    """One basket event, read. `lines` are the products it names; `whole` when they are all there is in the basket, be it nothing.

    named: the event names its currency itself; otherwise `currency` is the store's.
    """

    at: datetime
    event_id: int
    act: str
    stage: str
    currency: str
    lines: tuple[Line, ...] = ()
    whole: bool = False
    named: bool = True
    shop_id: str = ""
    restore_url: str = ""


class Purchase(msgspec.Struct, frozen=True, gc=False):
    """An order, which closes the basket that is open at that moment."""

    at: datetime
    order_id: int


class Basket(msgspec.Struct):
    """A basket as far as it came. cart_id: the row it is stored in, when it has one. Closed without an order: given up.

    idle_at, abandoned_at: moments that were noted of it before, under whichever row.
    """

    started_at: datetime
    last_activity_at: datetime
    currency: str
    stage: str = "basket"
    lines: dict[Product, Line] = msgspec.field(default_factory=dict)
    closed_at: datetime | None = None
    order_id: int | None = None
    cart_id: int | None = None
    shop_id: str = ""
    restore_url: str = ""
    idle_at: datetime | None = None
    abandoned_at: datetime | None = None

    @property
    def total_minor(self) -> int:
        """Return what the basket is worth, at most the largest amount we take."""
        return min(sum(line.quantity * line.price_minor for line in self.lines.values()), LARGEST_AMOUNT)


def read_change(name: str, properties: dict[str, Any], *, at: datetime, event_id: int, currency: str) -> Change:
    """Return one basket event, read; raises Unreadable with the property that cannot be used."""
    act, stage = EVENTS[name]
    stated = read_currency(properties, usual=currency)
    one = act in {ADD, REMOVE}
    lines = [read_line(properties, currency=stated)] if one else read_lines(properties, currency=stated)
    step = properties.get("step")
    if act == STEP and stage == "checkout" and isinstance(step, str | int) and not isinstance(step, bool):
        stage = f"checkout_{step}"[:40]
    shop_id = read_text(properties.get("cart_id") or properties.get("checkout_id"), longest=120)
    restore_url = read_text(properties.get("restore_url") or properties.get("checkout_url"), longest=2000)
    return Change(
        at=at,
        event_id=event_id,
        act=act,
        stage=stage,
        currency=stated,
        lines=tuple(lines),
        whole=not one and properties.get("products") is not None,
        named=properties.get("currency") not in (None, ""),
        shop_id=shop_id,
        restore_url=restore_url if restore_url.startswith(("https://", "http://")) else "",
    )


def fold(changes: Iterable[Change], purchases: Iterable[Purchase], *, start: Basket | None = None) -> list[Basket]:
    """Return the baskets that these events make, oldest first, beginning with the one open at the start.

    At the same moment a basket event comes before an order, and of two events the one stored first.
    """
    moments: list[tuple[tuple[datetime, int, int], Change | Purchase]] = [((change.at, 0, change.event_id), change) for change in changes]
    moments += [((purchase.at, 1, purchase.order_id), purchase) for purchase in purchases]
    baskets = [start] if start is not None else []
    current = start
    for _key, moment in sorted(moments, key=itemgetter(0)) if len(moments) > 1 else moments:
        if current is not None and moment.at - current.last_activity_at > GIVEN_UP_AFTER:
            current.closed_at = current.last_activity_at + GIVEN_UP_AFTER
            current = None
        if isinstance(moment, Purchase):
            if current is not None:
                current.closed_at, current.order_id = moment.at, moment.order_id
                current = None
        else:
            if current is None:
                if moment.act == REMOVE or (not moment.lines and (moment.act == STEP or moment.stage == "basket")):
                    continue  # a step told a moment after the order is the old basket's last word, not a new empty one
                current = Basket(started_at=moment.at, last_activity_at=moment.at, currency=moment.currency)
                baskets.append(current)
            _apply(current, moment)
    return baskets


def _apply(basket: Basket, change: Change) -> None:
    basket.last_activity_at = max(basket.last_activity_at, change.at)
    if change.lines and change.act != REMOVE and not _same_money(basket, change):
        basket.lines, basket.currency = {}, change.currency
    basket.shop_id, basket.restore_url = change.shop_id or basket.shop_id, change.restore_url or basket.restore_url
    if change.act == ADD:
        _add(basket, change.lines[0])
    elif change.act == REMOVE:
        _remove(basket, change.lines[0])
    elif change.whole:
        basket.lines = {}
        for line in change.lines:
            _add(basket, line)
    if change.stage != "basket" or change.act in {ADD, REMOVE}:
        basket.stage = change.stage


def _same_money(basket: Basket, change: Change) -> bool:
    """Say whether the products of a change may join those in the basket; one that names no currency means the basket's."""
    if change.named or decimals_of(change.currency) != decimals_of(basket.currency):
        return change.currency == basket.currency
    return True


def _add(basket: Basket, line: Line) -> None:
    """Put pieces into the basket; many events may not make it larger than one could say (`MOST_PIECES`, `MOST_LINES`)."""
    product = (line.product_id, line.variant_id)
    before = basket.lines.get(product)
    if before is None and len(basket.lines) >= MOST_LINES:
        return
    basket.lines[product] = line if before is None else line._replace(quantity=min(before.quantity + line.quantity, MOST_PIECES))


def _remove(basket: Basket, line: Line) -> None:
    product = (line.product_id, line.variant_id)
    before = basket.lines.get(product)
    if before is None:
        return
    if before.quantity > line.quantity:
        basket.lines[product] = before._replace(quantity=before.quantity - line.quantity)
    else:
        del basket.lines[product]
