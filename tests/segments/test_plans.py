"""What segments read of a large store where most stores are small: of the people who changed, never all of the store."""

import pytest
from django.db import connections, transaction

from retention.customers.models import Customer
from segments.loading import load_people
from segments.rules.facts import Needs
from tests.customers.test_plans import FILL
from tests.factories import make_store, work_for
from tests.reads import greedy, most_stores_small

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

CONCERNED = 60
TABLES = (
    *("customers_customer", "customers_customerevent", "customers_consent", "customers_attributevalue", "customers_customercounter"),
    *("customers_suppression", "orders_order", "orders_orderline", "orders_cart", "segments_segmentmember"),
)
MORE = """
    INSERT INTO customers_consent (store_id, customer_id, channel, status, method, source, text_version, changed_at)
    SELECT store_id, id, 'email', 'granted', '', '', '', created_at FROM customers_customer;
    INSERT INTO customers_suppression (store_id, channel, address_digest, reason, created_at)
    SELECT store_id, 'email', encode(sha256(id::text::bytea), 'hex'), 'bounced', now() FROM customers_customer;
    INSERT INTO orders_orderline (store_id, order_id, position, product_id, name, quantity, price_minor)
    SELECT store_id, id, 1, 'lamp', '', 1, 0 FROM orders_order;
"""


def test_what_is_known_of_people_is_read_by_their_keys():
    store = make_store("Large")
    with connections["owner"].cursor() as cursor:
        cursor.execute(FILL, [store.pk])
        cursor.execute(MORE)
    needs = Needs(
        counters=frozenset({1}), attributes=frozenset({1}), events={"E": None}, views={"page": None},
        consents=True, cart=True, segments=True, suppressions=True, orders=True, lines=True,
    )  # fmt: skip
    of_tables = most_stores_small(*TABLES)
    with of_tables, work_for(store), transaction.atomic(), greedy(*TABLES, most=5 * CONCERNED) as found:
        ids = Customer.objects.order_by("pk").values_list("pk", flat=True)[:CONCERNED]
        people = load_people(list(ids), needs)
        assert sum(len(one.orders[0].lines) for one in people.values()) == CONCERNED
    assert found == {}
