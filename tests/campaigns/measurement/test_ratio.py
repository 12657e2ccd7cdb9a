"""The alarm when people did not come to the arms as the lots say."""

import pytest

from campaigns.measurement.statistics.ratio import ALARM, chance_of_split, chi_square_tail


@pytest.mark.parametrize(
    ("value", "freedom", "chance"),
    [(3.841, 1, 0.05), (10.828, 1, 0.001), (5.991, 2, 0.05), (7.815, 3, 0.05), (11.070, 5, 0.05), (18.467, 4, 0.001), (0, 3, 1.0)],
)
def test_the_tail_is_that_of_the_table(value: float, freedom: int, chance: float) -> None:
    assert chi_square_tail(value, freedom) == pytest.approx(chance, rel=0.002)


def test_it_is_silent_where_the_lots_hold_and_loud_where_people_are_lost() -> None:
    lots = {"held_out": 1000, "a": 9000}
    assert chance_of_split([(lots, {"held_out": 1012, "a": 8988})]) > 0.5
    assert chance_of_split([(lots, {"held_out": 880, "a": 9000})]) < ALARM


def test_a_share_that_changed_is_no_alarm() -> None:
    """Thrown together 15 % are held out, which is neither plan's part."""
    plans = [({"held_out": 1000, "a": 9000}, {"held_out": 500, "a": 4500}), ({"held_out": 2000, "a": 8000}, {"held_out": 1000, "a": 4000})]
    assert chance_of_split(plans) == pytest.approx(1.0)


def test_a_few_people_are_no_alarm() -> None:
    assert chance_of_split([({"held_out": 1000, "a": 9000}, {"held_out": 0, "a": 30})]) == 1.0
    assert chance_of_split([]) == 1.0
