"""Last click: an order belongs to the message its customer clicked last before it, within a window stored with the result.

One statement for any number of customers; running it again changes nothing. Suspected (machine) clicks never count.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from retention.tenancy.context import require_store_id

WINDOW_DAYS = 5
METHOD = "last_click"

_ATTRIBUTE = """
    INSERT INTO campaigns_attribution
        (store_id, order_id, message_id, customer_id, method, window_days, clicked_at, credited_at, total_minor, currency)
    SELECT placed.store_id, placed.id, click.message_id, placed.customer_id, %(method)s, %(days)s, click.at, %(now)s,
        placed.total_minor, placed.currency
    FROM orders_order AS placed
    CROSS JOIN LATERAL (
        SELECT message_id, at FROM campaigns_click
        WHERE store_id = placed.store_id AND customer_id = placed.customer_id AND suspected = ''
            AND at <= placed.placed_at AND at > placed.placed_at - %(days)s * interval '1 day'
        ORDER BY at DESC, id DESC LIMIT 1
    ) AS click
    WHERE placed.store_id = %(store)s AND placed.customer_id = ANY(%(customers)s)
        AND placed.placed_at > %(now)s - 2 * %(days)s * interval '1 day'
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
    WHERE cart.store_id = %(store)s AND placed.store_id = cart.store_id AND placed.customer_id = ANY(%(customers)s)
        AND placed.cart_id = cart.id AND message.cart_id = cart.id AND cart.state = 'bought'
"""


def attribute(customer_ids: Sequence[int], *, now: datetime) -> None:
    """Credit these customers' recent orders, and note which baskets came back by a message about them.

    Runs in the caller's transaction.
    """
    values: dict[str, Any] = {
        "method": METHOD,
        "days": WINDOW_DAYS,
        "now": now,
        "store": require_store_id(),
        "customers": list(customer_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ATTRIBUTE, values)
        cursor.execute(_RECOVERED, values)
