"""One experiment as one judgement: the verdicts as a table, both readings apart, and what is not judged."""

from dataclasses import replace

import pytest

from campaigns.measurement.statistics.reading import (
    ALARMED,
    ALWAYS,
    EARLY,
    HARMS,
    NOBODY,
    PLANNED,
    SAME,
    UNCLEAR,
    WINS,
    Reading,
    Sums,
    as_whole,
    judge,
    read,
)  # fmt: skip


def sums(people: int, buyers: int, each: float = 4000.0, **more: float) -> Sums:
    """Return an arm whose buyers each bought for so much."""
    return replace(Sums(people, buyers, buyers * each, buyers * each * each), **more)  # type: ignore[arg-type]


def reading(written: tuple[int, int], held: tuple[int, int]) -> Reading:
    return read([{"a": sums(*written), "held_out": sums(*held)}])


@pytest.mark.parametrize(
    ("written", "held", "is_planned", "code", "basis"),
    [
        ((900, 90), (99, 10), True, EARLY, ""),  # 99 held back
        ((900, 10), (100, 9), True, EARLY, ""),  # 19 orders
        ((9000, 900), (1000, 60), False, WINS, ALWAYS),
        ((9000, 900), (1000, 60), True, WINS, PLANNED),
        ((9000, 900), (1000, 75), False, EARLY, ""),  # enough for one look that was planned, and not for a look at any time
        ((9000, 900), (1000, 75), True, WINS, PLANNED),
        ((9000, 540), (1000, 110), False, HARMS, ALWAYS),
        ((9000, 900), (1000, 95), False, EARLY, ""),
        ((9000, 900), (1000, 95), True, UNCLEAR, PLANNED),
        ((900_000, 90_000), (100_000, 10_000), False, SAME, ALWAYS),
        ((0, 0), (0, 0), False, NOBODY, ""),
    ],
)
def test_judges_as_the_table_says(written: tuple[int, int], held: tuple[int, int], is_planned: bool, code: str, basis: str) -> None:
    now = reading(written, held) if written[0] else read([])
    found = judge(now, now if is_planned else None)
    assert (found.code, found.basis) == (code, basis)


def test_people_lost_on_one_side_stop_every_judgement() -> None:
    lots = {"held_out": 1000, "a": 9000}
    now = read([{"a": sums(9000, 900), "held_out": sums(800, 30)}], came=[(lots, {"a": 9000, "held_out": 800})])
    assert judge(now, now).code == ALARMED


def test_of_several_ways_the_best_is_named_only_when_all_comparisons_hold_together() -> None:
    ways = {"a": (9000, 940), "b": (9000, 900), "c": (9000, 900), "d": (9000, 900), "e": (9000, 900), "f": (9000, 900)}
    held = {"held_out": sums(9000, 850)}
    found = read([{name: sums(*told) for name, told in ways.items()} | held])
    lead = found.lead()
    assert lead is not None
    assert (lead.arm, found.comparisons) == ("a", 6)
    assert lead.plain.says == 1, "alone it would have been a winner"
    assert judge(found, found).code == UNCLEAR
    single = read([{"a": sums(9000, 940)} | held])
    assert judge(single, single).code == WINS


def test_without_people_held_out_the_ways_are_compared_with_each_other() -> None:
    found = read([{"a": sums(5000, 300), "b": sums(5000, 450), "c": sums(5000, 310)}])
    lead = found.lead()
    assert lead is not None
    assert (lead.arm, lead.other) == ("b", "c")
    assert judge(found, found).code == WINS


def test_margin_is_not_judged_where_costs_are_not_known() -> None:
    known = {"margin": 200_000.0, "margin_squares": 400_000_000.0}
    told = read([{"a": sums(1000, 100, **known), "held_out": sums(1000, 80, **known)}])
    assert {one.metric for one in told.against} == {"orders", "revenue", "margin"}
    untold = read([{"a": sums(1000, 100, uncosted=10, **known), "held_out": sums(1000, 80, **known)}])
    assert {one.metric for one in untold.against} == {"orders", "revenue"}


def test_as_a_whole_everybody_written_to_is_one_arm() -> None:
    assert as_whole([{"a": sums(10, 1), "b": sums(20, 3), "held_out": sums(5, 1)}]) == [{"a": sums(30, 4), "held_out": sums(5, 1)}]
