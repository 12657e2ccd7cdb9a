"""What a customer's orders come to, kept on the customer so that lists and segments need not count: worked out anew, never added up."""

from collections.abc import Iterable

from django.db import connection

from retention.tenancy.context import require_store_id

# An order that was called off or never paid is none; what was given back was not spent. A credit note that names no order lowers the sum
# by itself; a refund that waits for its order does not, for the order is not in the sum either.
COUNTS_SQL = "placed.cancelled_at IS NULL AND placed.payment_state <> 'voided'"
_FIGURES = f"""
    WITH found AS MATERIALIZED (
        SELECT wanted.id, placed.orders, greatest(0, placed.spent - credit.spent) AS spent, placed.first_at, placed.last_at
        FROM unnest(%(customers)s::bigint[]) AS wanted(id)
        CROSS JOIN LATERAL (
            SELECT count(*) AS orders, min(placed.placed_at) AS first_at, max(placed.placed_at) AS last_at,
                coalesce(sum(placed.total_minor - placed.refunded_minor) FILTER (WHERE placed.currency = %(currency)s), 0) AS spent
            FROM orders_order AS placed WHERE placed.store_id = %(store)s AND placed.customer_id = wanted.id AND {COUNTS_SQL}
        ) AS placed
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(credit.total_minor), 0) AS spent FROM orders_refund AS credit
            WHERE credit.store_id = %(store)s AND credit.customer_id = wanted.id AND credit.order_id IS NULL
                AND credit.order_number = '' AND credit.currency = %(currency)s
        ) AS credit
    )
    UPDATE customers_customer AS customer SET
        orders_count = found.orders, spent_minor = found.spent, first_order_at = found.first_at, last_order_at = found.last_at
    FROM found
    WHERE customer.store_id = %(store)s AND customer.id = found.id
      AND (customer.orders_count, customer.spent_minor, customer.first_order_at, customer.last_order_at)
          IS DISTINCT FROM (found.orders, found.spent, found.first_at, found.last_at)
"""  # noqa: S608 - the condition above


def refigure(customer_ids: Iterable[int], *, currency: str) -> None:
    """Bring the order figures of customers up to date, in one statement and the caller's transaction. currency: the store's."""
    wanted = sorted(set(customer_ids))
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(_FIGURES, {"customers": wanted, "currency": currency, "store": require_store_id()})
