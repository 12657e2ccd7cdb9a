"""What the store boundary costs: the same reads with our engine and forced row-level security, and with Django's own as owner.

Both sides take turns in one run on the same rows. `page` is a whole request that reads a customer by primary key; `read` is the bare
query. The data (200 stores, 100,000 customers at scale 1) stays in var/bench. The plan of the guarded query is printed.
"""

import gc
import itertools
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import RequestFactory

from retention.customers.models import Customer
from retention.stores.models import Store
from retention.tenancy.context import store_context

STORES, CUSTOMERS = 200, 100_000
WARM_UP, SAMPLES = 400, 4_000
Rows = list[tuple[object, ...]]


def main(scale: float) -> tuple[Rows, dict[str, Any]]:
    """Seed what is missing, measure both sides in turns, and return the table and the figures."""
    customers = _seed(stores=max(10, int(STORES * min(1, scale))), customers=max(2_000, int(CUSTOMERS * scale)))
    samples = max(1_000, int(SAMPLES * min(1, scale)))
    plan = _plan(*customers[0])
    sys.stdout.write("\n".join(["plan of the guarded read:", *(f"  {line}" for line in plan), ""]))
    with _plain_connection() as plain:
        page, read = (_in_turns(work, plain=plain, customers=customers, samples=samples) for work in (_page, _read))
    rows: Rows = [("what", "samples", "plain p50 us", "plain p95 us", "guarded p50 us", "guarded p95 us", "p95 ratio")]
    rows += [_row("page by primary key", page), _row("bare read", read)]
    ratios = {"rls_p95_vs_plain": _ratio(page, 95), "rls_p50_vs_plain": _ratio(page, 50), "bare_read_p95_vs_plain": _ratio(read, 95)}
    counts = {
        "stores": len({store for store, _ in customers}),
        "customers": _count(),
        "samples": samples,
        "index_scans": _index_scans(plan),
    }
    return rows, {"ratios": ratios, "counts": counts}


Times = dict[str, list[float]]


def _in_turns(work: Callable[[int, int], Any], *, plain: Any, customers: list[tuple[int, int]], samples: int) -> Times:
    """Return both sides' times in seconds. The order of the pair changes each turn, so that neither always finds a warm row."""
    guarded = connections["default"]
    chosen = random.Random(7).choices(customers, k=WARM_UP + samples)
    times: Times = {"plain": [], "guarded": []}
    orders = itertools.cycle([("plain", "guarded"), ("guarded", "plain")])
    gc.collect()
    gc.disable()
    try:
        for turn, (store_id, customer_id) in enumerate(chosen):
            for side in next(orders):
                connections["default"] = plain if side == "plain" else guarded
                begin = time.perf_counter()
                work(store_id, customer_id)
                if turn >= WARM_UP:
                    times[side].append(time.perf_counter() - begin)
            if turn % 500 == 0:
                gc.collect()
    finally:
        gc.enable()
        connections["default"] = guarded
    return times


def _read(store_id: int, customer_id: int) -> str:
    with store_context(store_id):
        return str(Customer.objects.get(pk=customer_id).first_name)


_requests = RequestFactory()


def _page(store_id: int, customer_id: int) -> bytes:
    """Answer one request in a store's context, as the middleware does, in autocommit."""
    request = _requests.get(f"/customers/{customer_id}/", {"store": store_id})
    with store_context(store_id):
        return _customer_page(request, customer_id).content


def _customer_page(request: HttpRequest, customer_id: int) -> HttpResponse:
    customer = Customer.objects.get(pk=customer_id)
    return JsonResponse({"name": customer.name, "email": customer.email, "city": customer.city, "seen": customer.created_at.isoformat()})


@contextmanager
def _plain_connection() -> Iterator[Any]:
    """Yield Django's own PostgreSQL connection as the owner, for whom no policy is read."""
    owner = settings.DATABASES["owner"]
    wrapper = DatabaseWrapper(
        {**connections["owner"].settings_dict, "ENGINE": "django.db.backends.postgresql", "USER": owner["USER"]}, "default"
    )
    try:
        yield wrapper
    finally:
        wrapper.close()


def _percentile(times: list[float], share: int) -> float:
    return statistics.quantiles(times, n=100)[share - 1] * 1e6


def _ratio(times: Times, share: int) -> float:
    return round(_percentile(times["guarded"], share) / _percentile(times["plain"], share), 3)


def _row(what: str, times: Times) -> tuple[object, ...]:
    figures = [f"{_percentile(times[side], share):.0f}" for side in ("plain", "guarded") for share in (50, 95)]
    return what, len(times["plain"]), *figures, _ratio(times, 95)


def _plan(store_id: int, customer_id: int) -> list[str]:
    with store_context(store_id), connections["default"].cursor() as cursor:
        cursor.execute("EXPLAIN (COSTS OFF) SELECT * FROM customers_customer WHERE store_id = %s AND id = %s", [store_id, customer_id])
        return [row[0] for row in cursor.fetchall()]


def _index_scans(plan: list[str]) -> int:
    return sum("Index Scan" in line for line in plan)


def _count() -> int:
    """Return how many customers there are in all stores."""
    return int(_owner("SELECT count(*) FROM customers_customer")[0][0])


def _owner(question: str) -> list[Any]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall()) if cursor.description else []


def _seed(*, stores: int, customers: int) -> list[tuple[int, int]]:
    """Make what is missing and return (store, customer) pairs to read."""
    each = customers // stores
    for number in range(stores):
        store, new = Store.objects.get_or_create(
            slug=f"bench-{number}", defaults={"name": f"Bench {number}", "country": "DE", "currency": "EUR", "zone": "Europe/Berlin"}
        )
        with store_context(store.pk):
            missing = each - (0 if new else Customer.objects.count())
            names = [f"{number}-{place}" for place in range(each - missing, each)] if missing > 0 else []
            Customer.objects.bulk_create(
                [
                    Customer(first_name=name, email=f"{name}@example.test", email_key=f"{name}@example.test", city="Berlin")
                    for name in names
                ],
                batch_size=500,
            )
    _owner("VACUUM (ANALYZE) customers_customer")
    return [(row[0], row[1]) for row in _owner("SELECT store_id, id FROM customers_customer ORDER BY id % 997, id LIMIT 20000")]
