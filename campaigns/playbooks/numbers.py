"""Numbers of a store that playbooks are filled in with: the usual time between two orders, what orders come to, and what they leave.

Read once, when a playbook is looked at or taken; with too little to go by, a usual value stands in, and the preview says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from retention.kit.money import decimals_of
from retention.stores.models import Store
from retention.tenancy.context import require_store_id

FEWEST, MOST_ORDERS = 20, 50_000
USUAL_GAP_DAYS, LEAST_GAP_DAYS, MOST_GAP_DAYS = 45, 7, 300
USUAL_BANDS = (40, 100)
_LOOK_BACK = timedelta(days=400)
# Of the newest orders: how far apart a person's lie, and what they came to by thirds.
_ORDERS = """
    WITH lately AS MATERIALIZED (
        SELECT customer_id, placed_at, total_minor, currency FROM orders_order
        WHERE store_id = %(store)s AND cancelled_at IS NULL AND placed_at > %(since)s AND placed_at <= %(now)s
        ORDER BY placed_at DESC LIMIT %(most)s
    ), gaps AS (
        SELECT placed_at - lag(placed_at) OVER (PARTITION BY customer_id ORDER BY placed_at) AS gap FROM lately
    )
    SELECT (SELECT count(*) FROM gaps WHERE gap >= interval '1 day'),
        (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM gap)) FROM gaps WHERE gap >= interval '1 day'),
        (SELECT count(*) FROM lately WHERE currency = %(currency)s),
        (SELECT percentile_cont(ARRAY[0.333, 0.667]) WITHIN GROUP (ORDER BY total_minor) FROM lately WHERE currency = %(currency)s)
"""
_MARGIN = """
    SELECT count(*), sum(price_minor), sum(cost_minor) FROM (
        SELECT price_minor, cost_minor FROM catalog_variant
        WHERE store_id = %(store)s AND removed_at IS NULL AND cost_minor IS NOT NULL AND price_minor > 0 AND currency = %(currency)s
        ORDER BY id LIMIT %(most)s
    ) AS priced
"""


@dataclass(frozen=True)
class Numbers:
    """What is known of a store. gap_days: between two orders of a person; low, high: where thirds of its orders lie, in whole units.

    gaps, orders: how many of each that was counted from; under FEWEST the usual values stand there. margin_share: 0 to 1 of the price,
    None where no cost is known.
    """

    gap_days: int
    low: int
    high: int
    gaps: int
    orders: int
    margin_share: float | None

    def values(self) -> Mapping[str, int]:
        """Return what fills in a definition, by name."""
        return {"gap_days": self.gap_days, "band_low": self.low, "band_high": self.high}


def numbers_of(store: Store, *, now: datetime) -> Numbers:
    """Read the active store's numbers: two statements over its newest orders and its catalog, each bounded."""
    asked: dict[str, Any] = {"store": require_store_id(), "since": now - _LOOK_BACK, "now": now}
    asked |= {"currency": store.currency, "most": MOST_ORDERS}
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, asked)
        gaps, gap, orders, thirds = cursor.fetchone()
        cursor.execute(_MARGIN, asked)
        priced, prices, costs = cursor.fetchone()
    unit = 10 ** decimals_of(store.currency)
    low, high = (round(float(third) / unit) for third in thirds) if orders >= FEWEST else USUAL_BANDS
    days = round(float(gap) / 86_400) if gaps >= FEWEST else USUAL_GAP_DAYS
    return Numbers(
        gap_days=min(max(days, LEAST_GAP_DAYS), MOST_GAP_DAYS),
        low=max(low, 1),
        high=max(high, low + 1, 2),
        gaps=gaps,
        orders=orders,
        margin_share=max(0.0, 1 - float(costs) / float(prices)) if priced else None,
    )
