"""Ranges of shares against published figures, and of money against what is plain."""

import pytest

from campaigns.measurement.statistics import Range, Side, difference_of_shares, share_range


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],  # Newcombe 1998, table I
)
def test_a_share_has_wilson_s_range(hits: int, of: int, low: float, high: float) -> None:
    assert share_range(hits, of) == pytest.approx((low, high), abs=0.0001)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],  # Newcombe 1998, method 10
)
def test_a_difference_of_shares_has_newcombe_s_range(first: tuple[int, int], second: tuple[int, int], low: float, high: float) -> None:
    found = difference_of_shares(*first, *second)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.0005)
    assert found.says == 1


def test_nothing_counted_can_be_anything() -> None:
    assert share_range(0, 0) == (0.0, 1.0)


def test_sides_add_up_and_shares_are_sides_of_ones_and_noughts() -> None:
    assert Side.of_shares(3, 10) + Side.of_shares(1, 10) == Side(20, 4, 4.0, 4.0)
    assert Side.of_shares(3, 10).mean == 0.3
    assert Side.of_shares(3, 10).variance == pytest.approx(0.3 * 0.7 * 10 / 9)


def test_a_range_says_on_which_side_of_zero_it_lies() -> None:
    assert [Range(0, low, high).says for low, high in ((-1, 1), (0, 1), (0.1, 1), (-2, -1))] == [0, 0, 1, -1]
    assert Range(1, -2, 4).times(100) == Range(100, -200, 400)
    assert Range(0, -0.4, 0.3).within(0.5)
    assert not Range(0, -0.6, 0.3).within(0.5)
