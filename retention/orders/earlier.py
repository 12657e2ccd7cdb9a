"""What a store was told of orders before: the events of the customers who placed them, found by the shop's numbers.

Reports arrive in any order, so one may have to be weighed against another that was carried out, or had to wait, long ago.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from retention.customers.models import CustomerEvent
from retention.orders.amounts import Unreadable
from retention.orders.models import Order
from retention.orders.reports import Told, order_number, report_moment
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

_TOLD = f"""
    SELECT event.id, event.name, event.customer_id, event.properties, event.occurred_at, event.received_at, event.source, event.backfill
    FROM unnest(%s::bigint[], %s::text[]) AS wanted(customer_id, number)
    JOIN customers_customerevent AS event ON event.store_id = %s AND event.customer_id = wanted.customer_id
        AND {said_to_be_few("wanted.customer_id")}
    WHERE (event.name = ANY(%s) OR (%s AND event.properties @> '{{"sold": false}}'))
      AND event.kind = 'track' AND event.trusted AND event.refusal = ''
      AND btrim(coalesce(nullif(event.properties ->> 'order_id', ''), event.properties ->> 'orderId')) = wanted.number
    ORDER BY event.occurred_at, event.id
"""  # noqa: S608 - the condition above


def told_of(orders: Iterable[Order], *, names: Sequence[str], unsold: bool = False) -> Mapping[str, list[Told]]:
    """Return what counted reports with these names said of each order, by number and as it happened; refused ones said nothing.

    unsold: also every report that a purchase came to nothing.
    """
    pairs = sorted({(order.customer_id, order.number) for order in orders if order.customer_id is not None})
    found: dict[str, list[Told]] = defaultdict(list)
    if not pairs:
        return found
    wanted = [[customer_id for customer_id, _ in pairs], [number for _, number in pairs]]
    values = [*wanted, require_store_id(), list(names), unsold]
    for event in CustomerEvent.objects.raw(_TOLD, values):
        told = Told(
            event.pk, event.name, event.customer_id, event.properties, event.occurred_at, event.received_at, event.source, event.backfill
        )
        found[order_number(told)].append(told)
    return found


def lifted_at(reports: Iterable[Told]) -> datetime | None:
    """Return the latest version of an order that says it is not cancelled (`cancelled_at: null`); an earlier cancellation is undone."""
    moments = []
    for told in reports:
        if "cancelled_at" in told.properties and not told.properties["cancelled_at"]:
            try:
                moments.append(report_moment(told, "updated_at") or told.at)
            except Unreadable:
                continue
    return max(moments, default=None)
