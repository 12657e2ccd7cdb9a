"""How often who did what: counters kept while events are written, a name of events being a number of the store."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from retention.customers.models import EventName
from retention.kit.arrays import arrays_of
from retention.tenancy.context import require_store_id

MOST_NAMES = 1000  # of a store; events with further names are stored and shown, and not counted
MOST_FROM_BROWSERS = 500  # a browser's event makes a new name only while the store has fewer: the rest is for the shop's own server
Lived = tuple[int, str, datetime]
_ADDED = """
    ON CONFLICT (store_id, customer_id, event_name_id) DO UPDATE SET
        count = customers_customercounter.count + excluded.count,
        first_at = least(customers_customercounter.first_at, excluded.first_at),
        last_at = greatest(customers_customercounter.last_at, excluded.last_at)
"""
_COUNT = f"""
    INSERT INTO customers_customercounter (store_id, customer_id, event_name_id, count, first_at, last_at)
    SELECT %s, customer_id, event_name_id, count, first_at, last_at
    FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::timestamptz[], %s::timestamptz[])
        AS lived(customer_id, event_name_id, count, first_at, last_at)
    ORDER BY customer_id, event_name_id {_ADDED}
"""  # noqa: S608 - the lines above
# Counts what stands in a relation `lived` of the same statement: customer_id, name and occurred_at of events. `counted` has the parameters.
COUNT_LIVED_SQL = f"""
    INSERT INTO customers_customercounter (store_id, customer_id, event_name_id, count, first_at, last_at)
    SELECT %(store)s, lived.customer_id, named.number, count(*), min(lived.occurred_at), max(lived.occurred_at)
    FROM lived JOIN unnest(%(counted_names)s::text[], %(counted_numbers)s::bigint[]) AS named(name, number) ON named.name = lived.name
    GROUP BY lived.customer_id, named.number ORDER BY lived.customer_id, named.number {_ADDED}
"""  # noqa: S608 - the lines above


def counted(names: Collection[str], *, now: datetime) -> dict[str, list[Any]]:
    """Return the parameters of COUNT_LIVED_SQL for events with these names, which the shop's own server said."""
    numbers = _numbers(set(names), from_browsers=(), now=now)
    return {"counted_names": list(numbers), "counted_numbers": list(numbers.values())}


def count_events(lived: Iterable[Lived], *, now: datetime, from_browsers: Collection[str] = ()) -> None:
    """Count events that were just written, each once, in the caller's transaction and a fixed number of statements.

    lived: customer, name and moment of each event. from_browsers: the names that only a public key said among them.
    """
    sums: dict[tuple[int, str], tuple[int, datetime, datetime]] = {}
    for customer_id, name, at in lived:
        count, first, last = sums.get((customer_id, name), (0, at, at))
        sums[customer_id, name] = (count + 1, min(first, at), max(last, at))
    if not sums:
        return
    numbers = _numbers({name for _, name in sums}, from_browsers=from_browsers, now=now)
    rows = [(customer_id, numbers[name], *figures) for (customer_id, name), figures in sums.items() if name in numbers]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [require_store_id(), *arrays_of(rows)])


def _numbers(names: set[str], *, from_browsers: Collection[str], now: datetime) -> Mapping[str, int]:
    known = dict(EventName.objects.filter(name__in=names).values_list("name", "pk"))
    fresh = sorted(names - known.keys(), key=lambda name: (name in from_browsers, name))
    count = EventName.objects.count() if fresh else 0
    ours = [name for name in fresh if name not in from_browsers][: max(MOST_NAMES - count, 0)]
    theirs = [name for name in fresh if name in from_browsers][: max(MOST_FROM_BROWSERS - count - len(ours), 0)]
    made = [*ours, *theirs]
    if made:
        EventName.objects.bulk_create([EventName(name=name, first_seen_at=now) for name in made], ignore_conflicts=True)
        known |= dict(EventName.objects.filter(name__in=made).values_list("name", "pk"))
    return known
