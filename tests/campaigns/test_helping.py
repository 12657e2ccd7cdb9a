"""Processes with nothing in line lend a hand to a store that another one serves: all of it leaves once, and nobody else waits for it."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import tasks
from campaigns.models import Message
from campaigns.sending import dispatch, handing_over, lines, turns
from campaigns.sending.dispatch import SENDERS
from campaigns.sending.handing_over import FEW_SENDERS
from campaigns.sending.sweeping import sweep_store
from retention.kit import clock, ending
from retention.stores.models import StoreWork
from retention.stores.models.work import Taken
from retention.tenancy.context import store_context
from tests.campaigns.crowd import connect_smtp, make_ready
from tests.campaigns.test_killed import expire_leases
from tests.factories import make_store
from tests.faults import gauntlet
from tests.notices.mail_servers import free_port

SMALL = 64
MOST_SECONDS = 60.0


@contextmanager
def two_processes(folder: Path) -> Iterator[tuple[Path, list["subprocess.Popen[bytes]"]]]:
    """Run two processes that send to one relay, and the relay; give its journal and them."""
    journal = folder / "journal"
    with gauntlet.referee(journal, kind="smtp", seed=1, mood="clean") as port, processes(f"smtp://127.0.0.1:{port}") as both:
        yield journal, both


@contextmanager
def processes(inbox: str, *, count: int = 2) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Run processes that tick as workers do, and wait until they are ready."""
    environment = dict(os.environ) | {"INBOX_SMTP_URL": inbox, "DJANGO_SETTINGS_MODULE": "retention.settings"}
    command = [sys.executable, "-m", "tests.campaigns.ticking_child", str(SMALL)]
    started = [subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(count)]
    try:
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def ended(process: "subprocess.Popen[bytes]") -> int:
    """Let a process end, and return how many messages it sent."""
    said, _ = process.communicate(timeout=MOST_SECONDS)
    return int(said)


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + MOST_SECONDS
    while not true():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.01)


def ring(store: Any) -> None:
    StoreWork.ring("dispatch", store_id=store.pk, due_at=clock.now())


def nothing_waits() -> bool:
    return not Message.objects.filter(state__in=("ready", "sending")).exists()


@pytest.mark.django_db(transaction=True)
def test_two_processes_send_what_one_store_has_due_and_each_message_once(store: Any, tmp_path: Path) -> None:
    make_ready(20 * SMALL, now=clock.now())
    with two_processes(tmp_path) as (journal, both):
        ring(store)
        wait_until(nothing_waits)
        shares = [ended(process) for process in both]
    assert Counter(Message.objects.values_list("state", flat=True)) == {"sent": 20 * SMALL}
    counts = gauntlet.count(journal.read_text().splitlines())
    assert (counts.accepted, counts.duplicates, counts.lost) == (20 * SMALL, 0, 0)
    assert sum(shares) == 20 * SMALL
    assert min(shares) >= SMALL, "both sent"


@pytest.mark.django_db(transaction=True)
def test_each_process_has_no_more_in_hand_than_senders_and_the_other_goes_on_when_one_is_killed(store: Any, tmp_path: Path) -> None:
    make_ready(20 * SMALL, now=clock.now())
    with two_processes(tmp_path) as (journal, both):
        ring(store)
        wait_until(lambda: journal.exists() and journal.read_bytes().count(b"\n") > 4 * SMALL)
        for process in both:
            process.send_signal(signal.SIGSTOP)
        hands = Counter(Message.objects.filter(state="sending").values_list("holder", flat=True))
        assert len(hands) <= len(both)
        assert max(hands.values(), default=0) <= SENDERS
        both[0].kill()
        both[0].communicate()
        both[1].send_signal(signal.SIGCONT)
        wait_until(lambda: Message.objects.filter(state="sending").count() <= SENDERS)
        killed = Message.objects.filter(state="sending", holder__in=hands)
        wait_until(lambda: not Message.objects.filter(state="ready", lease_until=None).exists())
        wait_until(lambda: killed.count() <= SENDERS)
        expire_leases(but_locked=True)
        sweep_store(now=clock.now())
        ring(store)
        wait_until(nothing_waits)
        assert ended(both[1]) > 0
    counts = gauntlet.count(journal.read_text().splitlines())
    assert (counts.duplicates, counts.lost, counts.unaccounted) == (0, 0, 0)
    assert counts.unknown <= SENDERS
    assert counts.accepted + counts.unknown >= 20 * SMALL


