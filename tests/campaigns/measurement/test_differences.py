"""One arm against another: published figures, and plans that are never thrown together."""

import pytest

from campaigns.measurement.statistics import Side
from campaigns.measurement.statistics.differences import compare, quantile_of_t, share_difference

# Worked tests of GrowthBook's statistics package (repository growthbook/growthbook, MIT part).
A, B = Side(3407, 0, 1396.87, 52377.9767), Side(3461, 0, 2422.7, 134698.29)


def test_a_difference_of_means_is_welch_s() -> None:
    found = compare([(B, A)])
    assert found is not None
    shown = found.range_at(0.95)
    assert (shown.guess, shown.low, shown.high) == pytest.approx((0.29, 0.04538, 0.53462), abs=1e-5)


@pytest.mark.parametrize(
    ("chance", "freedom", "value"),
    [(0.975, 5, 2.57058), (0.975, 10, 2.22814), (0.975, 30, 2.04227), (0.995, 20, 2.84534), (0.95, 60, 1.67065), (0.975, 1e9, 1.95996)],
)
def test_quantiles_are_those_of_student_s_table(chance: float, freedom: float, value: float) -> None:
    assert quantile_of_t(chance, freedom) == pytest.approx(value, abs=0.002 if freedom < 10 else 1e-4)


def test_a_larger_holdout_in_a_good_month_does_not_look_like_an_effect() -> None:
    """Nothing works here: in each plan both sides order alike. Thrown together, the months would look like a loss of three points."""
    poor = (Side.of_shares(950, 9500), Side.of_shares(50, 500))
    good = (Side.of_shares(1500, 5000), Side.of_shares(1500, 5000))
    found = compare([poor, good], shares=True)
    assert found is not None
    assert found.guess == pytest.approx(0, abs=1e-12)
    thrown = compare([(poor[0] + good[0], poor[1] + good[1])], shares=True)
    assert thrown is not None
    assert thrown.range_at().high < -0.08


def test_nothing_is_said_without_two_people_on_each_side() -> None:
    assert compare([(Side.of_shares(1, 1), Side.of_shares(0, 100))]) is None
    assert compare([]) is None
    assert share_difference([(Side.of_shares(0, 0), Side.of_shares(1, 3))]) is None


def test_an_arm_of_which_nobody_ordered_is_not_certain() -> None:
    found = compare([(Side.of_shares(0, 100), Side.of_shares(0, 100))], shares=True)
    assert found is not None
    assert found.range_at().high > 0.01
