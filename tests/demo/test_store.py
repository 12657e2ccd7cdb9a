"""The demo's store says the same of its past wherever it is shown: on the orders, on the customer, in the counters."""

import pytest
from django.db.models import Count, F, Sum

from retention.customers.models import Customer, CustomerCounter
from retention.demo import store as demo
from retention.kit import clock
from retention.orders.models import Order, OrderLine
from tests.factories import work_for

pytestmark = pytest.mark.django_db


def test_orders_count_on_their_customers_and_lines_come_to_their_orders():
    loaded = demo.load(now=clock.now())
    with work_for(loaded.store):
        bought = Order.objects.values("customer").annotate(orders=Count("pk"), spent=Sum("total_minor"))
        told = {row["customer"]: (row["orders"], row["spent"]) for row in bought}
        kept = Customer.objects.filter(orders_count__gt=0).values_list("pk", "orders_count", "spent_minor")
        assert told
        assert {pk: (orders, spent) for pk, orders, spent in kept} == told
        counted = CustomerCounter.objects.filter(event_name__name="Order Completed").values_list("customer", "count")
        assert dict(counted) == {pk: orders for pk, (orders, _spent) in told.items()}
        assert not OrderLine.objects.exclude(amount_minor=F("order__total_minor")).exists()
