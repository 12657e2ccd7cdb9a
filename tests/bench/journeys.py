"""Carrying runs on: a million that wait, claimed and advanced beside a bare claim and update of the same rows; how soon an event decides.

First an hour of simulated time, minute by minute, in which every run is written anew, with a vacuum every five minutes as autovacuum
would: `flat_hour` is the rate of its last ten minutes beside that of its first ten, by processor time; `bloat_hour` the table with its
indexes after it beside before. Then the rows: the engine takes all of them through a wait a thousand at a time, then a bare statement does
the same to the same rows, in turns; `claim_vs_bare` by the clock, `claim_vs_bare_cpu` by the processor time of this process and its
database's. `flat` is the engine's last rate beside its first, `bloat` the table after all turns beside what it was after the first. Then
the events: a thousand a second by real HTTP into four shops with a live journey each, and how long after its answer a probe has led to a
planned message. The limits are 0.4 and two seconds (issue 6).
"""

import secrets
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, connections

from campaigns.journeys.running import SLICE, run_due
from campaigns.journeys.ticking import take_turn
from campaigns.journeys.versions import publish
from campaigns.models import Enrollment, Journey
from campaigns.sending.turns import take_turns
from retention.intake.projecting import project_due
from retention.kit import clock
from retention.kit.memory import keep_what_is_loaded
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import store_context
from tests.bench.measuring.lag import Probe, measure
from tests.bench.measuring.processes import cpu_seconds
from tests.bench.measuring.stored import make_bench_store
from tests.campaigns.journeys.journeying import make_template
from tests.factories import make_key
from tests.serving import serve_application

RUNS, TURNS, AT_ONCE = 1_000_000, 3, 50_000
MINUTES, VACUUM_EVERY, COMPARED = 60, 5, 10
STORES, RATE, LIMIT_MS = 4, 1_000, 2_000
WAITS = {
    "trigger": {"event": "Started"},
    "steps": [{"id": "a", "kind": "wait", "hours": 20}, {"id": "b", "kind": "wait", "hours": 20, "then": "a"}],
}
DECIDES = {"trigger": {"event": "Probe Sent"}, "steps": [{"id": "mail", "kind": "send", "channel": "email", "template": "hello"}]}
_PEOPLE = """
    INSERT INTO customers_customer (store_id, public_id, email, email_key, phone, first_name, last_name, name_key, gender, interests,
        language, zone, city, country, attributes, learnt_at, created_at)
    SELECT %(store)s, gen_random_uuid(), 'j' || n || '@example.test', 'j' || n || '@example.test', '', 'Kim', '', 'kim', '', '[]', 'en',
        '', '', 'DE', '{}', '{}', now()
    FROM generate_series(%(first)s::int, %(last)s::int) AS n
"""
_RUNS = """
    INSERT INTO campaigns_enrollment (store_id, public_id, journey_id, version_id, customer_id, occurrence, about, trigger_at, state, step,
        due_at, held_out, entered_at, reason, memory)
    SELECT store_id, gen_random_uuid(), %(journey)s, %(version)s, id, 'customer-' || id, 'customer-' || id, %(now)s, 'running', 'a',
        %(now)s + (random() * 3600) * interval '1 second', false, %(now)s, '', '{}'
    FROM customers_customer WHERE store_id = %(store)s
"""
_BARE = """
    WITH picked AS MATERIALIZED (
        SELECT id FROM campaigns_enrollment WHERE store_id = %(store)s AND state = 'running' AND due_at <= %(now)s
        ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE campaigns_enrollment AS run SET due_at = %(next)s, step = 'b' FROM picked WHERE run.store_id = %(store)s AND run.id = picked.id
"""
_VACUUM = "VACUUM (SKIP_LOCKED) campaigns_enrollment"  # one that is at it already is as good
_SIZE = "SELECT pg_total_relation_size('campaigns_enrollment')"
_DECIDED = """
    SELECT 1 FROM customers_identity AS identity
    JOIN campaigns_message AS message ON message.store_id = identity.store_id AND message.customer_id = identity.customer_id
    WHERE identity.kind = 'external' AND identity.value = %s LIMIT 1
"""
Rows = list[tuple[object, ...]]


def main(scale: float) -> tuple[Rows, dict[str, Any]]:
    """Carry runs on both ways, then let events decide; return the table and the figures."""
    rows, ratios, counts = _claims(max(20_000, int(RUNS * scale)))
    p95, rate, sent = _decisions(min(1.0, scale * 10))
    rows += [("event to decision p95, ms", sent, rate, "", round(p95))]
    ratios |= {"decision_p95_vs_limit": round(p95 / LIMIT_MS, 3)}
    return rows, {"ratios": ratios, "counts": counts | {"events": sent, "events_a_second": rate}}


