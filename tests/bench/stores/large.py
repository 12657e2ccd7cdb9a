"""One large store for benchmarks: a million customers, what they allow, 20 events each, their orders and baskets, at scale 1.

Seeded set by set past the policies, into var/bench, and reused by whoever needs a large store (pages, segments). Two in five customers are
known by name; of them half bought, up to twelve times; three in four of them said yes to mail. Events lie in the months they were lived in.
"""

import sys
import time
from datetime import timedelta
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from retention.stores.models import Membership, Store, User
from retention.tenancy.context import store_context
from retention.tenancy.partitions import make_months_of

CUSTOMERS, EVENTS_EACH, AT_ONCE = 1_000_000, 20, 50_000
SLUG, MONTHS = "bench-large", 16
Values = dict[str, Any]

_CUSTOMERS = """
    INSERT INTO customers_customer (store_id, public_id, email, email_key, phone, first_name, last_name, name_key, first_name_key,
        last_name_key, gender, gender_key, interests, interests_key, language, language_key, zone, city, city_key, country, postcode,
        postcode_key, birth_md, attributes, learnt_at, created_at, last_seen_at, orders_count, spent_minor)
    SELECT %(store)s, gen_random_uuid(), email, nullif(email, ''), CASE WHEN n %% 10 = 0 THEN '+49170' || lpad(n::text, 8, '0') ELSE '' END,
        first_name, last_name, trim(first_name || ' ' || last_name), first_name, last_name, gender, gender, likes, likes, 'en', 'en', '',
        (ARRAY['Berlin', 'Hamburg', 'Wien', 'Madrid', 'Lyon'])[1 + n %% 5],
        (ARRAY['berlin', 'hamburg', 'wien', 'madrid', 'lyon'])[1 + n %% 5],
        (ARRAY['DE', 'DE', 'AT', 'ES', 'FR'])[1 + n %% 5], postcode, postcode,
        CASE WHEN n %% 20 = 0 THEN 101 + (n / 20) %% 12 * 100 + (n / 240) %% 28 END, '{}', '{}', made_at,
        made_at + random() * (now() - made_at), orders, 0
    FROM (
        SELECT n, now() - n * interval '40 seconds' / %(scale)s AS made_at, lpad((n %% 99999)::text, 5, '0') AS postcode,
            CASE WHEN n %% 5 < 2 THEN md5(n::text) || '@example.test' ELSE '' END AS email,
            CASE WHEN n %% 5 < 2 THEN substr(md5(n || 'f'), 1, 6) ELSE '' END AS first_name,
            CASE WHEN n %% 5 < 2 THEN substr(md5(n || 'l'), 1, 8) ELSE '' END AS last_name,
            CASE WHEN n %% 15 = 0 THEN 'female' WHEN n %% 15 = 5 THEN 'male' ELSE '' END AS gender,
            CASE WHEN n %% 15 = 0 THEN '["coffee", "tea"]' WHEN n %% 15 = 1 THEN '["coffee"]' ELSE '[]' END::jsonb AS likes,
            CASE WHEN n %% 5 < 2 AND n %% 2 = 0 THEN 1 + (n / 10) %% 12 ELSE 0 END AS orders
        FROM generate_series(%(first)s::int, %(last)s::int) AS n
    ) AS person
"""
_CONSENTS = """
    INSERT INTO customers_consent (store_id, customer_id, channel, status, method, source, text_version, changed_at)
    SELECT store_id, id, channel, CASE WHEN id %% 4 < 3 THEN 'granted' WHEN id %% 8 = 3 THEN 'pending' ELSE 'refused' END, 'form', 'bench',
        '', created_at
    FROM customers_customer, unnest(ARRAY['email', 'sms']) AS channel
    WHERE store_id = %(store)s AND (channel = 'email' AND email_key IS NOT NULL OR channel = 'sms' AND phone <> '' AND id %% 3 = 0)
    ON CONFLICT DO NOTHING
"""
# The first events of a customer are their orders, one each; the others are what people do in a shop, views before all.
_EVENTS = """
    INSERT INTO customers_customerevent (store_id, public_id, customer_id, kind, name, anonymous_id, external_id, properties, context,
        occurred_at, received_at, projected_at, trusted, refusal)
    SELECT %(store)s, gen_random_uuid(), id, 'track', name, '', '', CASE name
            WHEN 'Order Completed' THEN jsonb_build_object('total', 9 + id %% 70)
            WHEN 'Product Viewed' THEN jsonb_build_object('product_id', 'p' || n * 7 %% 50, 'price', 5 + n, 'category', 'coffee')
            ELSE '{"name": "Beans"}' END,
        '{}', at, at, at, name = 'Order Completed', CASE WHEN id %% 500 = 0 THEN 'Too old.' ELSE '' END
    FROM (
        SELECT id, n, created_at + random() * (now() - created_at) AS at, CASE WHEN n <= orders_count THEN 'Order Completed' ELSE
            (ARRAY['Product Viewed', 'Product Viewed', 'Product Added', 'Product Viewed', 'Email Link Clicked', 'Product Viewed',
                'Checkout Started', 'Product Viewed', 'Coupon Applied', 'Product Viewed', 'Order Refunded', 'Product Viewed',
                'Product Viewed'])[1 + (id * 31 + n * 17) %% 13] END AS name
        FROM customers_customer, generate_series(1, %(each)s) AS n
        WHERE store_id = %(store)s AND id > %(after)s AND id <= %(until)s
    ) AS lived
"""
_ORDERS = """
    INSERT INTO orders_order (store_id, public_id, customer_id, number, currency, total_minor, placed_at, received_at, reported_at)
    SELECT store_id, gen_random_uuid(), customer_id, 'b' || id, 'EUR', (properties ->> 'total')::int * 100, occurred_at, occurred_at,
        occurred_at
    FROM customers_customerevent WHERE store_id = %(store)s AND name = 'Order Completed' AND customer_id > %(after)s
        AND customer_id <= %(until)s
"""
_FIGURES = """
    UPDATE customers_customer AS customer SET spent_minor = spent, first_order_at = first_at, last_order_at = last_at
    FROM (SELECT customer_id, sum(total_minor) AS spent, min(placed_at) AS first_at, max(placed_at) AS last_at FROM orders_order
        WHERE store_id = %(store)s AND customer_id > %(after)s AND customer_id <= %(until)s GROUP BY customer_id) AS bought
    WHERE customer.id = customer_id AND customer.store_id = %(store)s
"""
_NAMES = """
    INSERT INTO customers_eventname (store_id, name, first_seen_at)
    SELECT %(store)s, name, now() FROM customers_customerevent WHERE store_id = %(store)s AND customer_id > %(after)s
        AND customer_id <= %(until)s GROUP BY name
    ON CONFLICT DO NOTHING
"""
_COUNTERS = """
    INSERT INTO customers_customercounter (store_id, customer_id, event_name_id, count, first_at, last_at)
    SELECT event.store_id, event.customer_id, called.id, count(*), min(event.occurred_at), max(event.occurred_at)
    FROM customers_customerevent AS event
    JOIN customers_eventname AS called ON called.store_id = event.store_id AND called.name = event.name
    WHERE event.store_id = %(store)s AND event.refusal = '' AND event.customer_id > %(after)s AND event.customer_id <= %(until)s
    GROUP BY 1, 2, 3 ORDER BY 2, 3
"""
_CARTS = """
    INSERT INTO orders_cart (store_id, public_id, customer_id, state, currency, total_minor, lines_count, stage, started_at,
        last_activity_at, idle_at, abandoned_at)
    SELECT store_id, gen_random_uuid(), id, 'open', 'EUR', 500 + id %% 20000, 1,
        (ARRAY['basket', 'basket', 'checkout', 'payment'])[1 + id %% 4], last_seen_at, last_seen_at, last_seen_at + interval '30 minutes',
        CASE WHEN last_seen_at < now() - interval '1 day' THEN last_seen_at + interval '1 day' END
    FROM customers_customer WHERE store_id = %(store)s AND id > %(after)s AND id <= %(until)s AND id %% 9 = 0
        AND last_seen_at < now() - interval '1 hour'
"""
_DERIVED = ("customers_customercounter", "orders_order", "orders_cart")
_TABLES = (
    "customers_customer", "customers_consent", "customers_customerevent", "customers_customercounter", "customers_identity", "orders_order",
    "orders_cart",
)  # fmt: skip


