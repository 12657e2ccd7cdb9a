"""What segments cost in a store of a million customers and 20 million events beside 200 small ones: counts, fills, real time, writing.

Every figure is a ratio of two sides that take turns in one run on one core; limits are those of issue 4. What both sides answer is
compared, and a difference ends the run. Each template of the library is timed against the best SQL we can write for it by hand.
"""

from typing import Any

from retention.customers.models import Customer, CustomerEvent
from retention.kit.memory import keep_what_is_loaded
from retention.stores.models import Store
from retention.tenancy.context import store_context
from tests.bench.segmenting import counting, filling, living, writing
from tests.bench.segmenting.turns import Rows
from tests.bench.stores.large import CUSTOMERS, large_store
from tests.bench.stores.small import small_stores

SMALL_STORES, WIDTH = 200, 6
PARTS = (10, 3)  # growth is shown over stores of a tenth, a third and the whole
LARGEST_THIRD = 0.5  # from this scale on a third is measured only where it was seeded before: seeding it takes long
LIMITS = {
    "worst_vs_hand_sql": 1.3, "since_vs_raw": 0.5, "rediff_vs_fill": 0.5, "evaluate_vs_load": 0.25, "one_customer_p99_ms": 5.0,
    "batch_vs_single": 0.35,
}  # fmt: skip
AT_LEAST = {"counters_vs_events": 0.3}


def main(scale: float) -> tuple[Rows, dict[str, Any]]:
    """Seed what is missing, measure everything, and return the tables and the figures."""
    store, beside = large_store(scale), small_stores(max(5, int(SMALL_STORES * scale)))
    smaller = {size: large_store(part) for size, part in _smaller(scale).items()}
    keep_what_is_loaded()  # as the worker does
    by_hand, worst = counting.against_hand(store)
    since, since_ratio = counting.counters_against_events(store)
    alive, real_time, compared = living.a_hundred_segments(store)  # before the fills, whose rows are tidied up beside it
    filled, again, members = filling.again_against_first(store)
    written, kept, events = writing.counters_against_events_only(scale)
    grown = counting.growth({**smaller, _size(scale): store})
    ratios = {"worst_vs_hand_sql": worst, "since_vs_raw": since_ratio, "rediff_vs_fill": again, **real_time, "counters_vs_events": kept}
    counts = {**_counts(store), "small_stores": beside, "most_members": members, "answers_compared": compared, "events_written": events}
    tables = (by_hand, since, filled, alive, written, grown, _limits(ratios))
    rows = [row for table in tables for row in (*_wide(table), ("",) * WIDTH)]
    return rows[:-1], {"ratios": {name: round(ratio, 3) for name, ratio in ratios.items()}, "counts": counts}


def _smaller(scale: float) -> dict[int, float]:
    """Return the scales of the smaller stores by how many customers they have."""
    found = {_size(scale / part): scale / part for part in PARTS}
    seeded = set(Store.objects.values_list("slug", flat=True))
    return {
        size: part for size, part in found.items() if size < _size(scale) and (part < LARGEST_THIRD / 3 or f"bench-large-{size}" in seeded)
    }


def _size(scale: float) -> int:
    return max(5_000, int(CUSTOMERS * scale))


def _counts(store: Store) -> dict[str, int]:
    with store_context(store.pk):
        return {"customers": Customer.objects.count(), "events": CustomerEvent.objects.count()}


def _limits(ratios: dict[str, float]) -> Rows:
    rows: Rows = [("figure", "is", "limit", "")]
    for name, ratio in ratios.items():
        limit, fits = (LIMITS[name], ratio <= LIMITS[name]) if name in LIMITS else (AT_LEAST[name], ratio >= AT_LEAST[name])
        rows.append((name, f"{ratio:.3f}", f"{'at most' if name in LIMITS else 'at least'} {limit}", "" if fits else "broken"))
    return rows


def _wide(table: Rows) -> Rows:
    """Return rows of one width, so that tables of several widths stand below one another."""
    return [(*row, *[""] * (WIDTH - len(row))) for row in table]
