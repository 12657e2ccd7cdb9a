"""What a store took per day, in its own time zone.

Wall-clock days become UTC moments here, in Python, so that the database only compares times.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from retention.orders.figures import COUNTS_SQL
from retention.tenancy.context import require_store_id

_PER_DAY = f"""
    SELECT width_bucket(placed.placed_at, %(starts)s::timestamptz[]) AS bucket, count(*), sum(placed.total_minor - placed.refunded_minor)
    FROM orders_order AS placed
    WHERE placed.store_id = %(store_id)s AND placed.currency = %(currency)s
      AND placed.placed_at >= %(first)s AND placed.placed_at < %(end)s AND {COUNTS_SQL}
    GROUP BY bucket
"""  # noqa: S608 - the condition of figures.py


@dataclass(frozen=True)
class DayOfSales:
    """One day: how many orders that count, and what they came to after what was given back, in minor units."""

    day: date
    orders: int
    total_minor: int


def sales_by_day(*, currency: str, zone: ZoneInfo, now: datetime, days: int = 30) -> list[DayOfSales]:
    """Return the active store's last `days` days up to today, oldest first, days without an order included."""
    today = now.astimezone(zone).date()
    dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    starts = [datetime.combine(day, time(), tzinfo=zone) for day in dates]
    end = datetime.combine(today + timedelta(days=1), time(), tzinfo=zone)
    values: dict[str, Any] = {"starts": starts, "store_id": require_store_id(), "currency": currency, "first": starts[0], "end": end}
    with connection.cursor() as cursor:
        cursor.execute(_PER_DAY, values)
        found = {bucket - 1: (count, int(total)) for bucket, count, total in cursor.fetchall()}
    return [DayOfSales(day, *found.get(place, (0, 0))) for place, day in enumerate(dates)]