def large_store(scale: float) -> Store:
    """Make what is missing of the store, a batch of customers at a time, bring the statistics up to date, and return it."""
    customers = max(5_000, int(CUSTOMERS * scale))
    slug = SLUG if scale == 1 else f"{SLUG}-{customers}"
    shop = {"name": "Bench large", "country": "DE", "currency": "EUR", "zone": "Europe/Berlin"}
    store, _new = Store.objects.get_or_create(slug=slug, defaults=shop)
    begin, values = time.perf_counter(), {"store": store.pk, "each": EVENTS_EACH, "scale": scale}
    with connections["owner"].cursor() as cursor:
        now = timezone.now()
        make_months_of(cursor, table="customers_customerevent", column="received_at", now=now, first=now - timedelta(days=31 * MONTHS))
    have = owner("SELECT count(*) FROM customers_customer WHERE store_id = %(store)s", values)
    for first in range(have + 1, customers + 1, AT_ONCE):
        owner(_CUSTOMERS, values | {"first": first, "last": min(first + AT_ONCE - 1, customers)})
    owner(_CONSENTS, values)
    before = "SELECT coalesce((SELECT max(customer_id) FROM customers_customerevent WHERE store_id = %(store)s), min(id) - 1)"
    lived = owner(f"{before} FROM customers_customer WHERE store_id = %(store)s", values)
    last = owner("SELECT max(id) FROM customers_customer WHERE store_id = %(store)s", values)
    for start in range(lived, last, AT_ONCE):
        with transaction.atomic(using="owner"):
            for table in _DERIVED:  # of customers whose events were let go of
                owner(f"DELETE FROM {table} WHERE store_id = %(store)s AND customer_id > %(after)s", values | {"after": start})
            for statement in (_EVENTS, _ORDERS, _FIGURES, _NAMES, _COUNTERS, _CARTS):
                owner(statement, values | {"after": start, "until": min(start + AT_ONCE, last)})
    if have < customers or lived < last:
        for table in _TABLES:
            owner(f"VACUUM (ANALYZE) {table}", {})
        sys.stdout.write(f"{slug} was seeded in {time.perf_counter() - begin:.0f} s\n")
    return store


def owner(statement: str, values: Values) -> int:
    """Run one statement past the policies; return its one figure, or 0."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, values or None)
        return int(cursor.fetchone()[0]) if cursor.description else 0


def manager_of(store: Store) -> User:
    """Return a manager of the store."""
    user, _new = User.objects.get_or_create(email="large@example.test", defaults={"name": "Bench"})
    with store_context(store.pk):
        Membership.objects.get_or_create(store=store, user=user, defaults={"role": "manager"})
    return user
