"""An order uses a code: once, whatever the storefront repeats, and whoever asks at the same moment. Orders the shop reports count too."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.coupons.making import key_of
from campaigns.models import Coupon
from retention.orders.models import Order
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

VALID, NOT_GIVEN, EXPIRED, USED = (str(one) for one in Coupon.Standing)
UNKNOWN = "unknown"
LOOK_BACK = timedelta(days=10)

_REDEEM = """
    UPDATE campaigns_coupon SET redeemed_at = %s, order_number = %s
    WHERE store_id = %s AND id = %s AND redeemed_at IS NULL AND drawn_at IS NOT NULL AND (expires_at IS NULL OR expires_at > %s)
"""
_FROM_ORDERS = f"""
    UPDATE campaigns_coupon AS c SET redeemed_at = v.at, order_number = v.number
    FROM unnest(%s::text[], %s::text[], %s::timestamptz[]) WITH ORDINALITY AS v(key, number, at, place)
    WHERE c.store_id = %s AND c.code_key = v.key AND {said_to_be_few("v.place")} AND c.redeemed_at IS NULL
"""  # noqa: S608 - the condition above


@dataclass(frozen=True)
class Standing:
    """How a code stands. state: one of ours above; coupon is None for one nobody knows. again: this order had used it before."""

    state: str
    coupon: Coupon | None
    again: bool = False


def look_at(code: str, *, now: datetime) -> Standing:
    """Say how a code stands, changing nothing."""
    coupon = _find(code)
    if coupon is None:
        return Standing(UNKNOWN, None)
    if coupon.redeemed_at is not None:
        return Standing(USED, coupon)
    if coupon.drawn_at is None:
        return Standing(NOT_GIVEN, coupon)
    return Standing(EXPIRED if coupon.is_over(now) else VALID, coupon)


def redeem(code: str, *, order: str, now: datetime) -> Standing:
    """Let an order use a code. order: the shop's own number of it.

    The same order again gets the same answer; of two orders at once one wins, and the other is told `used`.
    """
    coupon = _find(code)
    if coupon is None:
        return Standing(UNKNOWN, None)
    with connection.cursor() as cursor:
        cursor.execute(_REDEEM, [now, order, require_store_id(), coupon.pk, now])
        won = cursor.rowcount == 1
    coupon.refresh_from_db()
    if won:
        return Standing(VALID, coupon)
    if coupon.redeemed_at is not None and coupon.order_number == order:
        return Standing(VALID, coupon, again=True)
    return look_at(code, now=now)


def release(code: str, *, order: str, now: datetime) -> Standing:
    """Take back that this order used a code: it was cancelled or never paid. Another order's use stays. Again is the same."""
    coupon = _find(code)
    if coupon is None:
        return Standing(UNKNOWN, None)
    used_by_it = Coupon.objects.filter(pk=coupon.pk, order_number=order, redeemed_at__isnull=False)
    released = used_by_it.update(redeemed_at=None, order_number="")
    return replace(look_at(code, now=now), again=not released)


def mark_from_orders(customer_ids: Sequence[int], *, now: datetime) -> int:
    """Note the codes that these customers' recent orders used, whoever they were given to; return how many were new.

    What the shop took is a fact: a code counts as used even where it was over or never given by us. Runs in the caller's transaction.
    """
    orders = Order.objects.filter(customer_id__in=list(customer_ids), placed_at__gt=now - LOOK_BACK, cancelled_at=None).exclude(coupons=[])
    used: dict[str, tuple[str, datetime]] = {}
    for codes, number, placed_at in orders.order_by("placed_at", "id").values_list("coupons", "number", "placed_at"):
        for code in codes if isinstance(codes, list) else []:
            used.setdefault(key_of(str(code)), (number, placed_at))
    if not used:
        return 0
    values: list[Any] = [list(used), [number for number, _ in used.values()], [at for _, at in used.values()]]
    with connection.cursor() as cursor:
        cursor.execute(_FROM_ORDERS, [*values, require_store_id()])
        return int(cursor.rowcount)


def _find(code: str) -> Coupon | None:
    found: Coupon | None = Coupon.objects.select_related("pool").filter(code_key=key_of(code)).first()
    return found