@pytest.mark.django_db(transaction=True)
def test_nobody_gets_more_than_the_cap_from_two_processes(store: Any, tmp_path: Path) -> None:
    """Two a day: everybody got one an hour ago, and four more are due to each, in the hands of both processes."""
    people, each = 2 * SMALL, 4
    began = clock.now()
    before = make_ready(people, now=began)
    due = [_another(one, source_id=2 + number) for number in range(each) for one in before]
    Message.objects.update(state="sent", token=1, sent_at=began, first_attempt_at=began - timedelta(hours=1))
    Message.objects.bulk_create(due)
    with two_processes(tmp_path) as (_journal, both):
        for _round in range(each):  # who lost to another of the same person, or came too soon, waits for a while
            Message.objects.filter(state="ready").update(due_at=clock.now())
            ring(store)
            wait_until(lambda: not Message.objects.due(clock.now()).exists() and not Message.objects.filter(state="sending").exists())
        shares = [ended(process) for process in both]
    sent = Counter(Message.objects.filter(state="sent").values_list("customer_id", flat=True))
    assert len(sent) == people
    assert set(sent.values()) == {2}
    assert sum(shares) == people
    assert min(shares) > 0


def _another(one: Message, *, source_id: int) -> Message:
    """Return one more message to the same person."""
    return Message(
        source_kind="campaign",
        source_id=source_id,
        step="body",
        occurrence="once",
        customer_id=one.customer_id,
        channel="email",
        template_version_id=one.template_version_id,
        planned_at=one.planned_at,
        due_at=one.due_at,
        expires_at=one.expires_at,
    )


# One process beside another whose turn it is: its lease is taken here, without noting that this process serves the store.


