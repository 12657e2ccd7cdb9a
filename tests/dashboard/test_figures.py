"""Figures are written as look.md says, in the language of the page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from retention.dashboard import figures

NOW = datetime(2026, 11, 20, 8, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (12864000, "EUR", "€128,640"),
        (4482, "EUR", "€44.82"),
        (6420, "JPY", "¥6,420"),
        (-6000, "EUR", "−€60.00"),
        (0, "EUR", "€0.00"),
        (99999, "EUR", "€999.99"),
        (100000, "EUR", "€1,000"),
    ],
)
def test_money(minor: int, currency: str, text: str) -> None:
    with override("en"):
        assert figures.write_money(minor, currency=currency) == text


def test_money_follows_the_language() -> None:
    with override("de"):
        assert figures.write_money(12864000, currency="EUR") == "128.640\u00a0€"
        assert figures.write_share(0.07) == "7,0\u00a0%"


@pytest.mark.parametrize(
    ("value", "extra", "text"),
    [
        (9000, {"currency": "EUR"}, "+€90"),
        (-6000, {"currency": "EUR"}, "−€60"),
        (2.5, {"points": True}, "+2.5 points"),
        (-12, {}, "−12"),
        (0, {}, "0"),
        (1234, {}, "+1,234"),
    ],
)
def test_change(value: float, extra: dict[str, object], text: str) -> None:
    with override("en"):
        assert figures.write_change(value, **extra) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(("share", "text"), [(0.07, "7.0%"), (0.314, "31%"), (0.0002, "0.02%"), (0, "0%"), (1, "100%"), (0.199, "19.9%")])
def test_share(share: float, text: str) -> None:
    with override("en"):
        assert figures.write_share(share) == text


@pytest.mark.parametrize(
    ("value", "text"), [(999, "999"), (61400, "61.4k"), (999960, "1m"), (2_100_000, "2.1m"), (6000, "6k"), (-1500, "−1.5k")]
)
def test_compact(value: int, text: str) -> None:
    with override("en"):
        assert figures.write_compact(value) == text


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=2), "just now"),
        (timedelta(seconds=42), "42 seconds ago"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(days=1), "yesterday"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=40), "11 Oct 2026"),
        (timedelta(days=-1), "21 Nov 2026"),
    ],
)
def test_time_ago(ago: timedelta, text: str) -> None:
    with override("en"):
        assert figures.write_time_ago(NOW - ago, now=NOW) == text


def test_range_and_full_moment() -> None:
    with override("en"):
        assert figures.write_range("€5,020", "€7,820") == "€5,020 to €7,820"
        assert figures.write_moment(NOW) == "Friday 20 November 2026, 08:12 UTC"
