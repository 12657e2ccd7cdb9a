"""Kill -9 of a sending process at any moment: the mail server is the referee, and it never holds a mail twice.

Leftovers are `unknown`, at most as many as there are senders for each kill; every row ends in a named state. Many kills are in the
gauntlet (`tests/faults/`).
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import pytest
from django.db import connection

from campaigns.models import Message
from campaigns.sending.dispatch import SENDERS
from campaigns.sending.sweeping import sweep_store
from retention.kit import clock
from tests.campaigns.crowd import make_ready
from tests.campaigns.story import send


def child(
    store: Any, inbox: str, *, channel: str = "email", lease: float = 0, reserved: int = 0, port: int = 0
) -> "subprocess.Popen[bytes]":
    """Start a sending process and wait until it begins.

    lease: seconds; reserved: messages at a time; 0 for the usual. port: where a service by HTTP listens.
    """
    environment = dict(os.environ) | {"INBOX_SMTP_URL": inbox, "DJANGO_SETTINGS_MODULE": "retention.settings"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.campaigns.dispatching_child", str(store.pk), channel, str(lease), str(reserved)],
        env=environment | {"FETCH_ALLOWED_PORTS": str(port)} if port else environment,
        stdout=subprocess.PIPE,
        process_group=0,  # so that it can be killed with all it started
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def expire_leases(*, but_locked: bool = False) -> None:
    """Let every lease have run out a second ago. but_locked: not those that a frozen process is about to change."""
    chosen = f"SELECT id FROM campaigns_message WHERE lease_until IS NOT NULL FOR UPDATE {'SKIP LOCKED' if but_locked else ''}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH chosen AS MATERIALIZED ({chosen}) UPDATE campaigns_message AS m "
            "SET lease_until = clock_timestamp() - interval '1 second' FROM chosen WHERE m.id = chosen.id"
        )


def kill_rounds(store: Any, sink: Any, settings: Any, *, rounds: int, messages: int, seed: int) -> Counter[str]:
    """Kill a sender `rounds` times at random moments, let the rest go out, and return how the messages ended."""
    chance = random.Random(seed)
    rows = make_ready(messages, now=clock.now())
    sink.data_answer = lambda _mail: _slow(chance.uniform(0, 0.06))
    for _ in range(rounds):
        process = child(store, settings.INBOX_SMTP_URL)
        time.sleep(chance.uniform(0.2, 1.2))
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]
        expire_leases()
        sweep_store(now=clock.now())
    sink.data_answer = None
    while send(store, now=clock.now()).reserved:
        pass
    received = Counter(str(mail["Message-ID"]) for mail in sink.accepted)
    ends: Counter[str] = Counter(Message.objects.values_list("state", flat=True))
    sent = set(Message.objects.filter(state="sent").values_list("public_id", flat=True))
    assert max(received.values()) == 1, "a mail was sent twice"
    assert {f"<{public_id.hex}@localhost>" for public_id in sent} <= set(received), "a message counts as sent and is not there"
    assert set(ends) <= {"sent", "unknown"}
    assert sum(ends.values()) == len(rows)
    assert ends["unknown"] <= rounds * SENDERS
    return ends


async def _slow(seconds: float) -> str:
    import asyncio

    await asyncio.sleep(seconds)
    return "250 taken"


@pytest.mark.django_db(transaction=True)
def test_killed_twice_sends_nothing_twice(store: Any, sink: Any, settings: Any) -> None:
    ends = kill_rounds(store, sink, settings, rounds=2, messages=160, seed=11)
    assert ends["sent"] > 0
