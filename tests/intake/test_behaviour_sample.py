"""A night of a real shop (REES46, test only): people, sessions, baskets and orders come out as counted, twice alike."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import connection

from retention.customers.models import Customer, CustomerCounter, CustomerEvent
from retention.intake.projecting.batching import project_batch
from retention.intake.reading import Row, key_of
from retention.intake.storing import store_events
from retention.orders.models import Cart, Order
from tests.factories import make_store, work_for
from tests.shared_data import shared

pytestmark = pytest.mark.django_db
SAMPLE = "data/behaviour/rees46_multicategory_2019-10-01.csv.gz"
ARRIVED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NAMES = {"view": "Product Viewed", "cart": "Product Added", "purchase": "Order Completed"}
SESSIONS = """
    SELECT count(*), count(*) FILTER (WHERE carts > 0), count(*) FILTER (WHERE carts > 0 AND orders = 0)
    FROM (
        SELECT context ->> 'sessionId', count(*) FILTER (WHERE name = 'Product Added') AS carts,
            count(*) FILTER (WHERE name = 'Order Completed') AS orders
        FROM customers_customerevent WHERE store_id = %s GROUP BY 1
    ) AS session
"""


def lines(most: int) -> list[dict[str, str]]:
    """Return the first lines of the sample."""
    with gzip.open(shared(SAMPLE), "rt", encoding="utf-8") as file:
        return [line for _, line in zip(range(most), csv.DictReader(file), strict=False)]


def rows(store, sample: list[dict[str, str]]) -> Iterator[Row]:
    """Yield the lines as a shop's server would send them, each with its place as message id."""
    for place, line in enumerate(sample):
        product = {"product_id": line["product_id"], "brand": line["brand"], "category": line["category_code"], "price": line["price"]}
        order = {"order_id": f"{line['user_session']}-{place}", "total": line["price"], "products": [product]}
        yield Row(
            store_id=store.pk,
            key=key_of(f"rees46-{place}", by="secret"),
            kind="track",
            name=NAMES[line["event_type"]],
            anonymous_id="",
            external_id=line["user_id"],
            properties=order if line["event_type"] == "purchase" else product,
            context={"sessionId": line["user_session"]},
            occurred_at=datetime.strptime(line["event_time"], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC),
            received_at=ARRIVED,
            trusted=True,
            backfill=True,
        )


def send(store, sample: list[dict[str, str]]) -> None:
    """Store and project the sample."""
    everything = list(rows(store, sample))
    for start in range(0, len(everything), 1000):
        store_events(everything[start : start + 1000], now=ARRIVED)
    while project_batch(now=ARRIVED):
        continue


def expected(sample: list[dict[str, str]]) -> dict[str, int]:
    """Return what a plain reading of the lines counts."""
    sessions: dict[str, set[str]] = defaultdict(set)
    for line in sample:
        sessions[line["user_session"]].add(line["event_type"])
    with_cart = [kinds for kinds in sessions.values() if "cart" in kinds]
    return {
        "events": len(sample),
        "people": len({line["user_id"] for line in sample}),
        "sessions": len(sessions),
        "with_cart": len(with_cart),
        "abandoned": sum("purchase" not in kinds for kinds in with_cart),
        "orders": sum(line["event_type"] == "purchase" for line in sample),
        "cents": sum(round(float(line["price"]) * 100) for line in sample if line["event_type"] == "purchase"),
    }


def counted(store) -> dict[str, int]:
    """Return the same from what the product made of it."""
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS, [store.pk])
        sessions, with_cart, abandoned = cursor.fetchone()
    counters = CustomerCounter.objects.values_list("count", flat=True)
    assert sum(counters) == CustomerEvent.objects.count()
    return {
        "events": CustomerEvent.objects.count(),
        "people": Customer.objects.count(),
        "sessions": sessions,
        "with_cart": with_cart,
        "abandoned": abandoned,
        "orders": Order.objects.count(),
        "cents": sum(Order.objects.values_list("total_minor", flat=True)),
    }


@pytest.mark.parametrize("most", [1500, pytest.param(100_000, marks=pytest.mark.deep)])
def test_the_sample_comes_out_as_counted_and_twice_alike(most):
    store, sample = make_store(), lines(most)
    with work_for(store):
        send(store, sample)
        once = counted(store)
        baskets = sorted(Cart.objects.values_list("customer__identities__value", "state", "total_minor"))
        assert once == expected(sample)
        send(store, sample)
        assert counted(store) == once
        assert sorted(Cart.objects.values_list("customer__identities__value", "state", "total_minor")) == baskets
    if most > len(sample):
        assert once == {
            "events": 17_434,
            "people": 4_504,
            "sessions": 5_066,
            "with_cart": 118,
            "abandoned": 53,
            "orders": 214,
            "cents": 5_944_263,
        }
