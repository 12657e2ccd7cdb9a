"""Locks hold between real connections, carry the store, and never let a late worker overwrite a later one."""

import threading
from collections.abc import Callable, Iterator
from time import monotonic, sleep

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction

from retention.kit.locks import Lease, LockMisuse, LockTaken, advisory_key, lease, take_lease, transaction_lock, try_transaction_lock


@pytest.fixture(autouse=True)
def clean_valkey() -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter("*:9*:test*"):
        client.delete(key)
    yield client
    client.close()


def in_thread(work: Callable[[], object]) -> object:
    """Run work on a connection of its own and return what it returned."""
    results: list[object] = []

    def run() -> None:
        try:
            results.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    return results[0]


def try_it(store_id: int, name: str = "test") -> bool:
    with transaction.atomic():
        return try_transaction_lock(name, store_id=store_id)


def test_a_key_is_a_stable_number_that_differs_by_store_and_name() -> None:
    assert advisory_key("test", store_id=9) == advisory_key("test", store_id=9)
    keys = {advisory_key(name, store_id=store) for name in ("a", "b", "1:a") for store in (1, 11, 9)}
    assert len(keys) == 9
    assert all(-(2**63) <= key < 2**63 for key in keys)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_lock_holds_until_the_transaction_ends() -> None:
    with transaction.atomic():
        transaction_lock("test", store_id=9)
        assert try_transaction_lock("test", store_id=9)  # ours already
        assert in_thread(lambda: try_it(9)) is False
        assert in_thread(lambda: try_it(9, "other")) is True
        assert in_thread(lambda: try_it(10)) is True
    assert in_thread(lambda: try_it(9)) is True


@pytest.mark.django_db(transaction=True)
def test_a_transaction_lock_outside_a_transaction_is_a_mistake() -> None:
    with pytest.raises(LockMisuse):
        transaction_lock("test", store_id=9)
    with pytest.raises(LockMisuse):
        try_transaction_lock("test", store_id=9)


@pytest.mark.django_db(transaction=True)
def test_waiting_for_a_transaction_lock_makes_adding_up_safe() -> None:
    total = {"value": 0}

    def add_slowly() -> None:
        with transaction.atomic():
            transaction_lock("test-sum", store_id=9)
            value = total["value"]
            sleep(0.02)
            total["value"] = value + 1
        connection.close()

    threads = [threading.Thread(target=add_slowly) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert total["value"] == 5


def test_only_one_holds_a_lease_of_a_store() -> None:
    with lease("test", store_id=9, seconds=10):
        assert take_lease("test", store_id=9, seconds=10) is None
        with pytest.raises(LockTaken), lease("test", store_id=9, seconds=10):
            pass
        with lease("test", store_id=90, seconds=10), lease("test2", store_id=9, seconds=10):
            pass
    with lease("test", store_id=9, seconds=10):
        pass


def test_a_lease_is_given_back_when_the_work_fails() -> None:
    with pytest.raises(ZeroDivisionError), lease("test", store_id=9, seconds=10):
        raise ZeroDivisionError
    assert take_lease("test", store_id=9, seconds=1) is not None


def test_a_lease_ends_by_itself_and_the_late_holder_takes_nothing_away() -> None:
    late = take_lease("test", store_id=9, seconds=0.05)
    assert late is not None
    next_one = wait_for_lease()
    assert next_one.token > late.token
    assert late.release() is False
    assert late.extend(seconds=10) is False
    assert take_lease("test", store_id=9, seconds=1) is None
    assert next_one.extend(seconds=10) is True
    assert next_one.release() is True


def test_tokens_rise_even_after_everything_was_lost(clean_valkey: redis.Redis) -> None:
    first = take_lease("test", store_id=9, seconds=10)
    clean_valkey.delete("lock:9:test", "fence:9:test")
    second = take_lease("test", store_id=9, seconds=10)
    clean_valkey.delete("lock:9:test")
    third = take_lease("test", store_id=9, seconds=10)
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.token < second.token < third.token


def wait_for_lease() -> Lease:
    end = monotonic() + 30
    while monotonic() < end:
        taken = take_lease("test", store_id=9, seconds=10)
        if taken is not None:
            return taken
        sleep(0.02)
    pytest.fail("the lease did not end")
