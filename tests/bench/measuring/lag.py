"""How long after its answer an event has had its effect, while others arrive at a steady rate and timed jobs tick as they do in life.

A probe is an event of somebody new, sent by itself; its effect is seen from another connection.
"""

import json
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

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


@dataclass(frozen=True)
class Probe:
    """What is sent and what it must lead to. told: the event without its names; known: SQL that finds a person by `%s`, their own id."""

    kind: str = "identify"
    told: Mapping[str, Any] = field(default_factory=dict)
    known: str = "SELECT 1 FROM customers_identity WHERE kind = 'external' AND value = %s LIMIT 1"


IDENTIFY = Probe()
Jobs = Mapping[str, Callable[[], object]]
PROJECTION: Jobs = {"retention.intake.tasks.project": lambda: project_due(now=clock.now)}


def measure(door: Served, *, keys: list[str], rate: float, run: str, probe: Probe = IDENTIFY, jobs: Jobs = PROJECTION) -> Delays:
    """Send at the rate for a while, with probes among it, and return how late their effects were. jobs: what ticks, by its task."""
    requests = max(PROBES, int(rate * SECONDS / BATCH))
    plan = Plan(door.port, "/v1/batch", keys, requests, BATCH, 8, f"{run}-lag", every=BATCH / rate)
    with ticking(jobs):
        sender = begin(plan)
        every = requests * BATCH / rate / PROBES
        delays = [_probe(probe, door.url, key=keys[number % len(keys)], name=f"{run}-{number}", every=every) for number in range(PROBES)]
        seen = seen_by(sender)
    return Delays(statistics.quantiles(delays, n=20)[-1], round(rate), seen.answered * BATCH + PROBES)


@contextmanager
def ticking(jobs: Jobs) -> Iterator[None]:
    """Let jobs tick in this process as they do in life."""
    ending = threading.Event()
    threads = [threading.Thread(target=_tick, args=(ending, task, work)) for task, work in jobs.items()]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ending.set()
        for thread in threads:
            thread.join()


def _tick(ending: threading.Event, task: str, work: Callable[[], object]) -> None:
    every = next(job.every_seconds for job in JOBS if job.task == task)
    while not ending.wait(every):
        work()
    connections.close_all()


def _probe(probe: Probe, url: str, *, key: str, name: str, every: float) -> float:
    began = time.monotonic()
    body = json.dumps({**probe.told, "userId": name, "messageId": f"probe-{name}", "writeKey": key}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/v1/{probe.kind}", data=body), timeout=30):
        acknowledged = time.monotonic()
    while not _known(probe, name):
        if time.monotonic() > acknowledged + 60:
            raise RuntimeError("A probe had no effect within a minute.")
        time.sleep(0.02)
    delay = time.monotonic() - acknowledged
    time.sleep(max(0.0, began + every - time.monotonic()))
    return delay


def _known(probe: Probe, name: str) -> bool:
    with connections["owner"].cursor() as cursor:
        cursor.execute(probe.known, [name])
        return cursor.fetchone() is not None
