"""Workers are killed and frozen in the middle of carrying runs on: every run goes to its end, and nothing is done twice."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import pytest

from campaigns.journeys.running import run_due
from campaigns.models import Coupon, Enrollment, JourneyAction, Message
from retention.customers.events import NewEvent, record_many
from retention.customers.models import Customer
from retention.kit import clock
from retention.webhooks.managing import Wish, make_endpoint
from retention.webhooks.models import OutgoingEvent, WebhookDelivery
from tests.campaigns.campaigning import make_crowd
from tests.campaigns.coupons.pools import make_pool
from tests.campaigns.journeys.journeying import SEND, make_journey, make_template

PATIENCE_SECONDS = 240


def child(store_id: int) -> "subprocess.Popen[bytes]":
    """Start a worker and wait until it works."""
    environment = dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "retention.settings"}
    command = [sys.executable, "-m", "tests.campaigns.journeys.running_child", str(store_id)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    process.stdout.close()  # type: ignore[union-attr]


def rounds_of_kills(store: Any, *, people: int, kills: int, seed: int) -> None:
    """Let a crowd go through every kind of action while workers are killed; assert that each happened once for everybody."""
    now, chance = clock.now(), random.Random(seed)
    make_template()
    endpoint, _ = make_endpoint(Wish("https://hooks.example.test/", "", ["order.created"]), now=now)
    steps = [
        {"id": "note", "kind": "update", "set": {"step": 1}},
        {"id": "code", "kind": "coupon", "pool": str(make_pool(now=now, endless=True).public_id)},
        {"id": "tell", "kind": "webhook", "endpoint": str(endpoint.public_id)},
        SEND,
        {"id": "half", "kind": "split", "paths": [{"name": "A", "weight": 1, "go": "late"}, {"name": "B", "weight": 1, "go": "end"}]},
        {"id": "late", "kind": "update", "set": {"step": 2}},
        {"id": "end", "kind": "exit"},
    ]
    journey = make_journey({"trigger": {"event": "Started"}, "steps": steps}, now=now)
    crowd = make_crowd(people, now=now)
    record_many([NewEvent(one.pk, "Started") for one in crowd], now=now)
    workers = [child(store.pk) for _ in range(2)]
    try:
        for place in range(kills):
            time.sleep(chance.uniform(0.05, 0.4))
            chosen = workers.pop(chance.randrange(2))
            if place % 3 == 2:  # frozen with its rows in its hands, for a while; the other one goes round it
                os.kill(chosen.pid, signal.SIGSTOP)
                time.sleep(0.3)
            end(chosen)
            workers.append(child(store.pk))
        _wait_for_the_rest(people)
    finally:
        for process in workers:
            end(process)
    assert run_due(now=clock.now()) == 0
    _assert_once_each(journey, people)


def _wait_for_the_rest(people: int) -> None:
    """Wait until everybody is through, as long as somebody still comes through: how long that takes says something about the machine."""
    through, until = -1, time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        now_through = Enrollment.objects.filter(state="finished").count()
        if now_through == people:
            return
        if now_through != through:
            through, until = now_through, time.monotonic() + PATIENCE_SECONDS
        time.sleep(0.2)


def _assert_once_each(journey: Any, people: int) -> None:
    runs = Enrollment.objects.filter(journey=journey)
    assert Counter(runs.values_list("state", flat=True)) == {"finished": people}, "somebody was lost"
    assert len(set(Message.objects.values_list("customer_id", flat=True))) == Message.objects.count() == people
    late = sum(memory["paths"]["half"] == "A" for memory in runs.values_list("memory", flat=True))
    done = Counter(JourneyAction.objects.values_list("step", flat=True))
    assert done == {"note": people, "code": people, "tell": people, "late": late}
    told = [data["customer"]["id"] for data in OutgoingEvent.objects.values_list("data", flat=True)]
    assert len(set(told)) == len(told) == WebhookDelivery.objects.count() == people, "a webhook was told twice, or not at all"
    codes = list(Coupon.objects.exclude(occasion="").values_list("customer_id", flat=True))
    assert len(set(codes)) == len(codes) == people, "a code was drawn twice, or not at all"
    assert Counter(one["step"] for one in Customer.objects.values_list("attributes", flat=True)) == Counter({1: people - late, 2: late})


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_four_killed_workers_lose_nobody_and_double_nothing(store: Any) -> None:
    rounds_of_kills(store, people=240, kills=4, seed=3)


@pytest.mark.deep
@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_fifty_killed_workers_and_ten_thousand_runs_lose_nobody_and_double_nothing(store: Any) -> None:
    rounds_of_kills(store, people=10_000, kills=50, seed=11)