def _claims(runs: int) -> tuple[Rows, dict[str, float], dict[str, int]]:
    now = clock.now()
    keep_what_is_loaded()  # as the worker does
    store = Store.objects.create(name="Journeys", slug=f"journeys-{now:%H%M%S%f}", zone="Europe/Berlin")
    with store_context(store.pk):
        journey = Journey(name="Waiting", created_at=now)
        journey.save()
        version, _moved = publish(journey, WAITS, now=now - timedelta(days=1))
    _seed(store, journey_id=journey.pk, version_id=version.pk, people=runs, now=now)
    table, ratios = _hour(store, now=now)
    ours, bare, sizes, moment = [], [], [], now + timedelta(hours=1)
    for _turn in range(TURNS):
        with store_context(store.pk):
            moment += timedelta(hours=24)
            ours.append(_timed(runs, partial(_carry_on, runs, now=moment)))
            moment += timedelta(hours=24)
            bare.append(_timed(runs, partial(_bare, store, runs, now=moment)))
        _owner(_VACUUM)
        sizes.append(_owner(_SIZE))
    with store_context(store.pk):
        wrong = runs - Enrollment.objects.running().filter(due_at__gt=moment).count()
    for name, rates in (("engine", ours), ("bare", bare)):
        table += [(f"{name}, turn {place}", runs, *map(round, rate), sizes[place] >> 20) for place, rate in enumerate(rates)]
    for place, kind in enumerate(("", "_cpu")):
        compared = [mine[place] / other[place] for mine, other in zip(ours, bare, strict=True)]
        ratios |= {f"claim_vs_bare{kind}": round(statistics.median(compared), 3), f"flat{kind}": round(ours[-1][place] / ours[0][place], 3)}
    ratios |= {"bloat": round(sizes[-1] / sizes[0], 3)}
    return table, ratios, {"runs": runs, "wrong": wrong, "engine_a_second": round(statistics.median(wall for wall, _cpu in ours))}


def _hour(store: Store, *, now: datetime) -> tuple[Rows, dict[str, float]]:
    """Let an hour pass a minute at a time; return the beginning of the table, and how the end of the hour stands beside its beginning."""
    before, rates = _owner(_SIZE), []
    for minute in range(1, MINUTES + 1):
        with store_context(store.pk):
            done, used = 0, _used()
            while found := run_due(now=now + timedelta(minutes=minute)):
                done += found
            rates.append(done / (_used() - used))
        if minute % VACUUM_EVERY == 0:
            _owner(_VACUUM)
    after, first, last = _owner(_SIZE), statistics.median(rates[:COMPARED]), statistics.median(rates[-COMPARED:])
    table: Rows = [("what", "rows", "rows a second", "rows a cpu second", "MB")]
    table += [("the hour, first minutes", "", "", round(first), before >> 20), ("the hour, last minutes", "", "", round(last), after >> 20)]
    return table, {"flat_hour": round(last / first, 3), "bloat_hour": round(after / before, 3)}


def _timed(runs: int, work: Callable[[], object]) -> tuple[float, float]:
    """Do the work and return the rows it did a second by the clock and by processor time."""
    began, used = time.monotonic(), _used()
    work()
    return runs / (time.monotonic() - began), runs / (_used() - used)


def _used() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cpu_seconds(cursor.fetchone()[0]) + time.process_time()


def _seed(store: Store, *, journey_id: int, version_id: int, people: int, now: datetime) -> None:
    with connections["owner"].cursor() as cursor:
        for first in range(1, people + 1, AT_ONCE):
            cursor.execute(_PEOPLE, {"store": store.pk, "first": first, "last": min(first + AT_ONCE - 1, people)})
        cursor.execute(_RUNS, {"store": store.pk, "journey": journey_id, "version": version_id, "now": now})
        cursor.execute("VACUUM ANALYZE customers_customer")
        cursor.execute("VACUUM ANALYZE campaigns_enrollment")


def _carry_on(runs: int, *, now: datetime) -> None:
    done = 0
    while done < runs:
        done += run_due(now=now)


def _bare(store: Store, runs: int, *, now: datetime) -> None:
    done = 0
    while done < runs:
        with connection.cursor() as cursor:
            cursor.execute(_BARE, {"store": store.pk, "now": now, "next": now + timedelta(hours=20), "limit": SLICE})
            done += cursor.rowcount


def _owner(statement: str) -> int:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0]) if cursor.description else 0


def _decisions(share: float) -> tuple[float, int, int]:
    """Return how long 95 of 100 events take to a planned message, in milliseconds, at how many events a second, and how many were sent."""
    run = secrets.token_hex(4)
    stores = [make_bench_store(f"journeys-{run}-{number}") for number in range(STORES)]
    for store in stores:
        with store_context(store.pk):
            make_template()
            journey = Journey(name="Probes", created_at=clock.now())
            journey.save()
            publish(journey, DECIDES, now=clock.now() - timedelta(days=1))
    keys = [make_key(store)[1] for store in stores]
    StoreWork.objects.all().delete()
    keep_what_is_loaded()  # as the worker does
    jobs = {"retention.intake.tasks.project": lambda: project_due(now=clock.now), "campaigns.tasks.run_journeys": _run_journeys}
    probe = Probe("track", {"event": "Probe Sent"}, _DECIDED)
    with serve_application("retention.wsgi:application", workers=2) as door:
        delays = measure(door, keys=keys, rate=RATE * share, run=run, probe=probe, jobs=jobs)
    return delays.p95 * 1000, delays.rate, delays.sent


def _run_journeys() -> None:
    for taken in take_turns(kind="journeys", clock=clock.now, most=10, seconds=20.0):
        with store_context(taken.store_id):
            StoreWork.settle("journeys", taken, next_at=take_turn(clock=clock.now))
