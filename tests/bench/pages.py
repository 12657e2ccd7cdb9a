"""How long the pages of a large store take: the customers list, its orders, filters and search, one customer, and what is arriving.

One store with 1,000,000 customers, their consents and 10,000,000 events at scale 1, seeded set by set into var/bench and reused. Each
figure is a whole request of a signed-in person through every middleware. The limit is 150 ms at the 95th percentile.
"""

import gc
import random
import statistics
import sys
import time
from typing import Any

from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.urls import reverse

from retention.customers.models import Customer, CustomerEvent
from retention.kit.memory import keep_what_is_loaded
from retention.stores.models import Membership, Store, User
from retention.tenancy.context import store_context

CUSTOMERS, EVENTS_EACH, AT_ONCE = 1_000_000, 10, 50_000
LIMIT_MS, WARM_UP, SAMPLES = 150, 3, 40
SLUG = "bench-pages"
Rows = list[tuple[object, ...]]

# Four in ten are known by name; of them three in four said yes to mail, and half bought, up to twelve times.
_CUSTOMERS = """
    INSERT INTO customers_customer (store_id, public_id, email, email_key, phone, first_name, last_name, name_key, last_name_key, gender,
        interests, language, zone, city, country, birth_md, attributes, learnt_at, created_at, last_seen_at, orders_count, spent_minor,
        first_order_at, last_order_at)
    SELECT %(store)s, gen_random_uuid(), email, nullif(email, ''), CASE WHEN n %% 10 = 0 THEN '+49170' || lpad(n::text, 8, '0') ELSE '' END,
        first_name, last_name, trim(first_name || ' ' || last_name), last_name, '', '[]', 'en', '',
        (ARRAY['Berlin', 'Hamburg', 'Wien', 'Madrid', 'Lyon'])[1 + n %% 5], (ARRAY['DE', 'DE', 'AT', 'ES', 'FR'])[1 + n %% 5],
        CASE WHEN n %% 20 = 0 THEN 101 + (n / 20) %% 12 * 100 END, '{}', '{}', made_at, made_at + random() * (now() - made_at), orders,
        orders * (900 + n %% 7000), CASE WHEN orders > 0 THEN made_at END,
        CASE WHEN orders > 0 THEN made_at + random() * (now() - made_at) END
    FROM (
        SELECT n, now() - n * interval '40 seconds' AS made_at,
            CASE WHEN n %% 5 < 2 THEN md5(n::text) || '@example.test' ELSE '' END AS email,
            CASE WHEN n %% 5 < 2 THEN substr(md5(n || 'f'), 1, 6) ELSE '' END AS first_name,
            CASE WHEN n %% 5 < 2 THEN substr(md5(n || 'l'), 1, 8) ELSE '' END AS last_name,
            CASE WHEN n %% 5 < 2 AND n %% 2 = 0 THEN 1 + (n / 10) %% 12 ELSE 0 END AS orders
        FROM generate_series(%(first)s::int, %(last)s::int) AS n
    ) AS person
"""
_CONSENTS = """
    INSERT INTO customers_consent (store_id, customer_id, channel, status, method, source, text_version, changed_at)
    SELECT store_id, id, 'email', CASE WHEN id %% 4 < 3 THEN 'granted' ELSE 'refused' END, 'form', 'bench', '', created_at
    FROM customers_customer WHERE store_id = %(store)s AND email_key IS NOT NULL ON CONFLICT DO NOTHING
"""
_EVENTS = """
    INSERT INTO customers_customerevent (store_id, public_id, customer_id, kind, name, anonymous_id, external_id, properties, context,
        occurred_at, received_at, projected_at, trusted, refusal)
    SELECT %(store)s, gen_random_uuid(), id, 'track',
        (ARRAY['Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed'])[1 + n %% 4],
        '', '', '{"name": "Beans"}', '{}', at, at, at, false, CASE WHEN id %% 500 = 0 THEN 'Too old.' ELSE '' END
    FROM (
        SELECT id, n, date_trunc('month', now()) + random() * (now() - date_trunc('month', now())) AS at
        FROM customers_customer, generate_series(1, %(each)s) AS n
        WHERE store_id = %(store)s AND id > %(after)s AND id <= %(until)s
    ) AS lived
"""
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
    customers = max(5_000, int(CUSTOMERS * scale))
    store = _seed(customers)
    keep_what_is_loaded()  # as the web process does
    client, samples = _reader(store), max(5, int(SAMPLES * min(1, scale * 4)))
    with store_context(store.pk):
        known = list(Customer.objects.known().order_by("public_id")[:200])
        events = CustomerEvent.objects.count()
    here = reverse("customers:list", args=[SLUG])
    chosen = random.Random(7)
    asked = {
        **{f"list, {name}": [f"{here}?{query}"] for name, query in LISTS.items()},
        "search, an address": [f"{here}?q={one.email[:9]}" for one in known],
        "search, a last name": [f"{here}?q={one.last_name[:5]}" for one in known],
        "search, one letter": [f"{here}?q={letter}" for letter in "0123456789abcdef"],
        "search, nobody": [f"{here}?q=zz{number}" for number in range(50)],
        "one customer": [reverse("customers:detail", args=[SLUG, one.public_id]) for one in known],
        "what is arriving": [reverse("customers:arriving", args=[SLUG])],
        "arriving, refused": [reverse("customers:arriving", args=[SLUG]) + "?only=refused"],
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
    user, _new = User.objects.get_or_create(email="pages@example.test", defaults={"name": "Bench"})
    with store_context(store.pk):
        Membership.objects.get_or_create(store=store, user=user, defaults={"role": "manager"})
    client = Client(HTTP_HOST="localhost")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _seed(customers: int) -> Store:
    """Make what is missing of the store, a batch at a time, and bring the statistics up to date."""
    shop = {"name": "Bench pages", "country": "DE", "currency": "EUR", "zone": "Europe/Berlin"}
    store, _new = Store.objects.get_or_create(slug=SLUG, defaults=shop)
    begin, values = time.perf_counter(), {"store": store.pk, "each": EVENTS_EACH}
    have = _owner("SELECT count(*) FROM customers_customer WHERE store_id = %(store)s", values)
    for first in range(have + 1, customers + 1, AT_ONCE):
        _owner(_CUSTOMERS, values | {"first": first, "last": min(first + AT_ONCE - 1, customers)})
    _owner(_CONSENTS, values)
    after = _owner("SELECT coalesce(max(customer_id), 0) FROM customers_customerevent WHERE store_id = %(store)s", values)
    last = _owner("SELECT max(id) FROM customers_customer WHERE store_id = %(store)s", values)
    for start in range(after, last, AT_ONCE):
        _owner(_EVENTS, values | {"after": start, "until": min(start + AT_ONCE, last)})
    if have < customers or after < last:
        for table in ("customers_customer", "customers_consent", "customers_customerevent", "customers_identity"):
            _owner(f"VACUUM (ANALYZE) {table}", {})
        sys.stdout.write(f"seeded in {time.perf_counter() - begin:.0f} s\n")
    return store


def _owner(statement: str, values: dict[str, Any]) -> int:
    """Run one statement past the policies; return its one figure, or 0."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, values or None)
        return int(cursor.fetchone()[0]) if cursor.description else 0
