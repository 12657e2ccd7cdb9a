"""Last click: an order belongs to the message its customer clicked last before it, within a window stored with the result.

Each channel has a window of its own, which the store may change; then everything credited so far is counted again (`recount`). One
statement for any number of customers; running it again changes nothing. Suspected (machine) clicks never count.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from campaigns.models import CreditRule
from retention.customers.keeping import months_before
from retention.kit.locks import transaction_lock
from retention.orders.models import Order
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import require_store_id

WINDOWS: Mapping[str, int] = {"email": 5, "sms": 5, "push": 1, "onsite": 1}
"""The usual windows in days, by channel. Source: field guide, attribution."""
LEAST_DAYS, MOST_DAYS = 1, 21
REPORTED_WITHIN = timedelta(days=5)
"""Shops report an order within days of its moment; later than that it is not credited any more, unless everything is counted again."""
METHOD = "last_click"
WORK = "credits"
SLICE = 2_000

_ATTRIBUTE = """
    INSERT INTO campaigns_attribution
        (store_id, order_id, message_id, customer_id, method, window_days, clicked_at, credited_at, total_minor, currency)
    SELECT placed.store_id, placed.id, click.message_id, placed.customer_id, %(method)s, click.days, click.at, %(now)s,
        placed.total_minor, placed.currency
    FROM orders_order AS placed
    CROSS JOIN LATERAL (
        SELECT click.message_id, click.at, rule.days FROM campaigns_click AS click
        JOIN campaigns_message AS clicked ON clicked.store_id = click.store_id AND clicked.id = click.message_id
        JOIN unnest(%(channels)s::text[], %(days)s::int[]) AS rule(channel, days) ON rule.channel = clicked.channel
        WHERE click.store_id = placed.store_id AND click.customer_id = placed.customer_id AND click.suspected = ''
            AND click.at <= placed.placed_at AND click.at > placed.placed_at - %(longest)s * interval '1 day'
            AND click.at > placed.placed_at - rule.days * interval '1 day'
        ORDER BY click.at DESC, click.id DESC LIMIT 1
    ) AS click
    WHERE placed.store_id = %(store)s AND [[which]]
    ON CONFLICT (store_id, order_id, method) DO UPDATE SET
        message_id = excluded.message_id, clicked_at = excluded.clicked_at, window_days = excluded.window_days,
        total_minor = excluded.total_minor, currency = excluded.currency
    WHERE (campaigns_attribution.message_id, campaigns_attribution.window_days, campaigns_attribution.total_minor)
        IS DISTINCT FROM (excluded.message_id, excluded.window_days, excluded.total_minor)
"""
_RECOVERED = """
    UPDATE orders_cart AS cart SET state = 'recovered'
    FROM orders_order AS placed
    JOIN campaigns_attribution AS credit ON credit.store_id = placed.store_id AND credit.order_id = placed.id
    JOIN campaigns_message AS message ON message.store_id = credit.store_id AND message.id = credit.message_id
    WHERE cart.store_id = %(store)s AND placed.store_id = cart.store_id AND [[which]]
        AND placed.cart_id = cart.id AND message.cart_id = cart.id AND cart.state = 'bought'
"""
# A click that is no longer kept stands in the credit itself, so a shorter window is right also for what is long ago.
_TOO_LATE = """
    DELETE FROM campaigns_attribution AS credit
    USING orders_order AS placed, campaigns_message AS message, unnest(%(channels)s::text[], %(days)s::int[]) AS rule(channel, days)
    WHERE credit.store_id = %(store)s AND placed.store_id = credit.store_id AND placed.id = credit.order_id AND [[which]]
        AND credit.method = %(method)s AND message.store_id = credit.store_id AND message.id = credit.message_id
        AND rule.channel = message.channel AND credit.clicked_at <= placed.placed_at - rule.days * interval '1 day'
"""
_SAME_CLICK = """
    UPDATE campaigns_attribution AS credit SET window_days = rule.days
    FROM orders_order AS placed, campaigns_message AS message, unnest(%(channels)s::text[], %(days)s::int[]) AS rule(channel, days)
    WHERE credit.store_id = %(store)s AND placed.store_id = credit.store_id AND placed.id = credit.order_id AND [[which]]
        AND credit.method = %(method)s AND message.store_id = credit.store_id AND message.id = credit.message_id
        AND rule.channel = message.channel AND credit.window_days <> rule.days
