"""What the store boundary costs: the same reads with our engine and forced row-level security, and with Django's own as owner.

Both sides take turns in one run on the same rows. `page` is a signed-in person's whole request for one customer's page, `read` the bare
query by primary key. The data (200 stores, 100,000 customers at scale 1) stays in var/bench. The plan of the guarded query is printed.
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

from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client
from django.urls import reverse

from retention.customers.models import Customer
from retention.stores.models import Membership, Store, User
from retention.tenancy.context import store_context

STORES, CUSTOMERS = 200, 100_000
WARM_UP, PAGES, READS = 150, 1_500, 6_000
BLOCKS = 15
OPEN_SHOPS = ("bench-0", "bench-1", "bench-2")  # where the signed-in person works; her menu lists them
Rows = list[tuple[object, ...]]
Times = dict[str, list[float]]
Work = Callable[[Customer], Any]


def main(scale: float) -> tuple[Rows, dict[str, Any]]:
    """Seed what is missing, measure both sides in turns, and return the table and the figures."""
    stores, customers = max(10, int(STORES * min(1, scale))), max(2_000, int(CUSTOMERS * scale))
    chosen = _seed(stores=stores, customers=customers)
    plan = _plan(chosen[0])
    sys.stdout.write("\n".join(["plan of the guarded read:", *(f"  {line}" for line in plan), ""]))
    size = max(0.2, min(1, scale))
    with _plain_connection() as plain:
        shops = [customer for customer in chosen if customer.store.slug in OPEN_SHOPS]
        page = _in_turns(_page_of(_reader()), plain=plain, chosen=shops, samples=int(PAGES * size))
        read = _in_turns(_read, plain=plain, chosen=chosen, samples=int(READS * size))
    rows: Rows = [("what", "samples", "plain p50 us", "plain p95 us", "guarded p50 us", "guarded p95 us", "p95 ratio")]
    rows += [_row("a customer's page", page), _row("bare read by primary key", read)]
    ratios = {"rls_p95_vs_plain": _ratio(page, 95), "rls_p50_vs_plain": _ratio(page, 50), "bare_read_p95_vs_plain": _ratio(read, 95)}
    counts = {"stores": stores, "customers": _count(), "pages": len(page["plain"]), "reads": len(read["plain"])}
    return rows, {"ratios": ratios, "counts": counts | {"index_scans": sum("Index Scan" in line for line in plan)}}


def _in_turns(work: Work, *, plain: Any, chosen: list[Customer], samples: int) -> Times:
    """Return both sides' times in seconds. The order of the pair changes each turn, so that neither always finds a warm row."""
    guarded = connections["default"]
    turns = random.Random(7).choices(chosen, k=WARM_UP + samples)
    times: Times = {"plain": [], "guarded": []}
    orders = itertools.cycle([("plain", "guarded"), ("guarded", "plain")])
    gc.disable()
    try:
        for turn, customer in enumerate(turns):
            for side in next(orders):
                connections["default"] = plain if side == "plain" else guarded
                begin = time.perf_counter()
                work(customer)
                if turn >= WARM_UP:
                    times[side].append(time.perf_counter() - begin)
            if turn % 100 == 0:
                gc.collect()
    finally:
        gc.enable()
        connections["default"] = guarded
    return times


def _read(customer: Customer) -> str:
    with store_context(customer.store_id):
        return str(Customer.objects.get(pk=customer.pk).first_name)


def _page_of(client: Client) -> Work:
    """Return what asks for one customer's page through every middleware, as a signed-in colleague."""

    def ask(customer: Customer) -> None:
        answer = client.get(reverse("customers:detail", args=[customer.store.slug, customer.public_id]))
        if answer.status_code != 200:
            raise RuntimeError(f"The page answered {answer.status_code}.")

    return ask


def _reader() -> Client:
    """Return a browser in which somebody is signed in who works in a few of the benchmark's stores."""
    user, _new = User.objects.get_or_create(email="reader@example.test", defaults={"name": "Bench"})
    for store in Store.objects.filter(slug__in=OPEN_SHOPS):
        with store_context(store.pk):
            Membership.objects.get_or_create(store=store, user=user, defaults={"role": "manager"})
    client = Client(HTTP_HOST="localhost")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@contextmanager
def _plain_connection() -> Iterator[Any]:
    """Yield Django's own PostgreSQL connection as the owner, for whom no policy is read."""
    wrapper = DatabaseWrapper({**connections["owner"].settings_dict, "ENGINE": "django.db.backends.postgresql"}, "default")
    try:
        yield wrapper
    finally:
        wrapper.close()


def _percentile(times: list[float], share: int) -> float:
    return statistics.quantiles(times, n=100)[share - 1] * 1e6


def _ratio(times: Times, share: int) -> float:
    """Return guarded over plain: the median of the ratios of consecutive blocks, so that a busy moment of the machine counts once."""
    length = len(times["plain"]) // BLOCKS
    blocks = [slice(place * length, (place + 1) * length) for place in range(BLOCKS)]
    return round(
        statistics.median(_percentile(times["guarded"][part], share) / _percentile(times["plain"][part], share) for part in blocks), 3
    )


def _row(what: str, times: Times) -> tuple[object, ...]:
    figures = [f"{_percentile(times[side], share):.0f}" for side in ("plain", "guarded") for share in (50, 95)]
    return what, len(times["plain"]), *figures, _ratio(times, 95)


def _plan(customer: Customer) -> list[str]:
    with store_context(customer.store_id), connections["default"].cursor() as cursor:
        cursor.execute(
            "EXPLAIN (COSTS OFF) SELECT * FROM customers_customer WHERE store_id = %s AND id = %s", [customer.store_id, customer.pk]
        )
        return [row[0] for row in cursor.fetchall()]


def _count() -> int:
    return int(_owner("SELECT count(*) FROM customers_customer")[0][0])


def _owner(question: str) -> list[Any]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall()) if cursor.description else []


def _seed(*, stores: int, customers: int) -> list[Customer]:
    """Make what is missing and return customers of every store to read."""
    each, chosen = customers // stores, []
    for number in range(stores):
        shop = {"name": f"Bench {number}", "country": "DE", "currency": "EUR", "zone": "Europe/Berlin"}
        store, _new = Store.objects.get_or_create(slug=f"bench-{number}", defaults=shop)
        with store_context(store.pk):
            for place in range(Customer.objects.count(), each, 500):
                Customer.objects.bulk_create([_customer(f"{number}-{name}") for name in range(place, min(place + 500, each))])
            chosen += list(Customer.objects.select_related("store").order_by("id")[: each // 5])
    _owner("VACUUM (ANALYZE) customers_customer")
    return chosen


def _customer(name: str) -> Customer:
    address = f"{name}@example.test"
    return Customer(first_name=name, email=address, email_key=address, city="Berlin", country="DE")
