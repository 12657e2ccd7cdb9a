"""Adding up what people got, and what is said about it, as tables. No database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns.contacts.adding import BUSIEST, MOST, Counting, Got, add, empty, exceeds
from campaigns.contacts.advice import FEWEST, advise

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BY = Counting(per_day=2, per_week=5, zone=ZoneInfo("Europe/Berlin"), now=NOW)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def got(customer_id: int, *ago: timedelta, channel: str = "email", complained: bool = False) -> list[Got]:
    return [Got(customer_id, channel, "journey", 7, NOW - one, complained) for one in sorted(ago, reverse=True)]


@pytest.mark.parametrize(
    ("hours", "over"),
    [
        ((), False),
        ((1, 2), False),
        ((1, 2, 3), True),
        ((0, 24, 24), False),
        ((0, 10, 23), True),
        ((0, 12, 24, 36, 48), False),
        ((0, 30, 60, 90, 120, 150), True),
        ((0, 40, 80, 120, 160, 200), False),
    ],
)
def test_more_than_the_budget_is_found_wherever_the_window_begins(hours: tuple[int, ...], over: bool) -> None:
    moments = [NOW + one * HOUR for one in hours]
    assert exceeds(moments, per_day=2, per_week=5) == over
    assert exceeds(moments[::-1], per_day=2, per_week=5) == over


def test_people_are_counted_by_period_and_channel() -> None:
    count = empty()
    rows = [*got(1, HOUR, 3 * DAY), *got(1, 10 * DAY, channel="sms"), *got(2, 20 * DAY), *got(3, 40 * DAY), *got(4, *[DAY / 30] * 12)]
    add(count, rows, refused=[2], by=BY)
    week, month = count["people"]["7"], count["people"]["30"]
    assert {channel: {n: people for n, people in enumerate(row) if people} for channel, row in week.items()} == {
        "": {2: 1, MOST: 1}, "email": {2: 1, MOST: 1},
    }  # fmt: skip
    assert {channel: {n: people for n, people in enumerate(row) if people} for channel, row in month.items()} == {
        "": {1: 1, 3: 1, MOST: 1}, "email": {1: 1, 2: 1, MOST: 1}, "sms": {1: 1},
    }  # fmt: skip
    assert (count["written"], count["over"]) == (3, 1), "who got the last one forty days ago is in the days alone"
    assert count["busiest"] == [[12, 12, 4], [3, 2, 1], [1, 0, 2]]
    assert {n: row for n, row in enumerate(count["noes"]) if row[0]} == {1: [1, 1, 0], 3: [1, 0, 0], MOST: [1, 0, 0]}


def test_a_count_that_stops_and_goes_on_says_the_same() -> None:
    people = [got(number, *[HOUR * step for step in range(number % 6)], complained=number % 3 == 0) for number in range(1, 90)]
    whole, parts = empty(), empty()
    add(whole, [row for rows in people for row in rows], refused=range(0, 90, 4), by=BY)
    for rows in people:
        add(parts, rows, refused=range(0, 90, 4), by=BY)
    assert parts == whole
    assert len(whole["busiest"]) == BUSIEST


def test_days_are_the_shop_s_own() -> None:
    count = empty()
    rows = [Got(1, "email", "campaign", 3, datetime(2026, 3, 1, 23, 30, tzinfo=UTC), False), Got(1, "sms", "journey", 7, NOW, False)]
    add(count, rows, refused=(), by=BY)
    assert count["days"] == {"2026-03-02": {"campaign:3:email": 1, "journey:7:sms": 1}}


def noes(*rows: tuple[int, int, int, int]) -> list[list[int]]:
    found = [[0, 0, 0] for _ in range(MOST + 1)]
    for number, people, refused, complained in rows:
        found[number] = [people, refused, complained]
    return found


@pytest.mark.parametrize(
    ("rows", "over", "codes", "messages"),
    [
        ([(1, 50, 0, 0)], 0, ["early"], 0),
        ([(1, 50, 0, 0)], 3, ["over", "early"], 0),
        ([(1, 9000, 90, 0), (5, 800, 40, 8)], 0, ["tired"], 5),
        ([(1, 9000, 90, 0), (5, 800, 8, 0)], 0, ["calm"], 5),
        ([(1, 9000, 90, 0), (3, FEWEST, 30, 0), (5, 10, 0, 0)], 0, ["tired"], 3),
    ],
)
def test_what_to_change_follows_how_people_took_it(
    rows: list[tuple[int, int, int, int]], over: int, codes: list[str], messages: int
) -> None:
    found = advise(noes(*rows), over=over, written=9800, per_week=5)
    assert [one.code for one in found] == codes
    assert found[-1].messages == messages
