"""Two workers and one store's messages: each is sent once. Real threads, and a control without the claim that shows the fault."""

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from django.db import connection

from campaigns.models import Flight, Message
from campaigns.sending import dispatch, gate, recording
from retention.kit import clock
from retention.tenancy.context import store_context
from retention.tenancy.prepared import Prepared
from tests.campaigns.crowd import make_ready

pytestmark = pytest.mark.django_db(transaction=True)


def together(store: Any, *works: Callable[[], None]) -> None:
    """Run works at the same time, each in its own thread and connection."""
    start = threading.Barrier(len(works))
    errors: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            with store_context(store.pk):
                start.wait()
                work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def send_everything(store: Any) -> None:
    while dispatch.dispatch_slice(store, channel="email", clock=clock.now).reserved:
        pass


def test_four_workers_send_each_message_once(store: Any, sink: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(dispatch, "SLICE", 24)
    make_ready(120, now=clock.now())
    together(store, *[lambda: send_everything(store)] * 4)
    assert Counter(Message.objects.values_list("state", flat=True)) == {"sent": 120}
    assert len(sink.accepted) == 120
    assert set(Counter(sink.recipients).values()) == {1}


def test_without_the_claim_the_same_messages_go_out_twice(store: Any, sink: Any, monkeypatch: Any) -> None:
    """The control: nobody reserves, locks or checks the state, as in many a home-made sender."""
    monkeypatch.setattr(dispatch, "_RESERVE", _reserve_without_locks())
    monkeypatch.setattr(
        gate,
        "_LOCK",
        Prepared(
            "lock_nothing",
            "SELECT m.id FROM campaigns_message AS m WHERE m.store_id = $1 AND m.id = ANY($2) AND $3 IS NOT NULL",
            "bigint, bigint[], uuid",
        ),
    )
    make_ready(48, now=clock.now())
    meeting = threading.Barrier(2)
    mark = gate._mark

    def mark_together(*args: Any, **kwargs: Any) -> dict[int, int]:
        meeting.wait(timeout=30)
        return mark(*args, **kwargs)

    monkeypatch.setattr(gate, "_mark", mark_together)
    once: Callable[[], object] = lambda: dispatch.dispatch_slice(store, channel="email", clock=clock.now)  # noqa: E731
    together(store, once, once)  # type: ignore[arg-type]
    assert max(Counter(sink.recipients).values()) == 2


def _reserve_without_locks() -> str:
    return """
        SELECT m.id FROM campaigns_message AS m
        WHERE m.store_id = %(store)s AND m.state = 'ready' AND m.due_at <= %(now)s AND m.channel = %(channel)s LIMIT %(limit)s
    """


def test_lease_that_ran_out_lets_nobody_send(store: Any, sink: Any, monkeypatch: Any) -> None:
    make_ready(3, now=clock.now())
    monkeypatch.setattr(dispatch, "RESERVE_SECONDS", -1)
    assert dispatch.dispatch_slice(store, channel="email", clock=clock.now).states == {}
    assert sink.accepted == []
    assert Counter(Message.objects.values_list("state", flat=True)) == {"ready": 3}


def test_what_is_not_used_is_given_back_and_the_flight_stays_for_what_has_no_end_yet(store: Any) -> None:
    now, holder, other = clock.now(), uuid4(), uuid4()
    make_ready(4, now=now)
    unused, ended, left, taken = ids = dispatch.reserve(holder, channel="email", now=now, limit=dispatch.SLICE)
    Message.objects.filter(pk=ended).update(state="sent", sent_at=now, holder=None, lease_until=None)
    Message.objects.filter(pk=left).update(state="sending", token=1)
    Message.objects.filter(pk=taken).update(holder=other)
    dispatch.give_back(holder, ids)
    assert dict(Message.objects.values_list("pk", "holder")) == {unused: None, ended: None, left: holder, taken: other}
    assert not Message.objects.filter(pk=unused, lease_until__isnull=False).exists()
    assert Flight.objects.get().message_ids == ids
    Message.objects.filter(pk=left).update(state="sent", sent_at=now, holder=None, lease_until=None)
    dispatch.give_back(holder, ids)
    assert not Flight.objects.exists()


def test_slow_worker_keeps_its_lease_by_beating(store: Any, sink: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(dispatch, "RESERVE_SECONDS", 0.6)
    monkeypatch.setattr(dispatch, "SENDERS", 2)
    sink.data_answer = lambda _mail: slowly()
    make_ready(6, now=clock.now())
    together(store, lambda: send_everything(store), lambda: steal(store))
    assert Counter(Message.objects.values_list("state", flat=True)) == {"sent": 6}
    assert set(Counter(sink.recipients).values()) == {1}


async def slowly() -> str:
    await asyncio.sleep(0.5)
    return "250 taken"


def steal(store: Any) -> None:
    """Look for something to send for longer than the slow worker's first lease lasts, and find nothing."""
    time.sleep(0.4)
    for _look in range(5):
        assert dispatch.dispatch_slice(store, channel="email", clock=clock.now).reserved == 0
        time.sleep(0.15)


def test_answer_is_written_down_although_the_database_went_away(store: Any, sink: Any) -> None:
    def cut(_mail: object) -> str:
        with psycopg2.connect(os.environ["DATABASE_OWNER_URL"]) as owner, owner.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [ours])
            cuts.append(cursor.fetchone()[0])
        return "250 taken"

    cuts: list[bool] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (ours,) = cursor.fetchone()
    sink.data_answer = cut
    make_ready(1, now=clock.now())
    assert dispatch.dispatch_slice(store, channel="email", clock=clock.now).states == {"sent": 1}
    assert cuts == [True]
    assert Counter(Message.objects.values_list("state", flat=True)) == {"sent": 1}
    assert len(sink.accepted) == 1


def test_older_token_writes_nothing(store: Any, sink: Any) -> None:
    from campaigns.channels import Answer, Outcome
    from campaigns.sending.recording import record

    (message,) = make_ready(1, now=clock.now())
    Message.objects.update(state="sending", token=2, lease_until=clock.now())
    taken = {message.pk: Answer(Outcome.ACCEPTED)}
    assert record(taken, tokens={message.pk: 1}, attempts={message.pk: 1}, final=False, now=clock.now()) == {}
    assert record(taken, tokens={message.pk: 2}, attempts={message.pk: 1}, final=False, now=clock.now()) == {message.pk: "sent"}


def test_late_answer_turns_unknown_into_sent_but_never_into_ready(store: Any) -> None:
    from campaigns.channels import Answer, Outcome
    from campaigns.sending.recording import record

    (message,) = make_ready(1, now=clock.now())
    Message.objects.update(state="unknown", reason="worker_lost", token=1)
    later = {message.pk: Answer(Outcome.LATER)}
    assert record(later, tokens={message.pk: 1}, attempts={message.pk: 1}, final=False, now=clock.now()) == {}
    sent = {message.pk: Answer(Outcome.ACCEPTED)}
    assert record(sent, tokens={message.pk: 1}, attempts={message.pk: 1}, final=False, now=clock.now()) == {message.pk: "sent"}


def test_who_is_frozen_in_a_transaction_is_cut_off_before_a_recorder_loses_patience() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM sum(current_setting(name)::interval)) "
            "FROM unnest(ARRAY['idle_in_transaction_session_timeout', 'lock_timeout']) AS name"
        )
        (longest,) = cursor.fetchone()
    assert 0 < longest < recording.PATIENCE_SECONDS


def test_what_is_due_on_one_channel_is_found_without_reading_the_others(store: Any) -> None:
    make_ready(1, now=clock.now())
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")  # with so few rows any way is as good
        plan = Message.objects.due(clock.now()).filter(channel="sms").explain()
        cursor.execute("RESET enable_seqscan")
    assert "message_waiting" in plan
    assert "Sort" not in plan
    assert "channel" in next(line for line in plan.splitlines() if "Index Cond" in line)
