"""What the projection reads of a store the planner knows nothing of: rows of the people concerned, never the whole store."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections

from retention.customers.models import CustomerEvent
from retention.intake.projecting.batching import project_batch
from retention.stores.models import Store
from tests.factories import make_store, work_for
from tests.intake.stories import NOW, event

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

PEOPLE, CONCERNED = 4_000, 150
TABLES = re.compile(r"customers_customer$|customers_identity$|customers_customerevent_|orders_cart$|orders_cartline$|orders_order$")
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
LOOK = "ANALYZE customers_customer, customers_identity, customers_customerevent, orders_cart, orders_cartline"


def test_a_batch_of_a_store_that_grew_since_the_statistics_reads_the_people_concerned_and_not_all():
    _fill(make_store(), then=LOOK)
    young = make_store("Young")
    _fill(young, then="SELECT 1")
    with work_for(young):
        told = [event(number, "Product Added", user=f"u-{number}", product_id="a", price=5) for number in range(2, CONCERNED)]
        signed_in = event(2, "Product Added", user="u-1", browser="b-1", product_id="a", price=5)  # two people become one
        CustomerEvent.objects.bulk_create([*told, event(1, "Product Added", browser="b-1", product_id="b", price=5), signed_in])
    greedy: dict[str, int] = {}
    with work_for(young), connection.execute_wrapper(_explaining(greedy)):
        assert project_batch(now=NOW) == CONCERNED
    assert greedy == {}


def _fill(store: Store, *, then: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(FILL, {"store": store.pk, "now": NOW, "people": PEOPLE})
        cursor.execute(then)


def _explaining(greedy: dict[str, int]) -> Any:
    """Return what runs each statement once more beside itself and notes the scans that read far more rows than people are concerned."""

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if re.match(r"\s*(SELECT|WITH|UPDATE|DELETE)\b", sql) and connection.in_atomic_block and re.search("customers_|orders_", sql):
            with connection.connection.cursor() as cursor:
                cursor.execute("SAVEPOINT beside")
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
                plan = cursor.fetchone()[0]
                cursor.execute("ROLLBACK TO beside")
            tree = json.loads(plan) if isinstance(plan, str) else plan
            for node in _nodes(tree[0]["Plan"]):
                rows = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
                if TABLES.search(node.get("Relation Name", "")) and rows > 5 * CONCERNED:
                    greedy[f"{node['Relation Name']} by {node.get('Index Name', 'all of it')}: {' '.join(sql.split())[:80]}"] = round(rows)
        return execute(sql, params, many, context)

    return explain


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for part in node.get("Plans", ()):
        yield from _nodes(part)
