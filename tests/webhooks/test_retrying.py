"""When to try again: at least ten tries over 72 hours, later and later, and what receivers ask for."""

from datetime import UTC, datetime, timedelta

import pytest

from retention.webhooks.retrying import DELAYS_SECONDS, LONGEST_REST, MOST_TRIES, delay_after, rest_of

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_tries_at_least_ten_times_over_72_hours():
    waits = [delay_after(number, seed="a") for number in range(1, MOST_TRIES)]
    assert MOST_TRIES == 12
    assert timedelta(hours=72) <= sum(filter(None, waits), timedelta()) <= timedelta(hours=81)
    assert delay_after(MOST_TRIES, seed="a") is None


def test_jitter_only_lengthens_and_differs_by_delivery():
    waits = {delay_after(6, seed=str(number)) for number in range(40)}
    usual = timedelta(seconds=DELAYS_SECONDS[5])
    assert len(waits) == 40
    assert all(usual <= wait <= usual * 1.1 for wait in waits if wait is not None)


@pytest.mark.parametrize(
    ("status", "said", "rest"),
    [
        (429, "120", timedelta(seconds=120)),
        (503, "Fri, 20 Nov 2026 12:05:00 GMT", timedelta(minutes=5)),
        (503, "Fri, 20 Nov 2026 11:00:00 GMT", timedelta(0)),
        (429, "999999999999", LONGEST_REST),
        (429, "soon", None),
        (429, "-5", None),
        (503, "Fri, 20 Nov 99999999999 12:00:00 GMT", None),
        (503, "Fri, 20 Nov 9999 12:00:00 -9999", None),
        (503, "Mon, 01 Jan 0001 00:00:00 +2359", timedelta(0)),
        (429, "", None),
        (429, "²", None),
        (500, "120", None),
    ],
)
def test_heeds_retry_after_where_it_means_something(status, said, rest):
    assert rest_of(status, {"retry-after": said}, now=NOW) == rest
