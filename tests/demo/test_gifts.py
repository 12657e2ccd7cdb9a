"""The demo's second store is made of real purchases by invented people, once."""

import csv
import gzip
from datetime import UTC, datetime, timedelta

import pytest

from retention.customers.importing import running
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


@pytest.mark.parametrize("batches", [0, 1, 4, 9])
def test_a_start_that_is_killed_in_between_is_taken_up_by_the_next(batches, monkeypatch):
    User.objects.create_user("nora.keller@example.test", None, name="Nora Keller")
    left = iter(range(batches))
    step = running.import_batch

    def killed(*, now):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return step(now=now)

    with monkeypatch.context() as patched:
        patched.setattr(running, "import_batch", killed)
        with pytest.raises(KeyboardInterrupt):
            gifts.load(owner="nora.keller@example.test", now=NOW)
    found = gifts.load(owner="nora.keller@example.test", now=NOW + timedelta(minutes=1))
    with gzip.open(gifts.SLICE, "rt", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    with work_for(Store.objects.get(slug=gifts.SLUG)):
        assert found[0] == len({line["CustomerID"] for line in lines})
        assert found[1] + Refund.objects.count() == len({line["InvoiceNo"] for line in lines})
        assert list(Import.objects.order_by("pk").values_list("kind", "state")) == [("customers", "done"), ("orders", "done")]
