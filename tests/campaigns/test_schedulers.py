"""Several schedulers at once, and one of them is killed again and again: every campaign begins once, and everybody has one row."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from campaigns.broadcasts import running
from campaigns.models import Campaign, Enrollment, Message
from campaigns.playbooks.switching import switch_on
from retention.kit import clock
from retention.stores.models import StoreWork
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list
from tests.campaigns.story import leave_cart, make_shopper

PATIENCE_SECONDS = 90


def children(count: int) -> "list[subprocess.Popen[bytes]]":
    """Start schedulers and wait until each ticks."""
    environment = dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "retention.settings"}
    command = [sys.executable, "-m", "tests.campaigns.scheduling_child"]
    started = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(count)]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    return started


def end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    process.stdout.close()  # type: ignore[union-attr]


def free_leases() -> None:
    """Let the lease of a killed scheduler run out at once."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stores_storework SET leased_until = NULL")


def rounds_of_kills(store: Any, *, schedulers: int, kills: int, campaigns: int, people: int, seed: int) -> None:
    """Let campaigns and baskets come due while schedulers are killed; assert that each happened once and none was missed."""
    chance = random.Random(seed)
    crowd = make_list(make_crowd(people, now=clock.now()), now=clock.now())
    began = clock.now()
    switch_on("abandoned_cart", now=began - timedelta(days=1))
    made = [make_campaign(crowd, now=began) for _ in range(campaigns)]
    for place, campaign in enumerate(made):
        assert running.start(campaign, store=store, user_id=None, now=began)
        Campaign.objects.filter(pk=campaign.pk).update(starts_at=began + timedelta(seconds=place * 0.8))
    shoppers = [make_shopper(now=clock.now()) for _ in range(campaigns)]
    running_now = children(schedulers)
    try:
        for place in range(kills):
            leave_cart(shoppers[place % campaigns], now=clock.now()) if place < campaigns else None
            StoreWork.ring("journeys", store_id=store.pk, due_at=clock.now())
            time.sleep(chance.uniform(0.1, 0.5))
            end(running_now.pop(chance.randrange(len(running_now))))
            free_leases()
            running_now += children(1)
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until and Campaign.objects.filter(planned_at=None).exists():
            time.sleep(0.1)
        StoreWork.ring("journeys", store_id=store.pk, due_at=clock.now())
        time.sleep(1)
    finally:
        for process in running_now:
            end(process)
    rows = Counter(Message.objects.filter(source_kind="campaign").values_list("source_id", "customer_id"))
    assert Campaign.objects.filter(planned_at=None).count() == 0, "a campaign was missed"
    assert len(rows) == people * campaigns, "somebody was missed"
    assert set(rows.values()) == {1}, "somebody was planned twice"
    baskets = min(kills, campaigns)
    assert Enrollment.objects.count() == baskets
    assert Message.objects.filter(source_kind="journey").count() == baskets


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_three_schedulers_and_two_killed_miss_nothing_and_double_nothing(store: Any) -> None:
    rounds_of_kills(store, schedulers=3, kills=2, campaigns=2, people=80, seed=5)


@pytest.mark.deep
@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_five_schedulers_and_twenty_killed_miss_nothing_and_double_nothing(store: Any) -> None:
    rounds_of_kills(store, schedulers=5, kills=20, campaigns=12, people=200, seed=7)
