"""What a customer's orders come to, kept on the customer so that lists and segments need not count: worked out anew, never added up."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from retention.kit.arrays import array_of
from retention.kit.money import LARGEST_MINOR
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

# An order that was called off or never paid is none; what was given back was not spent. A credit note that names no order lowers the sum
# by itself; a refund that waits for its order does not, for the order is not in the sum either.
COUNTS_SQL = "placed.cancelled_at IS NULL AND placed.payment_state <> 'voided'"
_WANTED = "unnest(%(customers)s::bigint[]) AS wanted(id)"
_FIGURES = f"""
    WITH found AS MATERIALIZED (
        SELECT customer_id AS id, count(at) AS orders, least(greatest(0, coalesce(sum(minor), 0)), %(most)s) AS spent,
            min(at) AS first_at, max(at) AS last_at
        FROM (
            SELECT customer_id, placed_at AS at, CASE WHEN currency = %(currency)s THEN total_minor - refunded_minor END AS minor
            FROM {_WANTED}
            JOIN orders_order AS placed ON placed.store_id = (SELECT %(store)s::bigint) AND placed.customer_id = wanted.id
            WHERE {said_to_be_few("wanted.id")} AND {COUNTS_SQL}
            UNION ALL
            SELECT customer_id, NULL, -total_minor FROM {_WANTED}
            JOIN orders_refund AS back ON back.store_id = (SELECT %(store)s::bigint) AND back.customer_id = wanted.id
            WHERE {said_to_be_few("wanted.id")} AND order_id IS NULL AND order_number = '' AND currency = %(currency)s
            UNION ALL SELECT id, NULL, NULL FROM {_WANTED}
        ) AS amounts
        GROUP BY customer_id
    )
    UPDATE customers_customer AS customer SET
        orders_count = found.orders, spent_minor = found.spent, first_order_at = found.first_at, last_order_at = found.last_at
    FROM found
    WHERE customer.store_id = (SELECT %(store)s::bigint) AND customer.id = found.id AND {said_to_be_few("found.id")}
      AND (customer.orders_count, customer.spent_minor, customer.first_order_at, customer.last_order_at)
          IS DISTINCT FROM (found.orders, found.spent, found.first_at, found.last_at)
"""  # noqa: S608 - the condition above


def refigure(customer_ids: Iterable[int], *, currency: str) -> None:
    """Bring the order figures of customers up to date, in one statement and the caller's transaction.

    currency: the store's. A sum that no column holds is kept as the most one holds: nobody's next order fails for what was told before.
    """
    wanted = sorted(set(customer_ids))
    if wanted:
        with connection.cursor() as cursor:
            told: dict[str, Any] = {"customers": array_of(wanted), "currency": currency, "store": require_store_id(), "most": LARGEST_MINOR}
            cursor.execute(_FIGURES, told)
