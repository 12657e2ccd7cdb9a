"""What one store's burst does to another: ten times its usual events for a minute, while the other posts on as always.

Real granian with two workers, real HTTP over kept connections, real commits, and the projection ticking beside them. The other store's
answers are timed before and during the burst, in one run. What was acknowledged is counted in the database afterwards; a request the
limits turned away (429) was acknowledged to nobody.
"""

import secrets
import statistics
from typing import Any

from tests.bench.measuring import lag
from tests.bench.measuring.sending import Plan, Seen, begin, seen_by
from tests.bench.measuring.stored import count_stored, make_bench_store
from tests.factories import make_key
from tests.serving import Served, serve_application

USUAL, BURST = 200, 2_000  # the loud store's events a second
BATCH = 10
CALM = 25  # the other store's requests a second, one event each
SECONDS = 60.0
Rows = list[tuple[object, ...]]


def main(scale: float) -> tuple[Rows, dict[str, Any]]:
    """Run the usual minute and the burst, and return the table and the figures. scale: of the minute."""
    run, seconds = secrets.token_hex(4), max(5.0, SECONDS * scale)
    loud, calm = (make_bench_store(f"{name}-{run}") for name in ("loud", "calm"))
    keys = {store.slug: make_key(store)[1] for store in (loud, calm)}
    with serve_application("retention.wsgi:application", workers=2) as door, lag.ticking(lag.PROJECTION):
        usual = _minute(door, keys[loud.slug], keys[calm.slug], rate=USUAL, seconds=seconds, name=f"{run}-usual")
        burst = _minute(door, keys[loud.slug], keys[calm.slug], rate=BURST, seconds=seconds, name=f"{run}-burst")
    acknowledged = {loud.slug: (usual[0].answered + burst[0].answered) * BATCH, calm.slug: usual[1].answered + burst[1].answered}
    lost, doubled = count_stored(acknowledged)
    before, during = _p95(usual[1]), _p95(burst[1])
    rows: Rows = [("minute", "loud store, events/s", "turned away", "other store, requests", "its p95 ms")]
    for name, (noise, other) in {"usual": usual, "burst": burst}.items():
        rows.append((name, round(noise.answered * BATCH / noise.seconds), noise.turned_away, other.answered, f"{_p95(other) * 1000:.1f}"))
    counts = {"acknowledged": sum(acknowledged.values()), "lost": lost, "doubled": doubled}
    counts |= {"other_turned_away": sum(burst[1].turned_away.values())}
    return rows, {"ratios": {"other_p95_vs_usual": round(during / before, 2)}, "counts": counts}


def _minute(door: Served, loud: str, calm: str, *, rate: int, seconds: float, name: str) -> tuple[Seen, Seen]:
    """Let both stores send at once; return what the loud one and the other saw."""
    noise = Plan(door.port, "/v1/batch", [loud], int(rate * seconds / BATCH), BATCH, 16, f"{name}-loud", every=BATCH / rate)
    other = Plan(door.port, "/v1/track", [calm], int(CALM * seconds), 1, 4, f"{name}-calm", every=1 / CALM)
    senders = [begin(noise), begin(other)]
    first, second = (seen_by(sender) for sender in senders)
    return first, second


def _p95(seen: Seen) -> float:
    return statistics.quantiles(seen.latencies, n=20)[-1]
