"""Drawings carry their finding, hold no style, escape what they are given, and survive empty data."""

import re

import pytest

from retention.dashboard import drawings
from retention.dashboard.drawings import Axis, Node

AXIS = Axis((0, 2000, 4000), ("€0", "€2k", "€4k"))
DRAWN = {
    "spark": drawings.spark([1, 3, 2], label="a <b>"),
    "interval": drawings.interval(470, 980, 1490, scale=(-500, 1600), label="a <b>"),
    "bar": drawings.bar(0.69, held=0.1),
    "funnel": drawings.funnel(0.81),
    "day_bars": drawings.day_bars([3000, 0], [200, 0], axis=AXIS, days=["21 Oct", ""], label="a <b>"),
    "level": drawings.level(
        [27, 31], [26, 30], [28, 32], axis=Axis((26, 32), ("26%", "32%")), names=["Dec", "Nov"], last="31%", label="a <b>"
    ),
    "ranges": drawings.ranges(
        [3, 2],
        [(1, 5), (1, 3)],
        [(-1, 7), (0.5, 3.5)],
        axis=Axis((-2, 0, 8), ("-2", "0", "8")),
        names=["<i>", "3 Nov"],
        last="<b>",
        label="a <b>",
        mark=(0, "<i>"),
    ),
    "steps": drawings.steps([(0, 10), (5, 30.5)], axis=AXIS, names=["<i>", "Nov"], label="a <b>"),
    "overview": drawings.overview([Node("<i>", "1"), Node("b", "2", 1)], [(0, 1)], label="a <b>"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_drawing_is_clean(name: str) -> None:
    assert "style=" not in DRAWN[name]
    assert "<b>" not in DRAWN[name]
    assert "<i>" not in DRAWN[name]
    assert 'role="img"' in DRAWN[name] or 'aria-hidden="true"' in DRAWN[name]


@pytest.mark.parametrize(
    ("low", "guess", "high", "kind"), [(470, 980, 1490, "good"), (-240, 90, 420, "open"), (-390, -210, -40, "bad"), (0, 5, 9, "open")]
)
def test_interval_is_hollow_when_zero_is_inside(low: float, guess: float, high: float, kind: str) -> None:
    assert f'class="bo-int {kind}"' in drawings.interval(low, guess, high, scale=(-500, 1600), label="")
    assert 'class="bo-int open"' in drawings.interval(low, guess, high, scale=(-500, 1600), label="", sure=False)


def test_intervals_of_a_table_share_one_zero() -> None:
    drawn = "".join(drawings.interval(low, low + 1, low + 2, scale=(-500, 1600), label="") for low in (-300, 0, 900))
    zeros = re.findall(r'class="zero" x1="([\d.]+)"', drawn)
    assert len(zeros) == 3
    assert len(set(zeros)) == 1


@pytest.mark.parametrize(("share", "width"), [(0, "0"), (0.694, "69.4"), (1.7, "100"), (-1, "0")])
def test_bar_stays_inside(share: float, width: str) -> None:
    assert f'class="fg" width="{width}"' in drawings.bar(share)


def test_too_little_to_draw_is_nothing() -> None:
    assert drawings.spark([1], label="") == ""


@pytest.mark.parametrize(("highest", "ticks"), [(5930, (0, 2000, 4000, 6000)), (0, (0, 1)), (7, (0, 2.5, 5, 7.5)), (90, (0, 50, 100))])
def test_ticks_are_round_and_reach_the_highest(highest: float, ticks: tuple[float, ...]) -> None:
    assert drawings.nice_ticks(highest) == ticks


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(-0.4, 1.9, (-1, 0, 1, 2)), (0.2, 0.9, (0, 0.25, 0.5, 0.75, 1)), (-30, -4, (-30, -20, -10, 0)), (0, 0, (0, 1))],
)
def test_signed_ticks_reach_both_ends_and_hold_zero(low: float, high: float, ticks: tuple[float, ...]) -> None:
    assert drawings.signed_ticks(low, high) == pytest.approx(ticks)
