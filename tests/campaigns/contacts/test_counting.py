"""What people got is counted in bites that stop and go on, once a day and when somebody looks."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from campaigns import tasks
from campaigns.contacts import counting
from campaigns.models import ContactCount, Message
from retention.customers.consent import Said, record_consents
from retention.kit import clock
from retention.stores.models import StoreWork
from tests.campaigns.crowd import make_ready
from tests.factories import make_store

pytestmark = pytest.mark.django_db


def got(count: int, *, now: Any, ago: timedelta = timedelta(hours=2), **fields: Any) -> list[Message]:
    """Save messages that left."""
    rows = make_ready(count, now=now)
    values = {"state": "sent", "sent_at": now - ago, "first_attempt_at": now - ago, "token": 1} | fields
    Message.objects.filter(pk__in=[row.pk for row in rows]).update(**values)
    return rows


def test_a_count_goes_on_from_bite_to_bite_and_keeps_the_last_one_meanwhile(store: Any, now: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(counting, "BITE", 3)
    monkeypatch.setattr(counting, "BITES_A_TURN", 1)
    rows = got(7, now=now)
    record_consents([Said(rows[0].customer_id, "email", "refused", now)], now=now)
    assert counting.ask(now=now) is None, "nothing was counted before"
    assert counting.go_on(store, now=now) == now
    assert counting.ask(now=now) is None
    assert counting.go_on(store, now=now) == now
    assert counting.go_on(store, now=now) == now + counting.EVERY
    found = counting.ask(now=now)
    assert found is not None
    assert (found.counted_at, found.begun_at, found.gathering) == (now, None, {})
    assert found.figures["people"]["7"][""][1] == 7
    assert found.figures["noes"][1] == [7, 1, 0]
    got(1, now=now)
    later = now + counting.FRESH + timedelta(minutes=1)
    again = counting.ask(now=later)
    assert again is not None
    assert again.figures["people"]["7"][""][1] == 7, "the last one is shown while it is counted anew"
    while counting.go_on(store, now=later) == later:
        pass
    assert ContactCount.objects.get().figures["people"]["7"][""][1] == 8


def test_only_marketing_that_left_or_may_have_left_is_counted_and_only_of_this_store(store: Any, now: Any) -> None:
    other = make_store("Other")
    got(1, now=now)
    got(1, now=now, state="unknown", reason="no_answer")
    got(1, now=now, stream="transactional")
    got(1, now=now, state="failed", reason="refused")
    got(1, now=now, ago=timedelta(days=50))
    counting.go_on(store, now=now)
    assert sum(ContactCount.objects.get().figures["people"]["30"][""]) == 2
    assert StoreWork.objects.filter(store=other, kind=counting.WORK).count() == 0


def test_every_store_is_counted_once_a_day_by_the_timed_job(store: Any) -> None:
    got(2, now=clock.now())
    counting.ring_missing(now=clock.now())
    tasks.count_contacts()
    assert ContactCount.objects.get().figures["written"] == 2
    work = StoreWork.objects.get(store=store, kind=counting.WORK)
    assert work.due_at > clock.now() + timedelta(hours=23)
    counting.ring_missing(now=clock.now())
    assert StoreWork.objects.get(pk=work.pk).due_at == work.due_at


def test_counting_reads_each_person_s_messages_by_the_index_of_contacts(store: Any, now: Any) -> None:
    got(3, now=now)
    values = {"store": store.pk, "after": 0, "limit": 10, "since": now - timedelta(days=42)}
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off")
        cursor.execute("EXPLAIN " + counting._GOT, values)
        plan = " ".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan; RESET enable_sort; RESET enable_bitmapscan")
    assert "message_contacted" in plan
    assert "Seq Scan" not in plan
