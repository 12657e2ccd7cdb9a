"""The demo's second store is made of real purchases by invented people, once."""

import csv
import gzip
from datetime import UTC, datetime, timedelta

import pytest

from retention.customers.models import Customer, Import
from retention.demo import gifts
from retention.orders.models import Order, Refund
from retention.stores.models import Store, User
from tests.factories import work_for

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_the_second_store_is_made_once_of_real_purchases():
    User.objects.create_user("nora.keller@example.test", None, name="Nora Keller")
    customers, orders = gifts.load(owner="nora.keller@example.test", now=NOW)
    assert gifts.load(owner="nora.keller@example.test", now=NOW) == (customers, orders)
    with gzip.open(gifts.SLICE, "rt", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    with work_for(Store.objects.get(slug=gifts.SLUG)):
        assert customers == len({line["CustomerID"] for line in lines})
        assert orders + Refund.objects.count() == len({line["InvoiceNo"] for line in lines})
        assert set(Import.objects.values_list("state", flat=True)) == {"done"}
        last = Order.objects.order_by("-placed_at").first()
        assert NOW - timedelta(days=9) < last.placed_at < NOW
        assert not Customer.objects.exclude(email__endswith="@example.test").exists()
