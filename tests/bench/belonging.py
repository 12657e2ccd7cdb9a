"""How long after its answer an event has moved somebody into a segment, while a thousand others arrive each second.

Real granian, real HTTP, real commits; four shops with a hundred live segments each, whose shoppers were there before; projection and
evaluation tick side by side as the workers' jobs do. Each probe is somebody new. The limit is two seconds at the 95th percentile (issue 4).
"""

import secrets
from typing import Any

from retention.intake.projecting import project_due
from retention.kit import clock
from retention.kit.memory import keep_what_is_loaded
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import store_context
from segments.evaluating import evaluate_due
from segments.membership import fill
from segments.saving import create
from tests.bench.measuring.lag import BATCH, SECONDS, Probe, measure
from tests.bench.measuring.sending import Plan, begin, seen_by
from tests.bench.measuring.stored import make_bench_store
from tests.bench.segmenting.living import hundred_rules
from tests.factories import make_key
from tests.serving import Served, serve_application

STORES, RATE, LIMIT_MS = 4, 1_000, 2_000
DONE = "Probe Sent"
_BELONGS = """
    SELECT 1 FROM customers_identity AS identity
    JOIN segments_segmentmember AS member ON member.store_id = identity.store_id AND member.customer_id = identity.customer_id
    JOIN segments_segment AS segment ON segment.id = member.segment_id AND segment.name = 'Probes'
    WHERE identity.kind = 'external' AND identity.value = %s LIMIT 1
"""
Rows = list[tuple[object, ...]]


def main(scale: float) -> tuple[Rows, dict[str, Any]]:
    """Send and watch; return the table and the figures."""
    run = secrets.token_hex(4)
    stores = [make_bench_store(f"bench-{run}-{number}") for number in range(STORES)]
    segments = [_make_segments(store) for store in stores]
    keys = [make_key(store)[1] for store in stores]
    keep_what_is_loaded()  # as the worker does
    jobs = {
        "retention.intake.tasks.project": lambda: project_due(now=clock.now),
        "segments.tasks.evaluate": lambda: evaluate_due(now=clock.now()),
    }
    probe = Probe("track", {"event": DONE}, _BELONGS)
    with serve_application("retention.wsgi:application", workers=2) as door:
        _let_them_come(door, keys, run=run)
        delays = measure(door, keys=keys, rate=RATE * min(1.0, scale), run=run, probe=probe, jobs=jobs)
    p95 = delays.p95 * 1000
    rows: Rows = [("events/s", "shops", "segments each", "p95 ms", "of the limit")]
    rows.append((delays.rate, STORES, min(segments), round(p95), f"{p95 / LIMIT_MS:.2f}"))
    return rows, {"ratios": {"belongs_p95_vs_limit": round(p95 / LIMIT_MS, 3)}, "counts": {"events": delays.sent, "rate": delays.rate}}


def _let_them_come(door: Served, keys: list[str], *, run: str) -> None:
    """Send what will be sent again, from the same people, and wait until all of it is worked off; work of earlier runs is dropped."""
    StoreWork.objects.all().delete()
    seen = seen_by(begin(Plan(door.port, "/v1/batch", keys, int(RATE * SECONDS / BATCH), BATCH, 8, f"{run}-before")))
    if seen.turned_away:
        raise RuntimeError(f"Not every request was answered 200: {seen.turned_away}.")
    while project_due(now=clock.now) or evaluate_due(now=clock.now()):
        pass


def _make_segments(store: Store) -> int:
    """Make a hundred live segments and the one that probes enter; return how many there are."""
    with store_context(store.pk):
        rules = [*((f"Rule {number}", rule) for number, rule in enumerate(hundred_rules())), ("Probes", _did(DONE))]
        for name, rule in rules:
            fill(create(name=name, rule=rule, user_id=None, now=clock.now()), now=clock.now())
    return len(rules)


def _did(event: str) -> dict[str, Any]:
    condition = {"is": "event", "event": event, "op": "at_least", "value": 1}
    return {"version": 1, "root": {"join": "all", "rules": [condition]}}
