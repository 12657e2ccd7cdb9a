"""How long counts take: our compiled statement against the best hand-written one, counters against events, and growth with the store."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from retention.kit.clock import now
from retention.stores.models import Store
from retention.tenancy.context import store_context
from segments.asking import LONG_SECONDS, asking, rows_of
from segments.knowing import at_moment, read
from segments.library import LIBRARY
from segments.rules.compiler import compile_rule
from segments.rules.sql import Fragment, piece
from segments.rules.terms import At
from tests.bench.segmenting.by_hand import BY_HAND, QUIET_RAW, values_at
from tests.bench.segmenting.turns import Rows, in_turns, ms

QUIET = {
    "version": 1,
    "root": {
        "join": "all",
        "rules": [
            {"is": "event", "event": "Order Completed", "op": "at_least", "value": 1},
            {"is": "event", "event": "Order Completed", "op": "equals", "value": 0, "window": {"how": "last", "count": 90}},
        ],
    },
}
GROWING = ("at_risk", "never_bought", "birthday_week", "looked_thrice", "basket_left", "engaged", "unengaged", "refunded")


def against_hand(store: Store) -> tuple[Rows, float]:
    """Time every template of the library in turns with the statement written by hand; return rows and the worst ratio."""
    with store_context(store.pk):
        at = at_moment(now())
        found = {one.key: _pair(_count_of(one.rule, at), BY_HAND[one.key], at) for one in LIBRARY}
    ratios = {key: times["ours"] / times["hand"] for key, (times, _) in found.items()}
    rows: Rows = [("template", "people", "ours ms", "by hand ms", "ratio")]
    rows += [(key, count, ms(times["ours"]), ms(times["hand"]), f"{ratios[key]:.2f}") for key, (times, count) in found.items()]
    worst = max(ratios, key=lambda key: ratios[key])
    rows.append((f"the worst: {worst}", "", "", "", f"{ratios[worst]:.2f}"))
    return rows, ratios[worst]


def counters_against_events(store: Store) -> tuple[Rows, float]:
    """Time "bought once, not in the last 90 days" by counters and by events; return rows and the ratio."""
    with store_context(store.pk):
        at = at_moment(now())
        times, count = _pair(_count_of(QUIET, at), QUIET_RAW, at)
    ratio = times["ours"] / times["hand"]
    rows: Rows = [("bought, not in 90 days", "people", "counters ms", "events ms", "ratio")]
    rows.append(("did and did not", count, ms(times["ours"]), ms(times["hand"]), f"{ratio:.2f}"))
    return rows, ratio


def growth(stores: Mapping[int, Store]) -> Rows:
    """Time the same rules in stores of several sizes, in turns; return rows. stores: by how many customers they have."""
    heads = sorted(stores)
    rows: Rows = [("ms by customers", *(f"{size:,}" for size in heads), "growth")]
    for name, rule in {**{one.key: one.rule for one in LIBRARY if one.key in GROWING}, "bought, not in 90 days": QUIET}.items():
        times, _ = in_turns({str(size): _asker(stores[size], rule) for size in heads})
        taken = [times[str(size)] for size in heads]
        rows.append((name, *map(ms, taken), f"x{taken[-1] / taken[0]:.1f}"))
    return rows


def _asker(store: Store, rule: dict[str, Any]) -> Any:
    with store_context(store.pk):
        statement = _count_of(rule, at_moment(now()))

    def ask() -> int:
        with store_context(store.pk), asking(seconds=LONG_SECONDS):
            return int(rows_of(statement)[0][0])

    return ask


def _count_of(rule: dict[str, Any], at: At) -> Fragment:
    return piece("SELECT count(*) FROM (") + compile_rule(read(rule, at.terms), at) + ") AS belonging"


def _pair(ours: Fragment, by_hand: str, at: At) -> tuple[dict[str, float], int]:
    """Run both statements in turns as the segments' role; return their times and what both counted."""
    values = values_at(at)

    def hand() -> int:
        with connection.cursor() as cursor:
            cursor.execute(by_hand, values)
            return int(cursor.fetchone()[0])

    with asking(seconds=LONG_SECONDS):
        times, counts = in_turns({"ours": lambda: int(rows_of(ours)[0][0]), "hand": hand})
    if counts["ours"] != counts["hand"]:
        raise RuntimeError(f"The rule counts {counts['ours']}, by hand there are {counts['hand']}: {' '.join(by_hand.split())[:80]}")
    return times, counts["ours"]
