"""The winner, and lots that follow what works."""

import pytest

from campaigns.measurement.statistics import Side
from campaigns.measurement.statistics.choosing import FLOOR, Tried, chances_of_best, shared_sure, weights_of, winner_of


@pytest.mark.parametrize(
    ("arms", "winner"),
    [
        ({"a": (2000, 120), "b": (2000, 210)}, "b"),
        ({"a": (2000, 120), "b": (2000, 150)}, ""),  # enough for one look, and not for many
        ({"a": (90, 1), "b": (90, 60)}, ""),  # too few people
        ({"a": (500, 0), "b": (500, 19)}, ""),  # too few who did it
        ({"a": (2000, 120), "b": (2000, 210), "c": (2000, 205)}, ""),  # better than one, not than the other
        ({"a": (2000, 300)}, ""),
    ],
)
def test_a_winner_is_clear_of_every_other(arms: dict[str, tuple[int, int]], winner: str) -> None:
    assert winner_of({name: Side.of_shares(hits, people) for name, (people, hits) in arms.items()}) == winner


def test_several_comparisons_share_the_chance_of_error() -> None:
    assert shared_sure(1) == pytest.approx(0.95)
    assert shared_sure(5) == pytest.approx(0.99)
    assert shared_sure(0) == pytest.approx(0.95)


def test_an_arm_gets_as_many_lots_as_it_is_likely_the_best_and_never_less_than_the_floor() -> None:
    arms = [Tried("push", 400, 20), Tried("mail", 400, 60), Tried("sms", 400, 18)]
    chances = chances_of_best(arms)
    assert chances == chances_of_best(arms)
    assert sum(chances.values()) == pytest.approx(1)
    assert chances["mail"] > 0.99
    weights = weights_of(arms)
    assert weights["mail"] == pytest.approx(800, abs=5)
    assert min(weights["push"], weights["sms"]) >= 1000 * FLOOR
    even = weights_of([Tried("push", 0, 0), Tried("mail", 0, 0)])
    assert even["push"] == pytest.approx(500, abs=30)


def test_a_floor_for_more_arms_than_it_leaves_room_for_makes_them_even() -> None:
    weights = weights_of([Tried(name, 100, hits) for name, hits in (("a", 1), ("b", 50), ("c", 2))], floor=0.5)
    assert max(weights.values()) - min(weights.values()) <= 1
