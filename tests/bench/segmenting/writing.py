"""What keeping counters costs while events are written: the same events in the same batches, with and without, in one run.

Both sides write as the product's role, in one transaction a batch, into the real tables with all their keys and policies; the counters are
kept by the function the projection calls. Nothing waits for the disk here, so the share of the counters is rather too large than too small.
"""

import random
import statistics
from datetime import datetime, timedelta

from django.db import connection, transaction

from retention.customers.counting import Lived, count_events
from retention.customers.models import Customer, CustomerCounter, CustomerEvent
from retention.kit.clock import now
from retention.tenancy.context import store_context
from tests.bench.measuring.stored import make_bench_store
from tests.bench.segmenting.turns import Rows, timed
from tests.bench.stores.large import owner

EVENTS, BATCH, PEOPLE, IN_A_ROW = 50_000, 500, 20_000, 10
NAMES = ("Product Viewed", "Product Viewed", "Product Viewed", "Product Added", "Checkout Started", "Order Completed")
_EVENTS = """
    INSERT INTO customers_customerevent (store_id, public_id, customer_id, kind, name, anonymous_id, external_id, properties, context,
        occurred_at, received_at, projected_at, trusted, refusal)
    SELECT %s, gen_random_uuid(), customer_id, 'track', name, '', '', '{"product_id": "p1", "price": 12.5, "category": "Coffee"}', '{}',
        at, %s, %s, false, ''
    FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS lived(customer_id, name, at)
"""
Batch = list[Lived]


def counters_against_events_only(scale: float) -> tuple[Rows, float, int]:
    """Write the events in turns without and with counters; return rows, how fast with is to without, and how many were written."""
    moment = now()
    store = make_bench_store(f"writes-{moment:%H%M%S%f}")
    times: dict[str, list[float]] = {"events only": [], "with counters": []}
    with store_context(store.pk):
        Customer.objects.bulk_create([Customer(store=store) for _number in range(PEOPLE)], batch_size=2_000)
        batches = _batches(list(Customer.objects.values_list("pk", flat=True)), count=max(10 * BATCH, int(EVENTS * min(1, scale * 10))))
        for start in range(0, len(batches), IN_A_ROW):
            for side in times:
                for batch in batches[start : start + IN_A_ROW]:
                    seconds, _ = timed(
                        lambda batch=batch, side=side: _write(store.pk, batch, counted=side == "with counters", moment=moment)
                    )
                    times[side].append(seconds)
        written, counted = CustomerEvent.objects.count(), sum(CustomerCounter.objects.values_list("count", flat=True))
    for table in ("customers_customercounter", "customers_customerevent", "customers_eventname", "customers_customer"):
        owner(f"DELETE FROM {table} WHERE store_id = %(store)s", {"store": store.pk})
    events = BATCH * len(batches)
    if (written, counted) != (2 * events, events):
        raise RuntimeError(f"Of {2 * events} events {written} are there, of {events} to be counted {counted} are.")
    rate = {side: BATCH / statistics.median(taken) for side, taken in times.items()}
    rows: Rows = [("writing", "events", "events/s")]
    rows += [(side, events, f"{per_second:,.0f}") for side, per_second in rate.items()]
    return rows, rate["with counters"] / rate["events only"], events


def _batches(people: list[int], *, count: int) -> list[Batch]:
    """Return events in batches: a few people do most of it, as in a shop."""
    chance, start = random.Random(7), now() - timedelta(hours=1)
    weights = [1 / place for place in range(1, len(people) + 1)]
    chosen = chance.choices(people, weights, k=count)
    lived = [(pk, chance.choice(NAMES), start + timedelta(milliseconds=50 * place)) for place, pk in enumerate(chosen)]
    return [lived[place : place + BATCH] for place in range(0, count, BATCH)]


def _write(store_id: int, batch: Batch, *, counted: bool, moment: datetime) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_EVENTS, [store_id, moment, moment, *map(list, zip(*batch, strict=True))])
        if counted:
            count_events(batch, now=moment)