@pytest.fixture
def served(store: Any) -> Taken:
    """Let somebody else have the store's turn."""
    ring(store)
    (taken,) = StoreWork.take("dispatch", now=clock.now(), lease_seconds=60)
    return taken


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send little at a time, by a sink that is slower than a busy machine and no slow relay."""
    monkeypatch.setattr(dispatch, "SLICE", 8)
    monkeypatch.setattr(dispatch, "SENDERS", 4)
    monkeypatch.setattr(handing_over, "FEW_SECONDS", 5.0)


@pytest.mark.django_db
def test_a_store_that_others_serve_gets_a_hand_until_nothing_is_left(served: Taken, sink: Any, small: None) -> None:
    make_ready(30, now=clock.now())
    tasks.dispatch()
    assert Counter(Message.objects.values_list("state", flat=True)) == {"sent": 30}
    assert len(sink.accepted) == 30
    assert StoreWork.objects.get(kind="dispatch").leased_until == served.leased_until, "the turn stays theirs"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("after", [0, 3])
def test_who_gets_in_line_waits_for_one_slice_of_a_helper_at_most(store: Any, served: Taken, sink: Any, small: None, after: int) -> None:
    """after: so many mails of the store that gets a hand have left when the other one gets in line."""
    make_ready(40, now=clock.now())
    other = make_store("Other")
    with store_context(other.pk):
        (theirs,) = make_ready(1, now=clock.now())

    def answer(_mail: object) -> str:
        if len(sink.accepted) == after:
            come = threading.Thread(target=get_in_line)
            come.start()
            come.join()
        return "250 taken"

    def get_in_line() -> None:
        ring(other)
        connection.close()

    sink.data_answer = answer
    if after == 0:
        ring(other)
    tasks.dispatch()
    assert len(sink.accepted) == 41
    assert sink.recipients.index(theirs.customer.email) == (dispatch.SLICE if after else 0)


@pytest.mark.django_db
def test_an_account_that_takes_its_time_gets_no_hand(store: Any, served: Taken, sink: Any, monkeypatch: Any) -> None:
    async def slowly() -> str:
        await asyncio.sleep(0.1)
        return "250 taken"

    sink.data_answer = lambda _mail: slowly()
    make_ready(6 * SENDERS, now=clock.now())
    tasks.dispatch()
    assert Message.objects.filter(state="sent").count() == SENDERS, "a handful, and those behind it"
    assert Message.objects.filter(state="ready", lease_until=None).count() == 5 * SENDERS
    assert sum(map(len, lines._idle.values())) <= FEW_SENDERS
    tasks.dispatch()
    assert len(sink.accepted) == SENDERS, "not before it was tried in a turn, or a while later"


@pytest.mark.django_db
def test_an_account_that_refuses_a_helper_rests_for_that_process_alone(store: Any, served: Taken, sink: Any) -> None:
    made = connect_smtp(free_port())
    make_ready(3 * SENDERS, now=clock.now())
    for _tick in range(2):
        tasks.dispatch()
        assert Message.objects.filter(attempts=1).count() == dispatch.TRIED_FIRST, "a handful, and once"
    assert Message.objects.filter(state="ready", attempts=0, lease_until=None).count() == 3 * SENDERS - dispatch.TRIED_FIRST
    made.refresh_from_db()
    assert made.resting_until is None
    assert StoreWork.objects.get(kind="dispatch").rung == served.rung, "whoever has the turn may let it rest"
    assert dispatch.dispatch_slice(store, channel="email", clock=clock.now).stopped, "whose turn it is finds out by itself"
    assert sink.accepted == []
    made.refresh_from_db()
    assert made.resting_until is not None


@pytest.mark.django_db
def test_what_comes_back_to_a_helper_is_announced_although_the_turn_ended_meanwhile(store: Any, served: Taken, sink: Any) -> None:
    make_ready(1, now=clock.now())
    sink.rcpt_answer = lambda _address: "451 4.7.1 later"
    StoreWork.objects.filter(kind="dispatch").update(due_at=clock.now() - timedelta(seconds=9))
    assert tasks._help() is True
    again = Message.objects.get()
    assert (again.state, again.attempts) == ("ready", 1)
    turns.end_turn(served, next_at=None, now=clock.now())
    assert StoreWork.objects.get(kind="dispatch").due_at <= again.due_at


@pytest.mark.django_db
def test_an_account_with_a_pace_is_left_to_whose_turn_it_is(store: Any, served: Taken, sink: Any, settings: Any) -> None:
    connect_smtp(int(settings.INBOX_SMTP_URL.rpartition(":")[2]), per_second=3)
    make_ready(8, now=clock.now())
    tasks.dispatch()
    assert sink.accepted == []
    assert dispatch.dispatch_slice(store, channel="email", clock=clock.now).states == {"sent": 6}


@pytest.mark.django_db
def test_nothing_left_to_take_is_looked_at_once_a_tick_and_not_in_circles(store: Any, served: Taken, sink: Any) -> None:
    make_ready(5, now=clock.now())
    dispatch.reserve(uuid4(), channel="email", now=clock.now(), limit=5)
    with CaptureQueriesContext(connection) as helping:
        tasks.dispatch()
    StoreWork.objects.filter(kind="dispatch").update(leased_until=None)
    before = clock.now()
    with CaptureQueriesContext(connection) as serving:
        tasks.dispatch()
    assert len(helping) < 25
    assert len(serving) < 40
    assert StoreWork.objects.get(kind="dispatch").due_at >= before + timedelta(seconds=tasks.REST_SECONDS)
    assert sink.accepted == []


@pytest.mark.django_db
def test_a_process_serves_a_store_once_at_a_time_also_when_its_lease_is_free(store: Any) -> None:
    ring(store)
    (taken,) = StoreWork.take("dispatch", now=clock.now(), lease_seconds=60)
    helping = turns.lend_a_hand(clock=clock.now)
    assert next(helping) == store.pk
    StoreWork.objects.filter(kind="dispatch").update(leased_until=None)
    assert list(turns.take_turns(clock=clock.now, most=1, seconds=1)) == []
    assert list(helping) == []
    assert [one.store_id for one in turns.take_turns(clock=clock.now, most=1, seconds=1)] == [taken.store_id]


@pytest.mark.django_db
def test_a_tick_that_is_asked_to_end_ends_after_its_slice(store: Any, sink: Any, small: None, monkeypatch: Any) -> None:
    asked = threading.Event()
    monkeypatch.setattr(ending, "_asked", asked)
    make_ready(30, now=clock.now())
    ring(store)
    ending.ask()
    tasks.dispatch()
    assert len(sink.accepted) == dispatch.SLICE
    asked.clear()
    tasks.dispatch()
    assert len(sink.accepted) == 30


@pytest.mark.django_db
def test_one_tick_of_a_process_goes_on_and_those_beside_it_are_short() -> None:
    with turns.as_long_as(at_least=2, at_most=20) as first, turns.as_long_as(at_least=2, at_most=20) as second:
        assert (first.stands, second.stands) == (True, False)
        assert first.until - second.until > 17
    with turns.as_long_as(at_least=2, at_most=20) as third:
        assert third.stands
        assert third.until > second.until + 17


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("own", [True, False], ids=["a relay", "the receiver itself"])
def test_only_the_gate_waits_for_the_disk_unless_more_follows_from_an_answer(store: Any, sink: Any, settings: Any, own: bool) -> None:
    """What the gate marked is on disk before bytes leave, and with it the endings of the few before; a setting does not outlive them."""
    if own:
        connect_smtp(int(settings.INBOX_SMTP_URL.rpartition(":")[2]))
    make_ready(2 * SENDERS, now=clock.now())
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
    with CaptureQueriesContext(connection) as asked:
        assert dispatch.dispatch_slice(store, channel="email", clock=clock.now).states == {"sent": 2 * SENDERS}
    unhurried = [one["sql"] for one in asked if "EXECUTE record_unhurried" in one["sql"]]
    assert len(unhurried) == (2 if own else 0)
    assert all("EXECUTE record_endings" in one for one in unhurried)
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)
        cursor.execute("RESET synchronous_commit")
