"""How long the pages of a large store take: the customers list, its orders, filters and search, one customer, and what is arriving.

The store is the large one of the benchmarks: 1,000,000 customers, their consents, orders and 20,000,000 events at scale 1. Each figure is
a whole request of a signed-in person through every middleware. The limit is 150 ms at the 95th percentile.
"""

import gc
import random
import statistics
import time
from typing import Any

from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from retention.customers.models import Customer, CustomerEvent
from retention.kit.memory import keep_what_is_loaded
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.bench.stores.large import large_store, manager_of

LIMIT_MS, WARM_UP, SAMPLES = 150, 3, 40
Rows = list[tuple[object, ...]]

LISTS = {
    "plain": "",
    "by spent": "sort=spent",
    "by orders": "sort=orders",
    "by last order": "sort=last_order",
    "by name": "sort=name",
    "visitors": "view=visitors",
    "came back": "view=back",
    "long silent, by spent": "view=silent&sort=spent",
    "in a city": "country=AT&city=Wien",
    "said no": "may=email.refused",
    "birthday this month": "birthday=month",
    "twelve orders, by name": "orders_from=12&sort=name",
    "spent much, last year": "spent_from=900&active_days=365",
    "several": "country=DE&may=email.granted&orders_from=2&orders_to=5&quiet_days=30",
    "nobody": "country=LI&orders_from=3",
}


def main(scale: float) -> tuple[Rows, dict[str, Any]]:
    """Seed what is missing, ask every page in turns, and return the table and the figures."""
    store = large_store(scale)
    keep_what_is_loaded()  # as the web process does
    client, samples = _reader(store), max(5, int(SAMPLES * min(1, scale * 4)))
    with store_context(store.pk):
        known = list(Customer.objects.known().order_by("public_id")[:200])
        customers, events = Customer.objects.count(), CustomerEvent.objects.count()
    here = reverse("customers:list", args=[store.slug])
    chosen = random.Random(7)
    asked = {
        **{f"list, {name}": [f"{here}?{query}"] for name, query in LISTS.items()},
        "search, an address": [f"{here}?q={one.email[:9]}" for one in known],
        "search, a last name": [f"{here}?q={one.last_name[:5]}" for one in known],
        "search, one letter": [f"{here}?q={letter}" for letter in "0123456789abcdef"],
        "search, nobody": [f"{here}?q=zz{number}" for number in range(50)],
        "one customer": [reverse("customers:detail", args=[store.slug, one.public_id]) for one in known],
        "what is arriving": [reverse("customers:arriving", args=[store.slug])],
        "arriving, refused": [reverse("customers:arriving", args=[store.slug]) + "?only=refused"],
    }
    times = {name: _measure(client, [chosen.choice(pages) for _ in range(samples + WARM_UP)]) for name, pages in asked.items()}
    rows: Rows = [("page", "requests", "p50 ms", "p95 ms", "of the limit")]
    rows += [(name, len(taken), *_figures(taken), _share(taken)) for name, taken in times.items()]
    groups = {"customers_page": "list", "search": "search", "customer_page": "one customer", "arriving": "arriving"}
    ratios = {f"{key}_p95_vs_limit": max(_share(taken) for name, taken in times.items() if word in name) for key, word in groups.items()}
    return rows, {"ratios": ratios, "counts": {"customers": customers, "events": events, "requests": sum(map(len, times.values()))}}


def _measure(client: Client, pages: list[str]) -> list[float]:
    """Ask for the pages one after another and return their times in milliseconds, without the first few."""
    taken = []
    gc.collect()
    for page in pages:
        cache.delete("customers:last-hour")
        begin = time.perf_counter()
        answer = client.get(page)
        taken.append((time.perf_counter() - begin) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{page} answered {answer.status_code}.")
    return taken[WARM_UP:]


def _figures(taken: list[float]) -> tuple[str, str]:
    return f"{statistics.median(taken):.1f}", f"{_p95(taken):.1f}"


def _p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20, method="inclusive")[18]


def _share(taken: list[float]) -> float:
    return round(_p95(taken) / LIMIT_MS, 3)


def _reader(store: Store) -> Client:
    """Return a browser in which a manager of the store is signed in."""
    client = Client(HTTP_HOST="localhost")
    client.force_login(manager_of(store), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
