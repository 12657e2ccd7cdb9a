"""Ranges that hold at every look, for people who look whenever they like. Pure.

A 95 % range of one look is wrong far more often than once in twenty when somebody looks every day and stops at the first good one. These
are wider by just so much that the chance of ever being wrong, over all looks there will be, stays at 5 %. Source: Robbins' normal mixture,
as asymptotic confidence sequence in Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2021, theorem 2.2.
"""

import math

from campaigns.measurement.statistics.differences import SURE, Estimate
from campaigns.measurement.statistics.ranges import Range

TUNED_FOR = 5_000
"""At so many people the range is narrowest beside that of one look; chosen beforehand for all experiments, or it would not hold."""


def widening(people: int, *, sure: float = SURE, tuned_for: int = TUNED_FOR) -> float:
    """Return by how many standard errors the range reaches to each side."""
    miss = 1 - sure
    goal = -2 * math.log(miss) + math.log(-2 * math.log(miss)) + 1
    gone = max(people, 1) / tuned_for * goal
    return math.sqrt((gone + 1) / gone * math.log((gone + 1) / miss**2))


def always_valid(estimate: Estimate, *, sure: float = SURE, tuned_for: int = TUNED_FOR) -> Range:
    """Return the range of a difference that holds however often it is looked at."""
    reach = widening(estimate.people, sure=sure, tuned_for=tuned_for) * estimate.error
    return Range(estimate.guess, estimate.guess - reach, estimate.guess + reach)
