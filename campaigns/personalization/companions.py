"""What goes together in this shop: products that stood in the same orders as what somebody bought, the most often first."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection

from retention.tenancy.context import require_store_id

MOST_ASKED, MOST_ORDERS, FEWEST = 200, 400, 2
# Of each product some of its orders are looked at, so that a best seller costs no more than the rest.
_TOGETHER = """
    SELECT mine.product_id, other.product_id
    FROM unnest(%(products)s::text[]) AS asked(product_id)
    CROSS JOIN LATERAL (
        SELECT line.order_id, line.product_id FROM orders_orderline AS line
        WHERE line.store_id = %(store)s AND line.product_id = asked.product_id LIMIT %(orders)s
    ) AS mine
    JOIN orders_orderline AS other ON other.store_id = %(store)s AND other.order_id = mine.order_id AND other.product_id <> mine.product_id
    GROUP BY mine.product_id, other.product_id HAVING count(*) >= %(fewest)s
    ORDER BY mine.product_id, count(*) DESC, other.product_id
"""


def bought_together(products: Collection[str]) -> dict[str, list[str]]:
    """Return what stood in the same orders of the active store as each of these products, in two orders at least; 200 are asked at most."""
    asked: dict[str, Any] = {"store": require_store_id(), "products": sorted(products)[:MOST_ASKED]}
    asked |= {"orders": MOST_ORDERS, "fewest": FEWEST}
    found: dict[str, list[str]] = {}
    if asked["products"]:
        with connection.cursor() as cursor:
            cursor.execute(_TOGETHER, asked)
            for product, other in cursor.fetchall():
                found.setdefault(product, []).append(other)
    return found


def companions_of(bought: Collection[str], together: Mapping[str, list[str]]) -> list[str]:
    """Return what goes with what one person bought, the best of each product in turn; nothing they have."""
    lists = [together[product] for product in sorted(bought) if product in together]
    turns = (one[place] for place in range(max(map(len, lists), default=0)) for one in lists if place < len(one))
    return [product for product in dict.fromkeys(turns) if product not in bought]
