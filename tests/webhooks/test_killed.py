"""Kill -9 of a sending process between the call and the commit: every event arrives, at least once, always under its own id."""

import os
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from retention.webhooks.models import WebhookDelivery
from tests.factories import work_for
from tests.kit.stage import answer
from tests.webhooks.test_sending import ids_of


def killed_while_sending(hooks, *, wait: float) -> None:
    """Start a sending process, wait until the receiver was asked, then kill it and let its leases run out."""
    asked = len(hooks.stage.requests)
    hooks.now += timedelta(minutes=1)
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.webhooks.sending_child", hooks.now.isoformat(), str(hooks.stage.port)],
        env=dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "retention.settings"},
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    end = time.monotonic() + 60
    while len(hooks.stage.requests) == asked and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(wait)
    child.kill()
    child.wait()
    child.stdout.close()
    with work_for(hooks.store), connection.cursor() as cursor:
        cursor.execute("UPDATE webhooks_webhookdelivery SET leased_until = clock_timestamp() - interval '1 second' WHERE state = 'sending'")
        cursor.execute("UPDATE stores_storework SET leased_until = NULL WHERE kind = 'webhooks'")


def all_arrive(hooks, *, events: int, rounds: int) -> Counter[str]:
    """Tell events through a process that is killed again and again; return how often each id came."""
    hooks.stage.play("/hooks", lambda connection, head: (time.sleep(0.05), connection.sendall(answer(200))))
    hooks.endpoint()
    for number in range(events):
        hooks.say({"number": number})
    for number in range(rounds):
        killed_while_sending(hooks, wait=0.02 + 0.013 * (number % 7))
    hooks.send(later=timedelta(minutes=1))
    with work_for(hooks.store):
        assert WebhookDelivery.objects.exclude(state="delivered").count() == 0
        wanted = {delivery.event.webhook_id for delivery in WebhookDelivery.objects.select_related("event")}
    came = Counter(ids_of(hooks.stage.requests))
    assert set(came) == wanted
    assert len(wanted) == events
    return came


def test_killed_once_loses_nothing_and_keeps_the_ids(hooks):
    came = all_arrive(hooks, events=12, rounds=1)
    assert max(came.values()) == 2, "the kill fell between two calls; the receiver answers too fast for this test"


@pytest.mark.faults
def test_killed_twenty_times_loses_nothing_and_keeps_the_ids(hooks):
    all_arrive(hooks, events=600, rounds=20)
