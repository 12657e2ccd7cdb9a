"""What a batch of events says about orders, refunds, returns and baskets, applied in the one order that makes arrival irrelevant.

The rules of each stand in the orders room; here is only who comes after whom.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from retention.customers.changes import CART, ORDERS
from retention.intake.projecting.waiting import Waiting
from retention.orders.announcing import announce_changes, newest_order
from retention.orders.baskets import EVENTS as BASKET_EVENTS
from retention.orders.carting import update_carts
from retention.orders.figures import refigure
from retention.orders.idling import hush, ring_for_idle
from retention.orders.models import Order
from retention.orders.placing import Placed, cancel_orders, place_orders
from retention.orders.refunding import join_refunds, take_refunds, take_returns
from retention.orders.reports import CANCELLED, COMPLETED, NAMES, REFUNDED, RETURNED, UPDATED, Told

ORDER_FROM_BROWSER = "An order counts only when the shop's server sends it with a secret key."


class Lived(NamedTuple):
    """An event and the customer who lived it."""

    event: Waiting
    customer_id: int


def apply_orders(lived: Sequence[Lived], *, currency: str, now: datetime) -> tuple[dict[int, str], dict[int, set[str]]]:
    """Place orders, take refunds and returns, then bring the baskets of everybody concerned up to date.

    Return refusals by event id, and what changed of whom, in the words of `customers/changes.py`.
    """
    tracked = [one for one in lived if one.event.kind == "track"]
    told = [_told(one) for one in tracked if one.event.name in NAMES and one.event.trusted]
    refusals = {one.event.pk: ORDER_FROM_BROWSER for one in tracked if one.event.name in NAMES and not one.event.trusted}
    placed, owners = _apply_reports(told, refusals, currency=currency, now=now) if told else (Placed(), set[int]())
    earliest = dict(placed.moments)
    shopping = [one for one in tracked if one.event.name in BASKET_EVENTS]
    for one in shopping:
        moment = one.event.occurred_at
        earliest[one.customer_id] = min(earliest.get(one.customer_id, moment), moment)
    if earliest:
        refusals |= update_carts(earliest, currency=currency, now=now, at_hand={one.event.pk: one.event.properties for one in shopping})
        hush(_only_about_the_past(shopping))
        ring_for_idle(earliest)
    changed = {customer_id: {CART} for customer_id in earliest}
    for customer_id in owners:
        changed.setdefault(customer_id, set()).add(ORDERS)
    return refusals, changed


def _apply_reports(told: Sequence[Told], refusals: dict[int, str], *, currency: str, now: datetime) -> tuple[Placed, set[int]]:
    newest_before = newest_order()
    by_name: dict[str, list[Told]] = {name: [] for name in NAMES}
    for one in told:
        by_name[one.name].append(one)
    placed = place_orders(sorted(by_name[COMPLETED] + by_name[UPDATED], key=_when), currency=currency)
    cancelled = cancel_orders(by_name[CANCELLED])
    refusals |= placed.refusals | cancelled.refusals
    refusals |= take_refunds(by_name[REFUNDED], currency=currency)
    refusals |= take_returns(by_name[RETURNED], currency=currency)
    touched = join_refunds(_numbers(told), order_ids=placed.touched | cancelled.touched)
    owners = _customers_of(touched)
    refigure(owners, currency=currency)
    announce_changes(touched, numbers=_numbers(one for one in told if not one.backfill), newest_before=newest_before, now=now)
    return placed, owners


def _told(one: Lived) -> Told:
    event = one.event
    return Told(
        event.pk,
        event.name,
        one.customer_id,
        event.properties,
        event.occurred_at,
        event.received_at,
        source=event.source,
        backfill=event.backfill,
    )


def _when(told: Told) -> tuple[datetime, int]:
    return told.at, told.event_id


def _numbers(told: Iterable[Told]) -> set[str]:
    stated = (one.properties.get("order_id") or one.properties.get("orderId") for one in told)
    return {str(number).strip() for number in stated if isinstance(number, str | int)}


def _customers_of(order_ids: Iterable[int]) -> set[int]:
    owners = Order.objects.filter(pk__in=list(order_ids), customer_id__isnull=False).values_list("customer_id", flat=True)
    return set(owners)


def _only_about_the_past(shopping: Sequence[Lived]) -> Mapping[int, datetime]:
    """Return the customers whose basket events in this batch all tell about the past, with the last of them."""
    living = {one.customer_id for one in shopping if not one.event.backfill}
    last: dict[int, datetime] = {}
    for one in shopping:
        if one.customer_id not in living:
            last[one.customer_id] = max(last.get(one.customer_id, one.event.occurred_at), one.event.occurred_at)
    return last
