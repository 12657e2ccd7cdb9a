"""What goes together in this shop: products that stood in the same orders as what somebody bought, the most often first.

What was counted of a product is kept for ten minutes, so that the slices of one campaign do not count the same orders again.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from redis import RedisError

from retention.tenancy.context import require_store_id

MOST_ASKED, MOST_ORDERS, FEWEST, MOST_BESIDE = 200, 400, 2, 24
KEPT = timedelta(minutes=10)
_KEY = "bought-together:"
# Of each product some of its orders are looked at, so that a best seller costs no more than the rest.
_TOGETHER = """
    SELECT product_id, beside FROM (
        SELECT mine.product_id, other.product_id AS beside,
            row_number() OVER (PARTITION BY mine.product_id ORDER BY count(*) DESC, other.product_id) AS place
        FROM unnest(%(products)s::text[]) AS asked(product_id)
        CROSS JOIN LATERAL (
            SELECT line.order_id, line.product_id FROM orders_orderline AS line
            WHERE line.store_id = %(store)s AND line.product_id = asked.product_id LIMIT %(orders)s
        ) AS mine
        JOIN orders_order AS placed ON placed.store_id = %(store)s AND placed.id = mine.order_id AND placed.cancelled_at IS NULL
        JOIN orders_orderline AS other
            ON other.store_id = %(store)s AND other.order_id = mine.order_id AND other.product_id <> mine.product_id
        GROUP BY mine.product_id, other.product_id HAVING count(*) >= %(fewest)s
    ) AS counted
    WHERE place <= %(beside)s ORDER BY product_id, place
"""


def bought_together(products: Collection[str], *, now: datetime) -> dict[str, list[str]]:
    """Return what stood in the same orders of the active store as each of these products, in two orders at least.

    Orders that were cancelled do not count. At most 200 are asked, and of each the 24 that stood beside it most often are returned.
    """
    wanted = sorted(products)[:MOST_ASKED]
    found = _kept(wanted, now=now)
    missing = [one for one in wanted if one not in found]
    if missing:
        fresh = _count(missing)
        with suppress(RedisError):
            cache.set_many({f"{_KEY}{one}": (now, beside) for one, beside in fresh.items()}, KEPT.total_seconds())
        found |= fresh
    return {one: found[one] for one in wanted if found[one]}


def companions_of(bought: Collection[str], together: Mapping[str, list[str]]) -> list[str]:
    """Return what goes with what one person bought, the best of each product in turn; nothing they have."""
    lists = [together[product] for product in sorted(bought) if product in together]
    turns = (one[place] for place in range(max(map(len, lists), default=0)) for one in lists if place < len(one))
    return [product for product in dict.fromkeys(turns) if product not in bought]


def _kept(products: Sequence[str], *, now: datetime) -> dict[str, list[str]]:
    """Return what was counted of these lately; nothing that is too old for `now`, and nothing while Valkey is away."""
    if not products:
        return {}
    try:
        rows = cache.get_many([f"{_KEY}{one}" for one in products])
    except RedisError:
        return {}
    return {key.removeprefix(_KEY): beside for key, (made_at, beside) in rows.items() if abs(now - made_at) < KEPT}


def _count(products: Sequence[str]) -> dict[str, list[str]]:
    """Return what stands beside each of these, an empty list where nothing does."""
    asked: dict[str, Any] = {"store": require_store_id(), "products": list(products)}
    asked |= {"orders": MOST_ORDERS, "fewest": FEWEST, "beside": MOST_BESIDE}
    found: dict[str, list[str]] = {one: [] for one in products}
    with connection.cursor() as cursor:
        cursor.execute(_TOGETHER, asked)
        for product, other in cursor.fetchall():
            found[product].append(other)
    return found
