"""An account's pace is exact whoever asks, no store crowds out another, and a clock that jumps sends nothing twice."""

import threading
import time
from collections import Counter
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
from django.db import OperationalError, connection

from campaigns.channels import Account
from campaigns.models import Connection, Message
from campaigns.sending import buckets, turns
from campaigns.sending.beating import beating
from campaigns.sending.dispatch import dispatch_slice
from retention.kit import clock
from retention.stores.models import StoreWork
from retention.tenancy.context import store_context
from tests.campaigns.crowd import connect_smtp, make_ready
from tests.campaigns.story import send
from tests.factories import make_store


def make_account(rate: float | None) -> Account:
    """Save a connection with a pace and return it as an account."""
    made = Connection(channel="email", provider="smtp", name="SMTP", settings={"per_second": rate})
    made.save()
    return Account("smtp", {"per_second": rate}, {}, "", "", connection_id=made.pk)


@pytest.mark.django_db
def test_no_more_than_the_pace_is_granted_and_what_is_put_back_counts(store: Any) -> None:
    account = make_account(5)
    first, second = buckets.take(account, 8), buckets.take(account, 8)
    assert (first.messages, first.wait_seconds) == (8, 0.0)
    assert second.messages == 2
    assert second.wait_seconds == 0.25
    assert buckets.take(account, 1).messages == 0
    buckets.give_back(account, 3)
    assert buckets.take(account, 8).messages == 3


@pytest.mark.django_db
@pytest.mark.parametrize("rate", [None, 0, -1, "9", True])
def test_account_without_a_pace_lets_everything_through(store: Any, rate: Any) -> None:
    assert buckets.take(make_account(rate), 512) == (512, 0.0)


@pytest.mark.django_db
def test_pace_below_one_a_second_lets_one_through(store: Any) -> None:
    account = make_account(0.1)
    assert [buckets.take(account, 5).messages for _ in range(2)] == [1, 0]


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [-2, 2])
def test_database_clock_that_jumps_grants_no_more_than_one_window(store: Any, hours: int) -> None:
    account = make_account(10)
    buckets.take(account, 1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE campaigns_accountpace SET spent_to = clock_timestamp() + %s * interval '1 hour'", [hours])
    assert buckets.take(account, 100).messages == (20 if hours < 0 else 0)
    time.sleep(0.35)
    assert 2 <= buckets.take(account, 100).messages <= 8


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_never_get_more_than_the_pace(store: Any) -> None:
    account, granted, rate = make_account(50), Counter[int](), 50
    began = time.monotonic()

    def work(number: int) -> None:
        with store_context(store.pk):
            while time.monotonic() - began < 1.5:
                granted[number] += buckets.take(account, 7).messages
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    passed = time.monotonic() - began
    # The pace goes by another program's clock, which may be set forward meanwhile.
    assert rate * (buckets.WINDOW_SECONDS + 1) <= granted.total() <= rate * (buckets.WINDOW_SECONDS + passed) * 1.05


@pytest.mark.django_db
def test_slice_takes_only_what_the_pace_allows_and_says_when_there_is_more(store: Any, sink: Any, now: Any, settings: Any) -> None:
    connect_smtp(int(settings.INBOX_SMTP_URL.rpartition(":")[2]), per_second=3)
    make_ready(20, now=now)
    first = send(store, now=now)
    assert (first.states, first.wait_seconds > 0) == ({"sent": 6}, True)
    assert len(sink.accepted) == 6
    assert Message.objects.filter(state="ready", lease_until=None).count() == 14


@pytest.mark.django_db
def test_store_with_a_million_waiting_gets_no_more_turns_than_others(db: None) -> None:
    moment = clock.now()
    stores = [make_store(f"Shop {number}") for number in range(5)]
    for place, one in enumerate(stores):
        StoreWork.ring("dispatch", store_id=one.pk, due_at=moment - timedelta(hours=9 if place == 0 else 0))
    served: list[int] = []
    for turn in range(40):
        now = moment + timedelta(seconds=turn + 1)
        (taken,) = turns.take_turns(clock=lambda now=now: now, most=1, seconds=1)  # type: ignore[misc]
        served.append(taken.store_id)
        turns.end_turn(taken, next_at=moment - timedelta(hours=9), now=now)  # everybody always has old work left
    counts = Counter(served)
    assert max(counts.values()) <= 0.25 * len(served)
    assert min(counts.values()) == 8


@pytest.mark.django_db
def test_worker_that_serves_a_store_keeps_others_from_it_and_not_from_the_next(db: None) -> None:
    stores = [make_store(f"Shop {number}") for number in range(3)]
    for one in stores:
        StoreWork.ring("dispatch", store_id=one.pk, due_at=clock.now())
    workers = [list(turns.take_turns(clock=clock.now, most=1, seconds=1)) for _ in range(4)]
    assert sorted(taken.store_id for one in workers for taken in one) == sorted(one.pk for one in stores)
    assert workers[3] == []


@pytest.mark.django_db
def test_a_lease_that_somebody_else_took_is_not_kept_for_him(db: None) -> None:
    store = make_store("Shop")
    StoreWork.ring("dispatch", store_id=store.pk, due_at=clock.now())
    (late,) = StoreWork.take("dispatch", now=clock.now(), lease_seconds=60)
    kept = StoreWork.renew("dispatch", late, lease_seconds=90)
    assert kept.leased_until > late.leased_until
    assert StoreWork.renew("dispatch", late, lease_seconds=900) == late, "he renews by what he was told last"
    StoreWork.objects.update(leased_until=None)
    (taken,) = StoreWork.take("dispatch", now=clock.now(), lease_seconds=60)
    assert StoreWork.renew("dispatch", kept, lease_seconds=900) == kept
    assert StoreWork.objects.get().leased_until == taken.leased_until


@pytest.mark.django_db
def test_a_beat_goes_on_after_an_error_of_the_database(db: None) -> None:
    beats: list[int] = []
    enough = threading.Event()

    def renew() -> None:
        beats.append(1)
        if len(beats) == 3:
            enough.set()
        raise OperationalError

    with beating(renew, every=0.01):
        assert enough.wait(5)


@pytest.mark.django_db
def test_clock_that_jumps_to_and_fro_sends_nothing_twice_and_loses_nothing(store: Any, sink: Any, now: Any) -> None:
    make_ready(90, now=now)
    moments = cycle([now, now + timedelta(hours=2), now - timedelta(hours=2), now + timedelta(minutes=1)])
    for _ in range(12):
        dispatch_slice(store, channel="email", clock=lambda: next(moments))
    send(store, now=now + timedelta(minutes=5))
    assert Counter(Message.objects.values_list("state", flat=True)) == {"sent": 90}
    assert max(Counter(sink.recipients).values()) == 1
