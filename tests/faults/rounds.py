"""Faults while the whole crew sends: the worker killed or asked to end, PostgreSQL stopped at once, Valkey emptied or killed and lost.

Nothing is shortened here: leases, beats and restarts are the product's own, and so are the seconds until mail leaves again.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import redis
from django.db import connections

from campaigns.models import Message
from retention.cli import crew
from retention.cli.folders import Place
from retention.cli.ground import Ground
from retention.cli.supervising import RESTARTS_PER_MINUTE, Supervisor
from retention.embedded import processes
from retention.embedded.finding import find_postgres, find_valkey
from retention.embedded.postgres import start_postgres
from retention.embedded.valkey import start_valkey
from retention.kit import clock
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import store_context
from tests.faults import gauntlet
from tests.faults.ways import WAYS, settle_store

A_ROUND, AFTER_A_FAULT, DOWN_SECONDS, MOST_SECONDS, END_SECONDS = 250, 5, 2.0, 180.0, 300.0
_WAITING = ("planned", "ready", "sending")


@dataclass
class Stage:
    """What can be broken. started: servers put in the place of broken ones."""

    place: Place
    ground: Ground
    supervisor: Supervisor
    started: list[Any] = field(default_factory=list)

    @property
    def sockets(self) -> Path:
        return Path((self.place.folder / "sockets").read_text().strip())


def kill_worker(stage: Stage) -> None:
    """Kill the worker with all it started."""
    os.killpg(stage.supervisor.pid_of("worker"), signal.SIGKILL)
    time.sleep(0.3)  # what had left arrives


def end_worker(stage: Stage) -> None:
    """Ask the worker to end, as every deployment does."""
    os.kill(stage.supervisor.pid_of("worker"), signal.SIGTERM)
    time.sleep(0.3)


def stop_postgres(stage: Stage) -> None:
    """Stop PostgreSQL in immediate mode, and start it again."""
    data = stage.place.folder / "postgres"
    leader = int((data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(leader, signal.SIGQUIT)
    assert processes.wait_until(lambda: processes.birth(leader) is None, seconds=30)
    time.sleep(DOWN_SECONDS)
    log, program = stage.place.logs / "postgres.log", find_postgres(os.environ)
    server = start_postgres(program, data=data, sockets=stage.sockets, log=log, durable=True, guardian=stage.ground.guardian)
    stage.started.append(server)


def empty_valkey(stage: Stage) -> None:
    """Take everything Valkey holds."""
    redis.Redis.from_url(stage.ground.environment["REDIS_URL"]).flushall()


def lose_valkey(stage: Stage) -> None:
    """Kill Valkey, lose its files, and start an empty one."""
    data = stage.place.folder / "valkey"
    leader = int(json.loads(data.with_name("valkey.running").read_text())["pid"])
    os.killpg(leader, signal.SIGKILL)
    assert processes.wait_until(lambda: processes.birth(leader) is None, seconds=30)
    shutil.rmtree(data)
    time.sleep(DOWN_SECONDS)
    log, program = stage.place.logs / "valkey.log", find_valkey(os.environ)
    server = start_valkey(program, data=data, sockets=stage.sockets, log=log, durable=True, guardian=stage.ground.guardian)
    stage.started.append(server)


FAULTS: dict[str, Callable[[Stage], None]] = {
    "kill": kill_worker,
    "terminate": end_worker,
    "postgres": stop_postgres,
    "flush": empty_valkey,
    "valkey": lose_valkey,
}
ROUNDS = {"kill": 10, "terminate": 10, "postgres": 10, "flush": 5, "valkey": 5}
"""How often each of them comes in a whole run."""
ENDS_THE_WORKER = ("kill", "terminate")
APART_SECONDS = 60 / RESTARTS_PER_MINUTE + 1
"""Between two ends of the worker, for the supervisor leaves alone what keeps ending."""
MOST_UNTIL_MAIL = {"kill": 30.0, "terminate": 30.0, "postgres": 60.0, "flush": 90.0, "valkey": 90.0}


def run(place: Place, ground: Ground, wanted: list[tuple[str, int]]) -> None:
    """Break what is wanted, each so often, and print what the referee saw of each."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "journal"
        with gauntlet.referee(journal, kind="smtp", seed=7, mood="slow") as port:
            environment = ground.environment | {"INBOX_SMTP_URL": f"smtp://127.0.0.1:{port}"}
            ready = Path(folder) / "ready"
            ready.mkdir()
            with Supervisor(guardian=ground.guardian, environment=environment, logs=place.logs, changed=lambda _: None) as supervisor:
                supervisor.start(crew.scheduler(ready=ready))
                supervisor.start(crew.worker(ready=ready))
                supervisor.open_gate()
                supervisor.wait_until_up(seconds=180)
                supervisor.tend()
                stage = Stage(place, ground, supervisor)
                try:
                    for fault, rounds in wanted:
                        _say(fault, rounds, _course(stage, journal, fault, rounds))
                finally:
                    for server in stage.started:
                        server.stop()