"""
_NOT_RECOVERED = """
    UPDATE orders_cart AS cart SET state = 'bought'
    FROM orders_order AS placed
    WHERE cart.store_id = %(store)s AND placed.store_id = cart.store_id AND [[which]] AND placed.cart_id = cart.id
        AND cart.state = 'recovered'
        AND EXISTS (SELECT FROM campaigns_message AS about WHERE about.store_id = cart.store_id AND about.cart_id = cart.id)
        AND NOT EXISTS (
            SELECT FROM campaigns_attribution AS credit
            JOIN orders_order AS other ON other.store_id = credit.store_id AND other.id = credit.order_id AND other.cart_id = cart.id
            JOIN campaigns_message AS message ON message.store_id = credit.store_id AND message.id = credit.message_id
            WHERE credit.store_id = cart.store_id AND message.cart_id = cart.id
        )
"""
_OF_CUSTOMERS = "placed.customer_id = ANY(%(customers)s) AND placed.placed_at > %(since)s"
# Credits go with the messages they name: what is older than those are kept stays as it was counted.
_OF_SLICE = """
    placed.id > %(after)s AND placed.id <= %(upto)s AND placed.customer_id IS NOT NULL
    AND (%(kept)s::timestamptz IS NULL OR placed.placed_at >= %(kept)s)
"""


def attribute(customer_ids: Sequence[int], *, now: datetime) -> None:
    """Credit these customers' recent orders, and note which baskets came back by a message about them.

    Runs in the caller's transaction.
    """
    values = _values(now=now)
    values |= {"customers": list(customer_ids), "since": now - timedelta(days=values["longest"]) - REPORTED_WITHIN}
    _run([_ATTRIBUTE], _OF_CUSTOMERS, values)
    _run([_RECOVERED], "placed.customer_id = ANY(%(customers)s)", values)


def windows() -> dict[str, int]:
    """Return the active store's windows in days, by channel."""
    rule = rule_of_store()
    return {channel: int(rule.windows.get(channel, usual)) if rule else usual for channel, usual in WINDOWS.items()}


def window_days(channel: str) -> int:
    """Return for how many days after a click on this channel an order is credited to it."""
    return windows().get(channel, max(WINDOWS.values()))


def rule_of_store() -> CreditRule | None:
    """Return what the active store chose; None while it has the usual."""
    found: CreditRule | None = CreditRule.objects.first()
    return found


def change_windows(wanted: Mapping[str, int], *, now: datetime) -> bool:
    """Credit by other windows from now on, and have everything so far counted again; say whether they are other ones.

    wanted: days by channel, each between LEAST_DAYS and MOST_DAYS. Call it in a transaction.
    """
    transaction_lock("credit_rule", store_id=require_store_id())
    if dict(wanted) == windows():
        return False
    rule = rule_of_store() or CreditRule()
    rule.windows, rule.changed_at, rule.recounted_to = dict(wanted), now, 0
    rule.recounting_to = Order.objects.aggregate(last=Max("id"))["last"] or 0
    rule.save()
    StoreWork.ring(WORK, store_id=require_store_id(), due_at=now)
    return True


def recount(*, now: datetime, slice_size: int = SLICE) -> bool:
    """Credit one more slice of the store's orders anew, by its windows as they are now; say whether there are more.

    Killed in the middle it goes on after the last slice that was committed. Orders from before single messages are kept stay as they were.
    """
    with transaction.atomic():
        rule = CreditRule.objects.select_for_update().first()
        if rule is None or not rule.is_recounting:
            return False
        ids = Order.objects.filter(pk__gt=rule.recounted_to, pk__lte=rule.recounting_to).order_by("pk").values_list("pk", flat=True)
        found = list(ids[:slice_size])
        upto = found[-1] if len(found) == slice_size else rule.recounting_to
        values = _values(now=now) | {"after": rule.recounted_to, "upto": upto, "kept": _kept_since(now=now)}
        _run([_ATTRIBUTE, _TOO_LATE, _SAME_CLICK, _NOT_RECOVERED, _RECOVERED], _OF_SLICE, values)
        rule.recounted_to = upto
        rule.save(update_fields=["recounted_to"])
    return bool(rule.is_recounting)


def _kept_since(*, now: datetime) -> datetime | None:
    """Return from when on the active store's single messages are kept; None where they are for good."""
    months = Store.objects.values_list("message_months", flat=True).get(pk=require_store_id())
    return months_before(now, months) if months else None


def _values(*, now: datetime) -> dict[str, Any]:
    days = windows()
    return {
        "method": METHOD, "now": now, "store": require_store_id(),
        "channels": list(days), "days": list(days.values()), "longest": max(days.values()),
    }  # fmt: skip


def _run(statements: Sequence[str], which: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.replace("[[which]]", which), values)
