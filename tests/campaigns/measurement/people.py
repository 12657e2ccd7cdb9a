"""Small steps of an experiment for tests: people who drew an arm long ago, and what they bought."""

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from campaigns.measurement.assignment import Lots, assign_all, begin
from campaigns.measurement.lots import HELD_OUT
from campaigns.models import Experiment
from retention.customers.models import Customer
from retention.orders.models import Order, OrderLine
from tests.campaigns.campaigning import make_crowd

_numbers = itertools.count(1)
HALF = Lots(0.5)


def drawn(
    key: str, count: int, *, now: datetime, days_ago: float = 30, lots: Lots = HALF, **days: int
) -> tuple[Experiment, dict[str, list[Customer]]]:
    """Let so many new people draw an arm so many days ago; return the experiment and the people by arm."""
    at = now - timedelta(days=days_ago)
    experiment = begin(key, lots=lots, now=at, **days)
    crowd = make_crowd(count, now=at)
    arms = assign_all(key, [one.pk for one in crowd], lots=lots, now=at)
    found: dict[str, list[Customer]] = {}
    for one in crowd:
        found.setdefault(arms[one.pk], []).append(one)
    return experiment, found


def sold(people: Sequence[Any], *, at: datetime, total_minor: int = 4000, **more: Any) -> list[Order]:
    """Let each of these people place one order."""
    placed: dict[str, Any] = {"currency": "EUR", "total_minor": total_minor, "placed_at": at, "received_at": at, **more}
    return list(Order.objects.bulk_create([Order(customer_id=one.pk, number=f"E-{next(_numbers)}", **placed) for one in people]))


def with_line(orders: Sequence[Order], *, product: str, amount_minor: int) -> None:
    """Give each order one line of a product."""
    OrderLine.objects.bulk_create(
        [OrderLine(order=one, position=0, product_id=product, name=product, quantity=1, amount_minor=amount_minor) for one in orders]
    )


__all__ = ["HALF", "HELD_OUT", "drawn", "sold", "with_line"]
