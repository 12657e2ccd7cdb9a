"""Did people come to the arms as the lots say? Where they did not, something lost people of one arm, and no figure can be trusted. Pure.

Source: Pearson's chi-square; the alarm at one in a thousand is that of the field guide, experiments.
"""

import math
from collections.abc import Iterable, Mapping

ALARM = 0.001
FEWEST_EXPECTED = 5


def chance_of_split(plans: Iterable[tuple[Mapping[str, int], Mapping[str, int]]]) -> float:
    """Return how likely such a split, or one further off, is by luck alone.

    plans: for each the lots of every arm and how many people came to it. Plans too small to be judged do not count.
    """
    total, freedom = 0.0, 0
    for lots, came in plans:
        whole, people = sum(lots.values()), sum(came.get(arm, 0) for arm in lots)
        expected = {arm: people * count / whole for arm, count in lots.items() if count}
        if len(expected) > 1 and min(expected.values()) >= FEWEST_EXPECTED:
            total += sum((came.get(arm, 0) - meant) ** 2 / meant for arm, meant in expected.items())
            freedom += len(expected) - 1
    return chi_square_tail(total, freedom) if freedom else 1.0


def chi_square_tail(value: float, freedom: int) -> float:
    """Return the chance of a chi-square above a value. freedom: degrees, a whole number above 0."""
    half = value / 2
    if half <= 0:
        return 1.0
    start = 0.0 if freedom % 2 == 0 else 0.5
    found = math.erfc(math.sqrt(half)) if start else 0.0
    for step in range(freedom // 2):
        power = start + step
        found += math.exp(power * math.log(half) - half - math.lgamma(power + 1))
    return min(1.0, found)
