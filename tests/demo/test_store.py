"""The demo's store says the same of its past wherever it is shown: on the orders, on the customer, in the counters."""

import pytest
from django.db.models import Count, F, Sum

from campaigns.personalization.shelves import shelves_for
from retention.catalog.models import StockLevel
from retention.customers.models import Customer, CustomerCounter
from retention.demo import store as demo
from retention.kit import clock
from retention.orders.models import Order, OrderLine
from segments.counting import count_rule
from segments.knowing import read, terms_of_store
from segments.library import rule_of
from segments.rules.terms import At
from tests.factories import work_for

pytestmark = pytest.mark.django_db
SHELVES = ["{% for p in recommended %}{% endfor %}{{ products['gooseneck-kettle'].name }}"]


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


def test_its_people_can_be_told_apart_by_what_a_merchant_asks_for():
    loaded = demo.load(now=clock.now())
    audiences: list[list[dict[str, object]]] = [
        [{"is": "text", "field": "gender", "op": "is", "values": ["woman"]}, {"is": "interests", "op": "any", "values": ["espresso"]}],
        [{"is": "orders", "op": "at_least", "measure": "sum", "value": 500}],
        [{"is": "orders", "op": "at_least", "value": 1, "what": "category", "names": ["Equipment"]}],
        [{"is": "attribute", "key": demo.CHANNEL, "op": "is", "values": ["phone"]}],
        [{"is": "cart", "state": "abandoned"}],
    ]
    with work_for(loaded.store):
        at = At(clock.now(), terms_of_store())
        found = [count_rule(read(rule_of(*rules), at.terms), at).count for rules in audiences]
    assert all(5 <= one < loaded.customers for one in found), found


def test_what_the_shop_sells_has_prices_and_pieces_and_a_second_start_changes_nothing():
    loaded = demo.load(now=clock.now())
    with work_for(loaded.store):
        person = Customer.objects.filter(orders_count__gt=0).order_by("pk")[0]
        shown = shelves_for([person], sources=SHELVES, now=clock.now())
        offered = [one["product_id"] for one in shown.of(person.pk)["recommended"]]
        assert len(offered) >= 6
        assert "milk-pitcher" not in offered, "it is sold out"
        kettle = shown.products["gooseneck-kettle"]
        assert (kettle["price_minor"], kettle["compare_at_minor"]) == (7900, 8900)
        StockLevel.objects.update(available=7)
        demo.load(now=clock.now())
        assert set(StockLevel.objects.values_list("available", flat=True)) == {7}
