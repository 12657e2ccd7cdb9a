"""Rounds of faults against senders, and the comparison of what was asked with what the referee saw."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from campaigns.models import Message
from campaigns.sending import lines
from campaigns.sending.dispatch import SENDERS, dispatch_slice
from campaigns.sending.sweeping import sweep_store
from retention.kit import clock
from tests.campaigns.crowd import make_ready
from tests.campaigns.sink import free_port
from tests.campaigns.test_killed import child, expire_leases

KINDS = ("kill", "terminate", "freeze", "group")
MOST_SECONDS = 60.0
_AMBIGUOUS = {"worker_lost", "no_answer"}


@dataclass(frozen=True)
class Counts:
    """What the checker found; all from the referee's journal and the rows. in_flight: the most that may be unknown after the kills.

    resumed: the most seconds until mail left again, from when a new sender is up.
    """

    asked: int
    accepted: int
    duplicates: int
    lost: int
    unaccounted: int
    unknown: int
    lost_workers: int
    in_flight: int
    resumed: float = 0.0


@contextmanager
def referee(journal: Path, *, seed: int, faulty: bool) -> Iterator[str]:
    """Run a referee and give its address as that of the test inbox."""
    port = free_port()
    command = [sys.executable, "-m", "tests.faults.referee", str(port), str(journal), str(seed), "faulty" if faulty else "clean"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield f"smtp://127.0.0.1:{port}"
    finally:
        lines.close_all()
        process.kill()
        process.communicate()


def run(store: Any, inbox: str, journal: Path, *, messages: int, rounds: int, seed: int) -> Counts:
    """Break a sender `rounds` times at random moments, each way in turn, send the rest, and count. Inside the store's context."""
    chance = random.Random(seed)
    make_ready(messages, now=clock.now())
    resumed = [0.0]
    for number in range(rounds):
        kind = KINDS[number % len(KINDS)]
        before = _taken(journal)
        process, began = child(store, inbox), time.monotonic()
        _until_more(journal, before)
        resumed.append(time.monotonic() - began)
        time.sleep(chance.uniform(0.0, 0.3))
        _end(process, kind)
    _send_the_rest(store)
    found = count(journal, in_flight=rounds * SENDERS)
    return replace(found, resumed=round(max(resumed), 1))


def _until_more(journal: Path, before: int) -> None:
    """Wait until the journal has grown, or nothing is left that could leave."""
    until = time.monotonic() + MOST_SECONDS
    while _taken(journal) == before and time.monotonic() < until:
        if not Message.objects.filter(state="ready", due_at__lte=clock.now()).exists():
            return
        time.sleep(0.02)


def _taken(journal: Path) -> int:
    return journal.stat().st_size if journal.exists() else 0


def _end(process: "subprocess.Popen[bytes]", kind: str) -> None:
    """End a sender in one of the ways, and let its leases run out."""
    if kind == "freeze":  # longer than its lease: by the time it wakes, what it held is unknown
        process.send_signal(signal.SIGSTOP)
        expire_leases(but_locked=True)
        sweep_store(now=clock.now())
        process.send_signal(signal.SIGCONT)
        time.sleep(0.3)
    if kind == "group":  # with its render process
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.send_signal(signal.SIGTERM if kind == "terminate" else signal.SIGKILL)
    process.communicate()
    expire_leases()
    sweep_store(now=clock.now())


def _send_the_rest(store: Any) -> None:
    """Send until nothing waits; what was refused for now is due hours ahead, so the clock goes on with every look."""
    for hour in range(60):
        moment = clock.now() + timedelta(hours=hour)
        while dispatch_slice(store, channel="email", clock=lambda at=moment: at).states:  # type: ignore[misc]
            pass
        if not Message.objects.filter(state="ready").exists():
            return


def count(journal: Path, *, in_flight: int) -> Counts:
    """Compare the rows with the referee's journal."""
    seen = Counter(journal.read_text().split())
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
        in_flight=in_flight,
    )
