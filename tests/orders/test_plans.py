"""What a file of orders and people reads of a large store where most stores are small: the rows it names, never all of the store."""

from datetime import UTC, datetime

import pytest
from django.db import connections

from retention.orders.models import Order
from retention.stores.models import Store
from tests.customers.importing import brought_in, compared, counts, put_in
from tests.customers.test_plans import FILL
from tests.factories import make_store, work_for
from tests.reads import greedy, most_stores_small

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CONCERNED = 60
TABLES = (
    *("customers_customer", "customers_consent", "customers_identity", "customers_customermerge"),
    *("orders_order", "orders_refund", "orders_cart"),
)
HEAD = "Order number,Order date,Customer email,Product,Product name,Quantity,Unit price,Currency\n"
MORE = """
    INSERT INTO orders_refund (store_id, public_id, customer_id, number, order_number, currency, total_minor, reason, source, refunded_at,
        received_at)
    SELECT store_id, gen_random_uuid(), customer_id, 'R' || id, '', 'EUR', 100, '', 'api', placed_at, placed_at FROM orders_order;
    INSERT INTO customers_consent (store_id, customer_id, channel, status, method, source, text_version, changed_at)
    SELECT store_id, id, 'email', 'granted', '', '', '', created_at FROM customers_customer;
"""


@pytest.fixture
def store() -> Store:
    made = make_store("Large")
    with connections["owner"].cursor() as cursor:
        cursor.execute(FILL, [made.pk])
        cursor.execute(MORE)
    return made


def test_a_file_of_orders(store):
    with work_for(store):
        known = list(Order.objects.order_by("pk").values_list("number", flat=True)[:CONCERNED])
    rows = "".join(f"{number},2026-07-0{1 + place % 9},p{place + 1}@x.test,A,Cup,1,1.50,EUR\n" for place, number in enumerate(known))
    rows += "".join(f"F{place},2026-07-01,p{place}@x.test,A,Cup,1,1.50,EUR\n" for place in range(1, CONCERNED))
    with most_stores_small(*TABLES), work_for(store), greedy(*TABLES, most=5 * CONCERNED) as found:
        of = brought_in(compared(put_in(HEAD + rows, kind="orders"), store, at=NOW), at=NOW)
        assert counts(of)["new"] == CONCERNED - 1
    assert found == {}


def test_a_file_of_people(store):
    rows = "".join(f"p{place}@x.test,Ann,yes\n" for place in range(1, CONCERNED))
    with most_stores_small(*TABLES), work_for(store), greedy(*TABLES, most=5 * CONCERNED) as found:
        of = brought_in(compared(put_in("Email,First name,Email Consent\n" + rows), store, at=NOW, consent_source="Shop"), at=NOW)
        assert counts(of)["changed"] == CONCERNED - 1
    assert found == {}
