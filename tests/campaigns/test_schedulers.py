"""Five schedulers at once, and the one at work is killed again and again: every campaign begins once, and everybody has one row."""

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

PEOPLE, PATIENCE_SECONDS = 200, 90


def child() -> "subprocess.Popen[bytes]":
    """Start a scheduler and wait until it ticks."""
    environment = dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "retention.settings"}
    process = subprocess.Popen([sys.executable, "-m", "tests.campaigns.scheduling_child"], env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    process.stdout.close()  # type: ignore[union-attr]


def free_leases() -> None:
    """Let the lease of a killed scheduler run out at once."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stores_storework SET leased_until = NULL")


def rounds_of_kills(store: Any, *, kills: int, campaigns: int, seed: int) -> None:
    """Let campaigns and baskets come due while schedulers are killed; assert that each happened once and none was missed."""
    chance = random.Random(seed)
    people = make_list(make_crowd(PEOPLE, now=clock.now()), now=clock.now())
    began = clock.now()
    switch_on("abandoned_cart", now=began - timedelta(days=1))
    made = [make_campaign(people, now=began) for _ in range(campaigns)]
    for place, campaign in enumerate(made):
        assert running.start(campaign, store=store, user_id=None, now=began)
        Campaign.objects.filter(pk=campaign.pk).update(starts_at=began + timedelta(seconds=place * 0.8))
    shoppers = [make_shopper(now=clock.now()) for _ in range(campaigns)]
    schedulers = [child() for _ in range(5)]
    try:
        for place in range(kills):
            leave_cart(shoppers[place % campaigns], now=clock.now()) if place < campaigns else None
            StoreWork.ring("journeys", store_id=store.pk, due_at=clock.now())
            time.sleep(chance.uniform(0.1, 0.5))
            end(schedulers.pop(chance.randrange(len(schedulers))))
            free_leases()
            schedulers.append(child())
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until and Campaign.objects.filter(planned_at=None).exists():
            time.sleep(0.1)
        StoreWork.ring("journeys", store_id=store.pk, due_at=clock.now())
        time.sleep(1)
    finally:
        for process in schedulers:
            end(process)
    rows = Counter(Message.objects.filter(source_kind="campaign").values_list("source_id", "customer_id"))
    assert Campaign.objects.filter(planned_at=None).count() == 0, "a campaign was missed"
    assert len(rows) == PEOPLE * campaigns, "somebody was missed"
    assert set(rows.values()) == {1}, "somebody was planned twice"
    baskets = min(kills, campaigns)
    assert Enrollment.objects.count() == baskets
    assert Message.objects.filter(source_kind="journey").count() == baskets


@pytest.mark.django_db(transaction=True)
def test_five_schedulers_and_three_killed_miss_nothing_and_double_nothing(store: Any) -> None:
    rounds_of_kills(store, kills=3, campaigns=3, seed=5)


@pytest.mark.deep
@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_five_schedulers_and_twenty_killed_miss_nothing_and_double_nothing(store: Any) -> None:
    rounds_of_kills(store, kills=20, campaigns=12, seed=7)
