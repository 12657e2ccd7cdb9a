"""Two sides of a ratio that take turns, so that a busy moment of the machine meets both."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

FEWEST, MOST, LONG_ENOUGH = 5, 51, 1.0  # turns, turns, seconds of all sides together
Rows = list[tuple[object, ...]]


def in_turns(sides: Mapping[str, Callable[[], Any]]) -> tuple[dict[str, float], dict[str, Any]]:
    """Run every side once to warm up, then in turns; return each side's median seconds, and what each answered at first."""
    answers = {name: work() for name, work in sides.items()}
    times: dict[str, list[float]] = {name: [] for name in sides}
    order, began = list(sides), time.perf_counter()
    gc.collect()
    for turn in range(MOST):
        if turn >= FEWEST and time.perf_counter() - began > LONG_ENOUGH:
            break
        for name in order:
            times[name].append(timed(sides[name])[0])
        order.reverse()
    return {name: statistics.median(taken) for name, taken in times.items()}, answers


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of a piece of work and its answer."""
    begin = time.perf_counter()
    answer = work()
    return time.perf_counter() - begin, answer


def ms(seconds: float) -> str:
    """Return seconds as a table shows milliseconds."""
    return f"{seconds * 1000:.2f}"
