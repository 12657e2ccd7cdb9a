"""What else carries the store: cache keys, leases and transaction locks. The same name in two stores is two things."""

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from retention.kit import locks
from retention.tenancy.context import store_context


def test_a_cached_value_is_its_store_s_alone() -> None:
    with store_context(1):
        cache.set("answer", "one", 60)
    with store_context(2):
        assert cache.get("answer") is None
        cache.set("answer", "two", 60)
    assert cache.get("answer") is None
    with store_context(1):
        assert cache.get("answer") == "one"


def test_no_key_in_the_cache_is_without_a_place_for_the_store() -> None:
    with store_context(7):
        cache.set("placed", "x", 60)
    cache.set("placed", "y", 60)
    keys = {key.decode() for key in redis.Redis.from_url(settings.REDIS_URL).scan_iter("*placed")}
    assert keys == {"boomerang:1:7:placed", "boomerang:1:-:placed"}


def test_two_stores_hold_the_same_lease() -> None:
    with locks.lease("mend", store_id=1, seconds=5), locks.lease("mend", store_id=2, seconds=5):
        assert locks.take_lease("mend", store_id=1, seconds=5) is None


@pytest.mark.django_db
def test_transaction_locks_of_two_stores_are_two_locks() -> None:
    assert locks.advisory_key("mend", store_id=1) != locks.advisory_key("mend", store_id=2)
    with transaction.atomic():
        assert locks.try_transaction_lock("mend", store_id=1)
        assert locks.try_transaction_lock("mend", store_id=2)