def _course(stage: Stage, journal: Path, name: str, rounds: int) -> gauntlet.Counts:
    """Break one thing so often in a store of its own, wait until everything is settled, and count."""
    journal.write_text("")  # the referee appends
    store = Store.objects.create(name="Lumen", slug=f"faults-{clock.now():%H%M%S%f}", web_address="https://lumen.example.test")
    resumed, worst, left, struck, ended = 0.0, 0, 0, 0, float("-inf")
    with store_context(store.pk):
        settle_store(store, now=clock.now())
        for _round in range(rounds):
            if name in ENDS_THE_WORKER:
                time.sleep(max(0.0, ended + APART_SECONDS - time.monotonic()))
            before = _lines(journal)
            WAYS["smtp"].make(A_ROUND, 0, clock.now())
            StoreWork.ring("dispatch", store_id=store.pk, due_at=clock.now())
            _until(lambda at=before: _lines(journal) > at + 10, seconds=MOST_SECONDS)  # type: ignore[misc]
            struck += _due()
            FAULTS[name](stage)
            connections.close_all()
            ended = time.monotonic()
            worst, left = max(worst, _left() - left), _left()
            resumed = max(resumed, _seconds_until_new_mail(store, journal))
            assert not stage.supervisor.failure, stage.supervisor.failure
        _until(lambda: not Message.objects.filter(state__in=_WAITING).exists(), seconds=END_SECONDS)
        return replace(gauntlet.count(journal.read_text().splitlines()), worst=worst, resumed=round(resumed, 1), struck=struck)


def _seconds_until_new_mail(store: Store, journal: Path) -> float:
    """Return how long it takes until one of a few messages that are made now has left; what was under way before a fault shows nothing."""
    began, newest = time.monotonic(), Message.objects.order_by("-pk").values_list("pk", flat=True)[0]
    WAYS["smtp"].make(AFTER_A_FAULT, 0, clock.now())
    StoreWork.ring("dispatch", store_id=store.pk, due_at=clock.now())
    fresh = {public_id.hex for public_id in Message.objects.filter(pk__gt=newest).values_list("public_id", flat=True)}
    _until(lambda: not fresh.isdisjoint(journal.read_text().splitlines()), seconds=MOST_SECONDS)
    return time.monotonic() - began


def _left() -> int:
    """Return how many messages were in somebody's hands when a fault came, of all faults so far."""
    return int(Message.objects.filter(state="sending").count() + Message.objects.filter(state="unknown", reason="worker_lost").count())


def _due() -> bool:
    return bool(Message.objects.filter(state__in=_WAITING, due_at__lte=clock.now()).exists())


def _lines(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def _until(true: Callable[[], bool], *, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.1)


def _say(fault: str, rounds: int, counts: gauntlet.Counts) -> None:
    sys.stdout.write(json.dumps({"fault": fault, "rounds": rounds, **asdict(counts)}) + "\n")
    sys.stdout.flush()
