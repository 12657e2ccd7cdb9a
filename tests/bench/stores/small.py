"""Small stores beside the large one: 500 customers and 5,000 events each, so that its rows are some of many, as in a real database.

Seeded past the policies, fifty stores at a time in a few statements for all of them, into var/bench; stores that are there are kept.
"""

from django.db import connections, transaction

from retention.stores.models import Store
from tests.bench.stores.large import owner

CUSTOMERS, EVENTS_EACH, AT_ONCE = 500, 10, 50
SLUG = "bench-small"
_WITHOUT = """
    SELECT store.id FROM stores_store AS store WHERE store.slug LIKE %(like)s
        AND NOT EXISTS (SELECT 1 FROM customers_customer AS customer WHERE customer.store_id = store.id)
    ORDER BY store.id LIMIT %(most)s
"""
_CUSTOMERS = """
    INSERT INTO customers_customer (store_id, public_id, email, email_key, phone, first_name, last_name, name_key, first_name_key,
        last_name_key, gender, gender_key, interests, interests_key, language, language_key, zone, city, city_key, country, postcode,
        postcode_key, attributes, learnt_at, created_at, last_seen_at, orders_count, spent_minor, birth_md)
    SELECT store_id, gen_random_uuid(), email, nullif(email, ''), '', '', '', '', '', '', '', '', '[]', '[]', 'en', 'en', '', 'Berlin',
        'berlin', 'DE', '', '', '{}', '{}', made_at, made_at + random() * (now() - made_at), orders, orders * 2500,
        CASE WHEN n %% 20 = 0 THEN 101 + (n / 20) %% 12 * 100 END
    FROM (
        SELECT store_id, n, now() - n * interval '1 day' AS made_at, CASE WHEN n %% 2 = 0 THEN n / 2 %% 4 ELSE 0 END AS orders,
            CASE WHEN n %% 5 < 2 THEN 'small' || n || '@example.test' ELSE '' END AS email
        FROM unnest(%(stores)s::bigint[]) AS store_id, generate_series(1, %(customers)s) AS n
    ) AS person
"""
_CONSENTS = """
    INSERT INTO customers_consent (store_id, customer_id, channel, status, method, source, text_version, changed_at)
    SELECT store_id, id, 'email', CASE WHEN id %% 4 < 3 THEN 'granted' ELSE 'refused' END, 'form', 'bench', '', created_at
    FROM customers_customer WHERE store_id = ANY(%(stores)s) AND email_key IS NOT NULL
"""
_EVENTS = """
    INSERT INTO customers_customerevent (store_id, public_id, customer_id, kind, name, anonymous_id, external_id, properties, context,
        occurred_at, received_at, projected_at, trusted, refusal)
    SELECT store_id, gen_random_uuid(), id, 'track', name, '', '', '{}', '{}', at, at, at, false, ''
    FROM (
        SELECT store_id, id, created_at + random() * (now() - created_at) AS at, CASE WHEN n <= orders_count THEN 'Order Completed' ELSE
            (ARRAY['Product Viewed', 'Product Added', 'Email Link Clicked', 'Coupon Applied'])[1 + (id + n) %% 4] END AS name
        FROM customers_customer, generate_series(1, %(each)s) AS n WHERE store_id = ANY(%(stores)s)
    ) AS lived
"""
_ORDERS = """
    INSERT INTO orders_order (store_id, public_id, customer_id, number, currency, total_minor, placed_at, received_at, reported_at)
    SELECT store_id, gen_random_uuid(), customer_id, 's' || id, 'EUR', 2500, occurred_at, occurred_at, occurred_at
    FROM customers_customerevent WHERE store_id = ANY(%(stores)s) AND name = 'Order Completed'
"""
_FIGURES = """
    UPDATE customers_customer AS customer SET first_order_at = first_at, last_order_at = last_at
    FROM (SELECT store_id, customer_id, min(placed_at) AS first_at, max(placed_at) AS last_at FROM orders_order
        WHERE store_id = ANY(%(stores)s) GROUP BY 1, 2) AS bought
    WHERE customer.store_id = bought.store_id AND customer.id = bought.customer_id
"""
_NAMES = """
    INSERT INTO customers_eventname (store_id, name, first_seen_at)
    SELECT store_id, name, now() FROM customers_customerevent WHERE store_id = ANY(%(stores)s) GROUP BY 1, 2
"""
_COUNTERS = """
    INSERT INTO customers_customercounter (store_id, customer_id, event_name_id, count, first_at, last_at)
    SELECT event.store_id, event.customer_id, called.id, count(*), min(event.occurred_at), max(event.occurred_at)
    FROM customers_customerevent AS event
    JOIN customers_eventname AS called ON called.store_id = event.store_id AND called.name = event.name
    WHERE event.store_id = ANY(%(stores)s) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_CARTS = """
    INSERT INTO orders_cart (store_id, public_id, customer_id, state, currency, total_minor, lines_count, stage, started_at,
        last_activity_at, idle_at, abandoned_at)
    SELECT store_id, gen_random_uuid(), id, 'open', 'EUR', 2500, 1, 'basket', last_seen_at, last_seen_at, last_seen_at, last_seen_at
    FROM customers_customer WHERE store_id = ANY(%(stores)s) AND id %% 9 = 0
"""


def small_stores(count: int) -> int:
    """Make what is missing of so many stores; return how many there are, the statistics being up to date. Call it after `large_store`."""
    shop = {"country": "DE", "currency": "EUR", "zone": "Europe/Berlin"}
    for number in range(count):
        Store.objects.get_or_create(slug=f"{SLUG}-{number}", defaults={"name": f"Bench small {number}", **shop})
    made = 0
    while empty := _empty():
        values = {"stores": empty, "customers": CUSTOMERS, "each": EVENTS_EACH}
        with transaction.atomic(using="owner"):
            for statement in (_CUSTOMERS, _CONSENTS, _EVENTS, _ORDERS, _FIGURES, _NAMES, _COUNTERS, _CARTS):
                owner(statement, values)
        made += len(empty)
    if made:
        for table in ("customers_customer", "customers_consent", "customers_customerevent", "customers_customercounter", "orders_cart"):
            owner(f"VACUUM (ANALYZE) {table}", {})
    return Store.objects.filter(slug__startswith=f"{SLUG}-").count()


def _empty() -> list[int]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(_WITHOUT, {"like": f"{SLUG}-%", "most": AT_ONCE})
        return [row[0] for row in cursor.fetchall()]
