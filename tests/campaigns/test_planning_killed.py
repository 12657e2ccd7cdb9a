"""Kill -9 of a process that plans a campaign: after any number of kills everybody has exactly one row."""

import os
import random
import subprocess
import sys
import time
from typing import Any

import pytest

from campaigns.broadcasts import running
from campaigns.broadcasts.planning import plan
from campaigns.models import Campaign
from retention.kit import clock
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list, rows

PEOPLE = 2000  # a hundred chunks, so that a kill finds it at work


def plan_and_kill(store: Any, campaign: Campaign, *, seconds: float) -> None:
    """Start a planning process and kill it after a while."""
    environment = dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "retention.settings"}
    command = [sys.executable, "-m", "tests.campaigns.planning_child", str(store.pk), str(campaign.pk)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        before, until = rows(campaign).count(), time.monotonic() + 60
        while rows(campaign).count() == before and time.monotonic() < until:  # not before it began, however busy the machine is
            time.sleep(0.005)
        time.sleep(seconds)
        process.kill()


@pytest.mark.django_db(transaction=True)
def test_killed_between_chunks_nobody_is_missed_or_doubled(store: Any) -> None:
    now, chance = clock.now(), random.Random(3)
    people = make_crowd(PEOPLE, now=now)
    campaign = make_campaign(make_list(people, now=now), now=now)
    running.start(campaign, store=store, user_id=None, now=now)
    Campaign.objects.filter(pk=campaign.pk).update(state="sending", opened_at=now, seen_at=now)
    stages = []
    for _ in range(2):
        plan_and_kill(store, campaign, seconds=chance.uniform(0.05, 0.2))
        stages.append(rows(campaign).count())
    assert 0 < stages[0] < PEOPLE, "the kill came in the middle"
    campaign.refresh_from_db()
    plan(campaign, now=clock.now())
    assert sorted(rows(campaign).values_list("customer_id", flat=True)) == sorted(one.pk for one in people)
    campaign.refresh_from_db()
    assert campaign.planned_at is not None
