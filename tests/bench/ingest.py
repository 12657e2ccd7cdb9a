"""What an acknowledged event costs: batches against plain COPY, single events against a REST framework view, projection and its lag.

Real granian, real HTTP over kept connections, real commits; both sides of each ratio take turns in one run on the same table. A ratio
compares work per second of processor time of everything on the server's side: web workers, PostgreSQL with its helpers, and for COPY and
the projection the process that does it. The sender of the requests is not counted. After each turn every twentieth batch is sent again.
Each ratio is the median of the turns' own: the sides of one turn stand within seconds of each other, while a machine's speed drifts.
"""

import io
import os
import secrets
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from django.db import connections

from retention.intake.projecting import project_due
from retention.intake.projecting.running import KIND
from retention.kit import clock
from retention.kit.memory import keep_what_is_loaded
from retention.stores.models import Store, StoreWork
from tests.bench.measuring import lag
from tests.bench.measuring.events import COLUMNS, line_of
from tests.bench.measuring.processes import cpu_seconds, parent_of, resident_bytes
from tests.bench.measuring.sending import Plan, begin, seen_by
from tests.bench.measuring.stored import make_bench_store
from tests.factories import make_key
from tests.serving import Served, serve_application

TURNS = 5
STORES, PROJECTED_STORES = 40, 4  # their keys take turns, because each key has a limit of its own
COPIED, BATCHES, SINGLE, COMPARED, PROJECTED = 40_000, 300, 4_000, 2_000, 8_000  # in one turn at scale 1
MOST_COMPARED = 4.0  # scale of the other sides: only the door itself is run for millions
BATCH, AGAIN, COPY_ROWS = 100, 20, 10_000
CONNECTIONS = 48  # as many as two workers have threads
Rows = list[tuple[object, ...]]


@dataclass
class Side:
    """One side of a comparison: in each turn how many events, in how many seconds of processor time and of the clock."""

    name: str
    events: list[int] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def rates(self) -> list[float]:
        """Return each turn's events per second of processor time."""
        return [count / seconds for count, seconds in zip(self.events, self.cpu, strict=True)]

    def per_cpu_second(self) -> float:
        """Return the median turn's events per second of processor time."""
        return statistics.median(self.rates())

    def against(self, other: "Side") -> float:
        """Return how many times as much as another side it does for a second of processor time: the median of the turns' own ratios."""
        return statistics.median(mine / theirs for mine, theirs in zip(self.rates(), other.rates(), strict=True))

    def per_second(self) -> float:
        """Return the median turn's events per second."""
        return statistics.median(count / seconds for count, seconds in zip(self.events, self.wall, strict=True))


@dataclass
class Scene:
    """What runs and who sends: the product, the other side, the postmaster's number, shops with their keys, the shop of what is copied."""

    door: Served
    drf: Served
    postmaster: int
    keys: list[str]
    projected: list[str]
    run: str
    copied_to: int = 0
    acknowledged: int = 0
    repeated: int = 0
    requests: int = 0


def main(scale: float) -> tuple[Rows, dict[str, Any]]:
    """Run all sides in turns and return the table and the figures."""
    sides = {name: Side(name) for name in ("copy", "batches", "drf", "singles", "projected")}
    memory: list[int] = []
    keep_what_is_loaded()  # as the worker does that projects
    with ExitStack() as stack:
        scene = _scene(stack)
        for turn in range(TURNS):
            _take_turn(scene, sides, turn=turn, scale=scale)
            memory.append(resident_bytes(scene.door.pid))
        delays = lag.measure(scene.door, keys=scene.projected, rate=sides["projected"].per_second() / 2, run=scene.run)
    lost, doubled = _audit(scene, lag_events=delays.sent)
    rows: Rows = [("what", "events a turn", "events/s", "events per cpu-s", "us of cpu an event")]
    rows += [
        (side.name, side.events[0], round(side.per_second()), round(side.per_cpu_second()), round(1e6 / side.per_cpu_second(), 1))
        for side in sides.values()
    ]
    ratios = {
        "batch_vs_copy": round(sides["batches"].against(sides["copy"]), 3),
        "single_vs_drf": round(sides["singles"].against(sides["drf"]), 2),
        "projected_vs_copy": round(sides["projected"].against(sides["copy"]), 4),
        "memory_growth": round(memory[-1] / memory[0], 3),
    }
    counts = {"events": scene.acknowledged + delays.sent, "requests": scene.requests, "lost": lost, "doubled": doubled}
    counts |= {"sent_twice": scene.repeated, "server_mb": memory[-1] >> 20, "lag_p95_ms": round(delays.p95 * 1000), "lag_rate": delays.rate}
    return rows, {"ratios": ratios, "counts": counts}


_WRITTEN = ("customers_customer", "customers_customercounter", "customers_pending", "orders_cart", "orders_cartline")  # by the projection
_EARLIER = "SELECT id FROM stores_store WHERE slug ~ '^(bench-[0-9a-f]{8}-|copied-)'"


