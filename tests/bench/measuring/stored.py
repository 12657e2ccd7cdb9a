"""The stores that are measured, and what of the acknowledged events is in the database."""

from collections.abc import Mapping

from django.db import connections

from retention.stores.models import Store

_STORED = """
    SELECT count(*) FROM customers_customerevent
    JOIN stores_store AS store ON store.id = store_id WHERE store.slug = %s
"""


def make_bench_store(slug: str) -> Store:
    """Make a store to send to."""
    return Store.objects.create(name=slug, slug=slug, country="DE", currency="EUR", zone="Europe/Berlin")


def count_stored(acknowledged: Mapping[str, int]) -> tuple[int, int]:
    """Return how many acknowledged events are missing and how many are there too often. acknowledged: events by the store's slug."""
    lost = doubled = 0
    with connections["owner"].cursor() as cursor:
        for slug, wanted in acknowledged.items():
            cursor.execute(_STORED, [slug])
            (stored,) = cursor.fetchone()
            lost, doubled = lost + max(0, wanted - stored), doubled + max(0, stored - wanted)
    return lost, doubled
