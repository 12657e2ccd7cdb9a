"""Rounds of faults against senders, and the comparison of what was asked with what the referee saw."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.db import connection

from campaigns.models import Message, OnsiteMessage
from campaigns.sending import dispatch, lines
from campaigns.sending.dispatch import SENDERS, dispatch_slice
from campaigns.sending.sweeping import sweep_store
from retention.kit import clock
from tests.campaigns.sink import free_port
from tests.campaigns.test_killed import child, expire_leases
from tests.faults.ways import WAYS, Way, connect, settle_store

KILLS = ("kill", "group", "render")
"""Kill -9 of a sender alone, of it with all it started, and of what it started and then of itself."""
OTHER_ENDS = ("terminate", "freeze")
MOST_SECONDS = 60.0
_AMBIGUOUS = {"worker_lost", "no_answer"}


@dataclass(frozen=True)
class Counts:
    """What the checker found; all from the referee's journal and the rows.

    repeats: recognised by the referee and not taken twice; changed: repeats that said something else. lost_workers: unknown because a
    sender ended; worst: the most of them by one fault. resumed: the most seconds until mail left again, from when a new sender is up.
    struck: faults that came while messages were due; one that comes later shows nothing.
    """

    asked: int
    accepted: int
    duplicates: int
    lost: int
    unaccounted: int
    unknown: int
    lost_workers: int
    repeats: int
    changed: int
    worst: int = 0
    resumed: float = 0.0
    struck: int = 0


@dataclass(frozen=True)
class Plan:
    """How many messages at least, and how many senders are ended how. kills: of KILLS in turn; others: so many of each of OTHER_ENDS."""

    messages: int
    kills: int
    others: int

    def ends(self, chance: random.Random) -> list[str]:
        """Return how each sender ends, in an order drawn by chance."""
        kills = [KILLS[number % len(KILLS)] for number in range(self.kills)]
        return chance.sample(kills + list(OTHER_ENDS) * self.others, self.rounds)

    @property
    def rounds(self) -> int:
        """Return how many senders are ended."""
        return self.kills + len(OTHER_ENDS) * self.others


LONG, SHORT = Plan(3000, kills=50, others=10), Plan(600, kills=10, others=2)
LEASE_SECONDS = 5.0
SMALL_SLICE = 64
SUPPLY = 4 * SMALL_SLICE
"""How many messages are due before each fault, more being made where fewer are left: each kill takes up to 32 with it."""


def long_plan(way: str) -> Plan:
    """Return what a way goes through in a whole run: one of them the long course, each other a shorter one."""
    return LONG if way == "smtp" else SHORT


@dataclass(frozen=True)
class Course:
    """What a run goes through. lease: seconds, for senders of this run."""

    way: Way
    plan: Plan
    seed: int
    lease: float


@contextmanager
def referee(journal: Path, *, kind: str, seed: int, mood: str) -> Iterator[int]:
    """Run a referee of a kind and give its port; 0 where nothing leaves the house. mood: clean, faulty, or (a relay only) slow."""
    if not kind:
        yield 0
        return
    port = free_port()
    module = ["tests.faults.referee"] if kind == "smtp" else ["tests.faults.web_referee"]
    command = [sys.executable, "-m", *module, str(port), str(journal), str(seed), mood, *([] if kind == "smtp" else [kind])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield port
    finally:
        lines.close_all()
        process.kill()
        process.communicate()


def through(store: Any, settings: Any, folder: Path, *, way: str, faulty: bool, plan: Plan, lease: float) -> Counts:
    """Run one course with a referee of its own, in the store's context. settings: Django's, or a fixture that puts back what changed."""
    course = Course(WAYS[way], plan, seed=3, lease=lease)
    journal = folder / f"journal-{way}-{faulty}"
    with referee(journal, kind=course.way.referee, seed=7, mood="faulty" if faulty else "clean") as port:
        settings.INBOX_SMTP_URL = f"smtp://127.0.0.1:{port}" if way == "smtp" else ""
        settings.FETCH_ALLOWED_PORTS = [port]
        return run(store, course, journal, port, inbox=settings.INBOX_SMTP_URL)


def run(store: Any, course: Course, journal: Path, port: int, *, inbox: str) -> Counts:
    """Break senders as planned, each at a random moment while there is something to send, send the rest, and count."""
    chance, way, plan = random.Random(course.seed), course.way, course.plan
    settle_store(store, now=clock.now())
    if way.referee not in {"", "smtp"}:
        connect(way, port, now=clock.now())
    way.make(plan.messages, port, clock.now())
    seen = _shelf if not way.referee else lambda: _written(journal)
    resumed, worst, lost, struck = 0.0, 0, 0, 0
    with _small_slices():
        for kind in plan.ends(chance):
            missing = min(plan.messages, SUPPLY) - _due(way.channel)
            if missing > 0:
                way.make(missing, port, clock.now())
            before = len(seen())
            asked = port if way.referee != "smtp" else 0
            process = child(store, inbox, channel=way.channel, lease=course.lease, reserved=SMALL_SLICE, port=asked)
            resumed = max(resumed, _until_more(seen, before, way.channel))
            _until_more(seen, before + chance.randint(0, plan.messages // (2 * plan.rounds)), way.channel)
            time.sleep(chance.uniform(0.0, 0.02))
            struck += _due(way.channel) > 0
            steps = [lost, *_end(process, kind, store=store, course=course, seen=seen)]
            worst, lost = max(worst, *(after - before for before, after in pairwise(steps))), steps[-1]
    _send_the_rest(store, way.channel)
    return replace(count(seen()), worst=worst, resumed=round(resumed, 1), struck=struck)


@contextmanager
def _small_slices() -> Iterator[None]:
    """Let this process reserve as little at a time as the senders it breaks, so that some is left for every round."""
    usual, dispatch.SLICE = dispatch.SLICE, SMALL_SLICE
    try:
        yield
    finally:
        dispatch.SLICE = usual


def _shelf() -> list[str]:
    """Return the journal of messages on the site: what is kept for visits."""
    return [public_id.hex for public_id in OnsiteMessage.objects.values_list("message__public_id", flat=True)]


def _written(journal: Path) -> list[str]:
    return journal.read_text().splitlines() if journal.exists() else []


def _lost_workers() -> int:
    return int(Message.objects.filter(state="unknown", reason="worker_lost").count())


def _until_more(seen: Callable[[], list[str]], before: int, channel: str) -> float:
    """Wait until the journal is longer than before, or nothing is left that could leave; return how long it took, in seconds."""
    began = time.monotonic()
    while len(seen()) <= before and time.monotonic() < began + MOST_SECONDS:
        if not _due(channel):
            return 0.0
        time.sleep(0.02)
    return time.monotonic() - began


def _due(channel: str) -> int:
    return int(Message.objects.filter(channel=channel, state__in=("ready", "sending"), due_at__lte=clock.now()).count())


def _end(process: "subprocess.Popen[bytes]", kind: str, *, store: Any, course: Course, seen: Callable[[], list[str]]) -> list[int]:
    """End a sender in one of the ways, and let its leases run out; return how many were lost after each fault: a freeze is one before."""
    lost = []
    if kind == "freeze":
        lost.append(_freeze(process, store=store, course=course))
    if kind == "render":  # it starts another and goes on
        _kill_children(process.pid)
        _until_more(seen, len(seen()), course.way.channel)
    if kind == "group":  # with its render process
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.send_signal(signal.SIGTERM if kind == "terminate" else signal.SIGKILL)
    process.communicate()
    _until_its_server_ended()
    expire_leases()
    sweep_store(now=clock.now())
    return [*lost, _lost_workers()]


def _until_its_server_ended() -> None:
    """Wait until PostgreSQL has done what a killed sender asked for last: it goes on by itself and marks what nobody sends any more."""
    until = time.monotonic() + MOST_SECONDS
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend' AND xact_start IS NOT NULL"
            )
            if cursor.fetchone() == (0,):
                return
            time.sleep(0.02)
    raise AssertionError("a statement of a sender that was killed never ended")


def _freeze(process: "subprocess.Popen[bytes]", *, store: Any, course: Course) -> int:
    """Stop a sender for longer than its lease, let another take what it held, and let it go on; return how many were lost till then."""
    process.send_signal(signal.SIGSTOP)
    time.sleep(course.lease + 0.5)
    sweep_store(now=clock.now())
    lost = _lost_workers()
    dispatch_slice(store, channel=course.way.channel, clock=clock.now)
    process.send_signal(signal.SIGCONT)
    time.sleep(0.3)
    return lost


def _kill_children(pid: int) -> None:
    for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(ProcessLookupError):
            os.kill(int(number), signal.SIGKILL)


def _send_the_rest(store: Any, channel: str) -> None:
    """Send until nothing waits; what was refused for now is due hours ahead, so the clock goes on with every look."""
    for hour in range(60):
        moment = clock.now() + timedelta(hours=hour)
        while dispatch_slice(store, channel=channel, clock=lambda at=moment: at).states:  # type: ignore[misc]
            pass
        if not Message.objects.filter(state="ready").exists():
            return


def count(journal: list[str], *, worst: int = 0) -> Counts:
    """Compare the rows with the referee's journal: a key a line, `again` or `changed` behind it for a repeat that was not taken."""
    marks = Counter(line.partition(" ")[2] for line in journal)
    seen = Counter(line for line in journal if " " not in line)
    rows = list(Message.objects.values_list("public_id", "state", "reason"))
    sent = {public_id.hex for public_id, state, _ in rows if state == "sent"}
    named = {"sent", "unknown", "failed", "skipped", "suppressed"}
    unknown = [reason for _, state, reason in rows if state == "unknown"]
    return Counts(
        asked=len(rows),
        accepted=len(seen),
        duplicates=sum(times - 1 for times in seen.values()),
        lost=len(sent - set(seen)),
        unaccounted=sum(state not in named for _, state, _ in rows) + sum(reason not in _AMBIGUOUS for reason in unknown),
        unknown=len(unknown),
        lost_workers=sum(reason == "worker_lost" for reason in unknown),
        repeats=marks["again"],
        changed=marks["changed"],
        worst=worst,
    )


def check(counts: Counts, *, plan: Plan, keyed: bool) -> None:
    """Assert what must always be so."""
    assert (counts.duplicates, counts.lost, counts.unaccounted, counts.changed) == (0, 0, 0, 0), counts
    assert counts.asked >= plan.messages
    assert counts.accepted + counts.unknown >= counts.asked, "what nobody has must be called unknown"
    assert counts.worst <= SENDERS, "a sender that ends leaves no more than it had in its hands"
    assert counts.unknown == 0 or not keyed, "where a repeat is recognised nothing stays unknown"
    assert counts.struck == plan.rounds, "every fault came while there was something to send"
    assert counts.resumed <= 30, "a new sender takes up what a killed one left"