def _scene(stack: ExitStack) -> Scene:
    """Empty what the last run left, sweep up behind it, or that would be done while we measure, and start both servers."""
    for table in ("customers_customerevent", "customers_eventkey", "stores_storework"):
        _owner(f"DELETE FROM {table} WHERE store_id IN ({_EARLIER})")  # other benchmarks' stores stay as they were seeded
        _owner(f"VACUUM ANALYZE {table}")
    _owner(f"VACUUM ANALYZE {', '.join(_WRITTEN)}")
    run = secrets.token_hex(4)
    keys = [make_key(make_bench_store(f"bench-{run}-{number}"))[1] for number in range(STORES + PROJECTED_STORES)]
    copied_to = make_bench_store(f"copied-{run}").pk
    postmaster = parent_of(int(_owner("SELECT pg_backend_pid()")[0][0]))
    last = Store.objects.order_by("-pk").values_list("pk", flat=True)[0]
    door = stack.enter_context(serve_application("retention.wsgi:application", workers=2))
    drf_name = "tests.bench.measuring.drf_side:application"
    drf = stack.enter_context(serve_application(drf_name, workers=2, environment={"BENCH_STORE_ID": str(last)}))
    return Scene(door, drf, postmaster, keys[PROJECTED_STORES:], keys[:PROJECTED_STORES], run, copied_to)


def _take_turn(scene: Scene, sides: dict[str, Side], *, turn: int, scale: float) -> None:
    """Let each side do its share once."""
    less = min(scale, MOST_COMPARED)
    lines = [line_of(number, store_id=scene.copied_to, moment=clock.now()) + "\n" for number in range(max(COPY_ROWS, int(COPIED * less)))]
    _measure(scene, sides["copy"], lambda: _copy(lines), pids=[])
    door, drf = (lambda **how: _send(scene, scene.door, turn=turn, **how)), (lambda **how: _send(scene, scene.drf, turn=turn, **how))
    batches, singles, compared = max(20, int(BATCHES * scale)), max(200, int(SINGLE * less)), max(200, int(COMPARED * less))
    _measure(scene, sides["batches"], lambda: door(path="/v1/batch", requests=batches, size=BATCH), pids=[scene.door.pid])
    door(path="/v1/batch", requests=max(1, batches // AGAIN), size=BATCH, again=True)
    _measure(scene, sides["drf"], lambda: drf(path="/v1/track", requests=compared), pids=[scene.drf.pid])
    _measure(scene, sides["singles"], lambda: door(path="/v1/track", requests=singles), pids=[scene.door.pid])
    StoreWork.objects.filter(kind=KIND).delete()  # what was sent so far stays as it is: only what follows is projected
    door(path="/v1/batch", requests=max(10, int(PROJECTED * less) // BATCH), size=BATCH, keys=scene.projected, word="projected")
    _measure(scene, sides["projected"], _project, pids=[])


def _measure(scene: Scene, side: Side, work: Callable[[], int], *, pids: list[int]) -> None:
    """Do the work and note what it cost: the servers named, PostgreSQL, and this process where no server is named."""
    began, used = time.perf_counter(), _used(scene, pids)
    side.events.append(work())
    side.wall.append(time.perf_counter() - began)
    side.cpu.append(_used(scene, pids) - used)


def _used(scene: Scene, pids: list[int]) -> float:
    return cpu_seconds(scene.postmaster, *pids) + (0 if pids else time.process_time())


def _copy(lines: list[str]) -> int:
    """Store prebuilt lines, ten thousand to a transaction."""
    with psycopg2.connect(os.environ["DATABASE_OWNER_URL"]) as connection, connection.cursor() as cursor:
        for first in range(0, len(lines), COPY_ROWS):
            text = io.StringIO("".join(lines[first : first + COPY_ROWS]))
            cursor.copy_expert(f"COPY customers_customerevent ({', '.join(COLUMNS)}) FROM STDIN", text)
            connection.commit()
    return len(lines)


def _send(
    scene: Scene,
    to: Served,
    *,
    turn: int,
    path: str,
    requests: int,
    size: int = 1,
    again: bool = False,
    keys: list[str] | None = None,
    word: str = "",
) -> int:
    """Send from a process of its own; return how many events were acknowledged, all of them or the run ends."""
    prefix = f"{scene.run}-{turn}-{word or size}"
    plan = Plan(to.port, path, keys or scene.keys, requests, size, CONNECTIONS, prefix)
    seen = seen_by(begin(plan))
    if seen.turned_away or seen.answered != requests:
        raise RuntimeError(f"Not every request was answered 200: {seen.answered} of {requests}, {seen.turned_away}.")
    if to is scene.door:
        scene.acknowledged += 0 if again else requests * size
        scene.repeated += requests * size if again else 0
        scene.requests += requests
    return requests * size


def _project() -> int:
    applied = 0
    while count := project_due(now=clock.now):
        applied += count
    return applied


def _audit(scene: Scene, *, lag_events: int) -> tuple[int, int]:
    """Return how many acknowledged events are not there and how many are there twice."""
    slugs = f"bench-{scene.run}-%"
    question = f"SELECT count(*) FROM {{}} JOIN stores_store AS store ON store.id = store_id WHERE slug LIKE '{slugs}'"
    stored = int(_owner(question.format("customers_customerevent") + " AND trusted")[0][0])
    keys = int(_owner(question.format("customers_eventkey"))[0][0])
    sent = scene.acknowledged + lag_events
    return max(0, sent - keys), max(0, stored - keys)


def _owner(question: str) -> list[Any]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall()) if cursor.description else []
