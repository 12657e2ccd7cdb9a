"""How often who did what: counters kept while events are written, a name of events being a number of the store."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection

from retention.customers.models import EventName
from retention.tenancy.context import require_store_id

MOST_NAMES = 1000  # of a store; events with further names are stored and shown, and not counted
Lived = tuple[int, str, datetime]
_COUNT = """
    INSERT INTO customers_customercounter (store_id, customer_id, event_name_id, count, first_at, last_at)
    SELECT %s, customer_id, event_name_id, count, first_at, last_at
    FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::timestamptz[], %s::timestamptz[])
        AS lived(customer_id, event_name_id, count, first_at, last_at)
    ORDER BY customer_id, event_name_id
    ON CONFLICT (store_id, customer_id, event_name_id) DO UPDATE SET
        count = customers_customercounter.count + excluded.count,
        first_at = least(customers_customercounter.first_at, excluded.first_at),
        last_at = greatest(customers_customercounter.last_at, excluded.last_at)
"""


def count_events(lived: Iterable[Lived], *, now: datetime) -> None:
    """Count events that were just written, each once, in the caller's transaction and a fixed number of statements.

    lived: customer, name and moment of each event.
    """
    sums: dict[tuple[int, str], tuple[int, datetime, datetime]] = {}
    for customer_id, name, at in lived:
        count, first, last = sums.get((customer_id, name), (0, at, at))
        sums[customer_id, name] = (count + 1, min(first, at), max(last, at))
    if not sums:
        return
    numbers = _numbers({name for _, name in sums}, now=now)
    rows = [(customer_id, numbers[name], *figures) for (customer_id, name), figures in sums.items() if name in numbers]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [require_store_id(), *map(list, zip(*rows, strict=True))])


def _numbers(names: set[str], *, now: datetime) -> Mapping[str, int]:
    known = dict(EventName.objects.filter(name__in=names).values_list("name", "pk"))
    fresh = sorted(names - known.keys())
    room = MOST_NAMES - EventName.objects.count() if fresh else 0
    if room > 0:
        EventName.objects.bulk_create([EventName(name=name, first_seen_at=now) for name in fresh[:room]], ignore_conflicts=True)
        known |= dict(EventName.objects.filter(name__in=fresh[:room]).values_list("name", "pk"))
    return known
