"""What a store took per day, in its own time zone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from retention.orders.models import Order
from retention.orders.revenue import sales_by_day
from retention.tenancy.context import store_context
from tests.factories import make_store

NOW = datetime(2026, 3, 30, 10, 0, tzinfo=UTC)  # the day after the clocks changed in Berlin
BERLIN = ZoneInfo("Europe/Berlin")

pytestmark = pytest.mark.django_db


def _order(number: str, at: datetime, total_minor: int, currency: str = "EUR", **fields: Any) -> None:
    Order.objects.create(number=number, currency=currency, total_minor=total_minor, placed_at=at, received_at=at, **fields)


def test_counts_each_day_from_midnight_to_midnight_where_the_store_is() -> None:
    with store_context(make_store("Lumen").pk):
        _order("1", datetime(2026, 3, 28, 22, 59, tzinfo=UTC), 100)  # 23:59 on the 28th
        _order("2", datetime(2026, 3, 28, 23, 0, tzinfo=UTC), 200)  # 00:00 on the 29th
        _order("3", datetime(2026, 3, 29, 21, 59, tzinfo=UTC), 300)  # 23:59 on the 29th, an hour short
        _order("4", datetime(2026, 3, 29, 22, 0, tzinfo=UTC), 400)  # 00:00 on the 30th
        _order("5", datetime(2026, 3, 29, 12, 0, tzinfo=UTC), 9900, currency="USD")
        days = sales_by_day(currency="EUR", zone=BERLIN, now=NOW, days=3)
    assert [(day.day, day.orders, day.total_minor) for day in days] == [
        (date(2026, 3, 28), 1, 100),
        (date(2026, 3, 29), 2, 500),
        (date(2026, 3, 30), 1, 400),
    ]


def test_what_was_called_off_never_paid_or_given_back_is_no_revenue() -> None:
    with store_context(make_store("Lumen").pk):
        _order("1", NOW, 1000, refunded_minor=400)
        _order("2", NOW, 5000, cancelled_at=NOW)
        _order("3", NOW, 7000, payment_state="voided")
        [today] = sales_by_day(currency="EUR", zone=BERLIN, now=NOW + timedelta(minutes=1), days=1)
    assert (today.orders, today.total_minor) == (1, 600)


def test_shows_days_without_an_order_and_nothing_of_other_stores() -> None:
    other = make_store("Umbra")
    with store_context(other.pk):
        _order("1", NOW - timedelta(days=1), 700)
    with store_context(make_store("Lumen").pk):
        days = sales_by_day(currency="EUR", zone=BERLIN, now=NOW)
    assert len(days) == 30
    assert {(day.orders, day.total_minor) for day in days} == {(0, 0)}
