"""A day of a shop whose workers are killed again and again: at its end nobody is in a segment who should not be, and nobody is missing."""

import os
import random
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.db import connection

from retention.intake.projecting.running import project_store
from retention.intake.storing import store_events
from retention.tenancy.context import store_context
from segments import saving
from segments.asking import LONG_SECONDS, asking, rows_of
from segments.evaluating import evaluate_due
from segments.knowing import read, terms_of_store
from segments.models import Segment, SegmentMember
from segments.rules.compiler import compile_rule
from segments.rules.terms import At
from segments.sweeping import check, fill_stores, sweep_stores
from tests.factories import make_store
from tests.segments.happening import row_of
from tests.segments.world import NOW

PEOPLE = 60
DONE = ("Product Viewed", "Product Added", "Quiz Finished")
LAST_HOURS = {"how": "last", "count": 6, "unit": "hours"}
RULES = {
    "looked": [{"is": "event", "event": "Product Viewed", "op": "at_least", "value": 2, "window": LAST_HOURS}],
    "quiet": [{"is": "event", "event": "Product Viewed", "op": "equals", "value": 0, "window": LAST_HOURS}],
    "seen": [{"is": "moment", "field": "last_seen_at", "op": "in", "window": LAST_HOURS}],
    "ever": [{"is": "event", "event": "Quiz Finished", "op": "at_least", "value": 2}],
    "place": [{"is": "text", "field": "city", "op": "is", "values": ["berlin"]}],
}


def live_through(store, *, hours, seed):
    """Have people do things hour by hour while a worker is started and killed each hour."""
    chance = random.Random(seed)
    for hour in range(hours):
        now = NOW + timedelta(hours=hour)
        told = []
        for _number in range(40):
            who = f"p{chance.randrange(PEOPLE)}"
            one = {"city": chance.choice(["Berlin", "Wien"])} if chance.random() < 0.2 else chance.choice(DONE)
            told.append(row_of(store, who, one, now=now + timedelta(seconds=chance.randrange(3_000)), backfill=False, properties={}))
        with store_context(store.pk):
            store_events(told, now=now + timedelta(minutes=59))
        work_and_die(now + timedelta(minutes=59), wait=chance.random() * 0.6)


def work_and_die(now, *, wait):
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.segments.working_child", now.isoformat()],
        env=dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "retention.settings"},
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    time.sleep(wait)
    child.kill()
    child.wait()
    child.stdout.close()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stores_storework SET leased_until = NULL")


def drift_after(*, hours):
    """Return how many memberships the check mends after a day, and whether members are whom the rules name."""
    store = make_store(slug=f"killed-{hours}", currency="EUR", zone="Europe/Berlin")
    with store_context(store.pk):
        for name, nodes in RULES.items():
            saving.create(name=name, rule={"version": 1, "root": {"join": "all", "rules": nodes}}, user_id=None, now=NOW)
        inner = Segment.objects.get(name="looked")
        node = {"is": "in_segment", "segment": str(inner.public_id), "in": True}
        saving.create(name="inner", rule={"version": 1, "root": {"join": "none", "rules": [node]}}, user_id=None, now=NOW)
    live_through(store, hours=hours, seed=hours)
    end = NOW + timedelta(hours=hours)
    with store_context(store.pk):
        project_store(store.pk, now=end)
    for step in range(4):
        now = end + timedelta(minutes=step)
        fill_stores(now=now)
        sweep_stores(now=now)
        evaluate_due(now=now)
    now = end + timedelta(minutes=3)
    with store_context(store.pk):
        segments = list(Segment.objects.order_by("id"))
        drift = {one.name: check(one, now=now) for one in segments}
        at = At(now, terms_of_store())
        for one in segments:
            with asking(seconds=LONG_SECONDS):
                expected = {pk for (pk,) in rows_of(compile_rule(read(one.rule, at.terms), at))}
            assert set(SegmentMember.objects.filter(segment=one).values_list("customer_id", flat=True)) == expected
            assert one.name == "place" or expected, f"nobody is in {one.name}: it shows nothing"
    return drift


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_workers_killed_for_three_hours_leave_nobody_wrong():
    assert set(drift_after(hours=3).values()) == {0}


@pytest.mark.faults
@pytest.mark.django_db(transaction=True)
def test_workers_killed_for_a_day_and_a_half_leave_nobody_wrong():
    assert set(drift_after(hours=36).values()) == {0}
