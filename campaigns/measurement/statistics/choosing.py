"""Which of several ways is better: a winner that luck rarely makes, and lots that follow what works and never stop trying. Pure.

Sources: Thompson 1933, in batches: an arm's lots are its chance of being the best; the floor keeps every arm measurable.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from campaigns.measurement.statistics.differences import SURE, Strata, compare
from campaigns.measurement.statistics.ranges import FEWEST_BUYERS, FEWEST_EACH, Side
from campaigns.measurement.statistics.sequential import TUNED_FOR, always_valid

FLOOR = 0.1
DRAWS = 4_000


@dataclass(frozen=True)
class Tried:
    """How one way did: of how many people, how many did what is counted."""

    name: str
    people: int
    hits: int


def chances_of_best(arms: Sequence[Tried], *, draws: int = DRAWS, seed: int = 1) -> dict[str, float]:
    """Return for each arm how likely it is the best; the same input gives the same answer."""
    luck, wins = random.Random(seed), dict.fromkeys((arm.name for arm in arms), 0)  # noqa: S311 - nothing to keep secret
    for _ in range(draws):
        drawn = [(luck.betavariate(arm.hits + 1, arm.people - arm.hits + 1), arm.name) for arm in arms]
        wins[max(drawn)[1]] += 1
    return {name: count / draws for name, count in wins.items()}


def weights_of(arms: Sequence[Tried], *, floor: float = FLOOR) -> dict[str, int]:
    """Return the lots' weights, of 1,000, by each arm's chance of being the best. floor: no arm gets a smaller part."""
    least = min(floor, 1 / len(arms))
    free = 1 - least * len(arms)
    return {name: max(1, round(1000 * (least + free * chance))) for name, chance in chances_of_best(arms).items()}


def winner_of(arms: Mapping[str, Side], *, sure: float = SURE, fewest: int = FEWEST_EACH, tuned_for: int = TUNED_FOR) -> str:
    """Return the arm that is better than every other, however often one looks; or nothing. Everybody counts as 1 or 0.

    Wrong about any of them in no more than one of twenty experiments: the comparisons share the chance of error. tuned_for: about how many
    people will have come when it is decided, said before the first came.
    """
    if len(arms) < 2 or min(side.people for side in arms.values()) < fewest:
        return ""
    if sum(side.buyers for side in arms.values()) < FEWEST_BUYERS:
        return ""
    best = max(arms, key=lambda name: (arms[name].mean, name))
    shared = shared_sure(len(arms) * (len(arms) - 1) // 2, sure=sure)
    others = [name for name in arms if name != best]
    return best if all(is_better([(arms[best], arms[name])], sure=shared, tuned_for=tuned_for) for name in others) else ""


def is_better(strata: Strata, *, sure: float, tuned_for: int = TUNED_FOR) -> bool:
    """Say whether the first arm is surely better, at whatever moment this is asked."""
    found = compare(strata, shares=True)
    return found is not None and always_valid(found, sure=sure, tuned_for=tuned_for).says > 0


def shared_sure(comparisons: int, *, sure: float = SURE) -> float:
    """Return how sure each of several comparisons must be so that all of them hold together (Bonferroni)."""
    return 1 - (1 - sure) / max(comparisons, 1)
