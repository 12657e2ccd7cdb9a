"""Simulated people for tests of measuring: quick draws of how many of so many did it, the same for the same seed."""

import random
from bisect import bisect_left
from functools import lru_cache
from itertools import accumulate
from math import exp, lgamma, log


@lru_cache(maxsize=512)
def _until(people: int, chance: float) -> tuple[float, ...]:
    whole = lgamma(people + 1)
    one, none = log(chance), log(1 - chance)
    parts = (exp(whole - lgamma(hits + 1) - lgamma(people - hits + 1) + hits * one + (people - hits) * none) for hits in range(people + 1))
    return tuple(accumulate(parts))


def hits_of(luck: random.Random, people: int, chance: float) -> int:
    """Draw how many of so many people do something. chance: above 0 and below 1."""
    return min(bisect_left(_until(people, chance), luck.random()), people)
