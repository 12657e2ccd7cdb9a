"""How long after its answer an event has had its effect, while others arrive at a steady rate and the projection ticks as it does in life.

A probe is an `identify` of somebody new, sent by itself; its effect is that this person is known, seen from another connection.
"""

import json
import statistics
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections

from retention.intake.projecting import project_due
from retention.kit import clock
from retention.schedule import JOBS
from tests.bench.measuring.sending import Plan, begin, seen_by
from tests.serving import Served

SECONDS, BATCH, PROBES = 12.0, 20, 80


@dataclass(frozen=True)
class Delays:
    """How long 95 of 100 probes took at most, at how many events a second, and how many events were sent with them."""

    p95: float
    rate: int
    sent: int


def measure(door: Served, *, keys: list[str], rate: float, run: str) -> Delays:
    """Send at the rate for a while, with probes among it, and return how late their effects were."""
    requests = max(PROBES, int(rate * SECONDS / BATCH))
    plan = Plan(door.port, "/v1/batch", keys, requests, BATCH, 8, f"{run}-lag", every=BATCH / rate)
    with projecting():
        sender = begin(plan)
        seconds = requests * BATCH / rate
        delays = [
            _probe(door.url, key=keys[number % len(keys)], name=f"{run}-{number}", every=seconds / PROBES) for number in range(PROBES)
        ]
        seen = seen_by(sender)
    return Delays(statistics.quantiles(delays, n=20)[-1], round(rate), seen.answered * BATCH + PROBES)


@contextmanager
def projecting() -> Iterator[None]:
    """Let the projection tick in this process as it does in life."""
    ending = threading.Event()
    ticking = threading.Thread(target=_tick, args=(ending,))
    ticking.start()
    try:
        yield
    finally:
        ending.set()
        ticking.join()


def _tick(ending: threading.Event) -> None:
    every = next(job.every_seconds for job in JOBS if job.task == "retention.intake.tasks.project")
    while not ending.wait(every):
        project_due(now=clock.now)
    connections.close_all()


def _probe(url: str, *, key: str, name: str, every: float) -> float:
    began = time.monotonic()
    body = json.dumps({"userId": name, "messageId": f"probe-{name}", "writeKey": key}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/v1/identify", data=body), timeout=30):
        acknowledged = time.monotonic()
    while not _known(name):
        if time.monotonic() > acknowledged + 60:
            raise RuntimeError("A probe had no effect within a minute.")
        time.sleep(0.02)
    delay = time.monotonic() - acknowledged
    time.sleep(max(0.0, began + every - time.monotonic()))
    return delay


def _known(name: str) -> bool:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM customers_identity WHERE kind = 'external' AND value = %s LIMIT 1", [name])
        return cursor.fetchone() is not None
