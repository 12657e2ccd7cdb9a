"""A real mailing to 64,000 people with two mails and a third of them held out, public since 2008: we read it as its author published it.

Source: Kevin Hillstrom, MineThatData E-Mail Analytics And Data Mining Challenge, 2008-03-20.
"""

import csv
import gzip
import random
from typing import NamedTuple

import pytest

from campaigns.measurement.lots import HELD_OUT
from campaigns.measurement.outcomes import Outcome
from campaigns.measurement.statistics import Side
from campaigns.measurement.statistics.differences import compare
from campaigns.measurement.statistics.ratio import chance_of_split
from campaigns.measurement.statistics.reading import PLANNED, WINS, Reading, Sums, judge, read
from campaigns.measurement.statistics.sequential import always_valid
from campaigns.measurement.wording import Wording
from retention.kit import clock
from tests.shared_data import shared

ARMS = {"Mens E-Mail": "m", "Womens E-Mail": "w", "No E-Mail": HELD_OUT}
PEOPLE = {"m": 21_307, "w": 21_387, HELD_OUT: 21_306}
EVEN = dict.fromkeys(PEOPLE, 1)


class Person(NamedTuple):
    """One line of the file."""

    arm: str
    visit: int
    conversion: int
    cents: float


@pytest.fixture(scope="module")
def people() -> list[Person]:
    """Return everybody in the file."""
    with gzip.open(shared("data/experiments/hillstrom.csv.gz"), "rt") as lines:
        rows = csv.DictReader(lines)
        return [Person(ARMS[row["segment"]], int(row["visit"]), int(row["conversion"]), float(row["spend"]) * 100) for row in rows]


def arms_of(people: list[Person], *, hit: str) -> dict[str, Sums]:
    """Return the arms by who visited or who ordered."""
    found = {}
    for name in PEOPLE:
        mine = [one for one in people if one.arm == name]
        spent = [one.cents for one in mine]
        found[name] = Sums(len(mine), sum(getattr(one, hit) for one in mine), sum(spent), sum(cents * cents for cents in spent))
    return found


def test_arms_and_rates_are_as_published(people: list[Person]) -> None:
    ordered, visited = arms_of(people, hit="conversion"), arms_of(people, hit="visit")
    assert {name: sums.people for name, sums in ordered.items()} == PEOPLE
    assert [round(100 * visited[name].of("orders").mean, 2) for name in ("m", "w", HELD_OUT)] == [18.28, 15.14, 10.62]
    assert [round(100 * ordered[name].of("orders").mean, 2) for name in ("m", "w", HELD_OUT)] == [1.25, 0.88, 0.57]
    assert [round(ordered[name].of("revenue").mean / 100, 2) for name in ("m", "w", HELD_OUT)] == [1.42, 1.08, 0.65]


def _ends(reading: Reading, arm: str, metric: str) -> tuple[float, float, float]:
    one = next(row for row in reading.against if (row.arm, row.metric) == (arm, metric))
    scale = 100 if metric == "orders" else 0.01
    return round(one.plain.guess * scale, 2), round(one.plain.low * scale, 2), round(one.plain.high * scale, 2)


def test_differences_are_as_published_with_their_ranges(people: list[Person]) -> None:
    visits, orders = read([arms_of(people, hit="visit")]), read([arms_of(people, hit="conversion")])
    assert _ends(visits, "m", "orders") == (7.66, 7.00, 8.32)
    assert _ends(orders, "m", "orders") == (0.68, 0.50, 0.86)
    assert _ends(orders, "m", "revenue")[0] == 0.77
    assert [_ends(visits, "w", "orders")[0], _ends(orders, "w", "orders")[0], _ends(orders, "w", "revenue")[0]] == [4.52, 0.31, 0.42]


def test_the_alarm_is_silent_and_loud_when_a_part_is_lost(people: list[Person]) -> None:
    assert chance_of_split([(EVEN, PEOPLE)]) > 0.5
    assert chance_of_split([(EVEN, PEOPLE | {HELD_OUT: 20_500})]) < 0.001


def test_the_verdict_is_said_in_words(people: list[Person]) -> None:
    now, arms = clock.now(), arms_of(people, hit="conversion")
    found = read([arms], came=[(EVEN, PEOPLE)])
    assert (judge(found, found).code, judge(found, found).basis) == (WINS, PLANNED)
    outcome = Outcome((), [(EVEN, PEOPLE)], found, found, now, 0, now - now, found, now)
    told = Wording({"m": "Men's mail", "w": "Women's mail"}, "USD").verdict(outcome)
    assert (told.tone, told.strong) == ("good", "Men's mail wins: +0.68 points.")
    assert "95% sure between 0.50 and 0.86." in told.text


@pytest.mark.parametrize(("hit", "most"), [("visit", 0.1), ("conversion", 0.6)])
def test_who_looks_all_the_time_stops_long_before_the_end(people: list[Person], hit: str, most: float) -> None:
    """The same people in many orders: the range that holds at every look leaves zero out after a part of them."""
    mine = [one for one in people if one.arm != "w"]
    luck, parts = random.Random(1), []
    for _ in range(12):
        luck.shuffle(mine)
        parts.append(_stops_after(mine, hit) / len(mine))
    print(f"{hit}: stopped after {sum(parts) / len(parts):.3f} of the people on average, at most after {max(parts):.3f}")
    assert sum(parts) / len(parts) < most


def _stops_after(people: list[Person], hit: str, *, every: int = 250) -> int:
    counts = {"m": [0, 0], HELD_OUT: [0, 0]}
    for place, one in enumerate(people, start=1):
        counts[one.arm][0] += 1
        counts[one.arm][1] += getattr(one, hit)
        if place % every:
            continue
        arms = [Side.of_shares(hits, count) for count, hits in (counts["m"], counts[HELD_OUT])]
        estimate = compare([(arms[0], arms[1])], shares=True) if sum(side.buyers for side in arms) >= 20 else None
        if estimate is not None and always_valid(estimate).says:
            return place
    return len(people)
