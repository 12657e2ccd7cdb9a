"""What the projection reads of a store the planner knows nothing of: rows of the people concerned, never the whole store."""

import pytest
from django.db import connections

from retention.customers.models import CustomerEvent
from retention.intake.projecting.batching import project_batch
from retention.stores.models import Store
from tests.factories import make_store, work_for
from tests.intake.stories import NOW, event
from tests.reads import greedy, most_stores_small

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

PEOPLE, CONCERNED = 4_000, 150
TABLES = ("customers_customer", "customers_identity", "customers_customerevent", "orders_cart", "orders_cartline", "orders_order")
FILL = """
    INSERT INTO customers_customer (store_id, public_id, email, email_key, phone, first_name, last_name, name_key, last_name_key, gender,
        interests, language, zone, city, region, postcode, country, attributes, learnt_at, created_at, changed_at, less_often, orders_count,
        spent_minor)
    SELECT %(store)s, gen_random_uuid(), n || '@example.test', n || '@example.test', '', '', '', '', '', '', '[]', '', '', '', '', '', '',
        '{}', '{}', %(now)s, %(now)s, false, 0, 0 FROM generate_series(1, %(people)s) AS n;
    INSERT INTO customers_identity (store_id, customer_id, kind, value, vouched, created_at)
    SELECT store_id, id, 'external', 'u-' || split_part(email, '@', 1), true, %(now)s FROM customers_customer WHERE store_id = %(store)s;
    INSERT INTO customers_customerevent (public_id, store_id, customer_id, kind, name, anonymous_id, external_id, properties, context,
        occurred_at, received_at, trusted, backfill, source, projected_at, refusal)
    SELECT gen_random_uuid(), store_id, id, 'track', 'Product Added', '', '', '{"product_id": "a"}', '{}', %(now)s - interval '3 days',
        %(now)s - interval '3 days', true, false, 'api', %(now)s, '' FROM customers_customer WHERE store_id = %(store)s;
    INSERT INTO orders_cart
        (store_id, public_id, customer_id, state, currency, total_minor, lines_count, stage, started_at, last_activity_at)
    SELECT store_id, gen_random_uuid(), id, 'open', 'EUR', 0, 1, 'basket', %(now)s - interval '3 days', %(now)s - interval '3 days'
    FROM customers_customer WHERE store_id = %(store)s;
    INSERT INTO orders_cartline (store_id, cart_id, product_id, variant_id, name, quantity, price_minor, url, image_url)
    SELECT store_id, id, 'a', '', '', 1, 0, '', '' FROM orders_cart WHERE store_id = %(store)s;
"""
LOOK = f"ANALYZE {', '.join(TABLES)}"


def test_a_batch_of_a_store_that_grew_since_the_statistics_reads_the_people_concerned_and_not_all():
    _fill(make_store(), then=LOOK)
    young = make_store("Young")
    _fill(young, then="SELECT 1")
    _project(young)


def test_a_batch_of_a_large_store_among_very_many_small_ones_reads_the_people_concerned_and_not_all():
    large = make_store("Large")
    _fill(large, then="SELECT 1")
    with most_stores_small(*TABLES):
        _project(large)


def _fill(store: Store, *, then: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(FILL, {"store": store.pk, "now": NOW, "people": PEOPLE})
        cursor.execute(then)


def _project(store: Store) -> None:
    """Project a batch of which each event is somebody else's, and see that it reads theirs."""
    with work_for(store):
        told = [event(number, "Product Added", user=f"u-{number}", product_id="a", price=5) for number in range(2, CONCERNED)]
        signed_in = event(2, "Product Added", user="u-1", browser="b-1", product_id="a", price=5)  # two people become one
        CustomerEvent.objects.bulk_create([*told, event(1, "Product Added", browser="b-1", product_id="b", price=5), signed_in])
    with work_for(store), greedy(*TABLES, most=5 * CONCERNED) as found:
        assert project_batch(now=NOW) == CONCERNED
    assert found == {}
