"""A token bucket per caller, kept in this process: cheap enough to ask before anything else is done for a request.

Several processes allow together as many times the rate; the figure protects the machine, it is not a bill.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST_CALLERS = 10_000


class Buckets:
    """So many units per second for each caller, saved up to `burst` units."""

    def __init__(self, *, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._levels: OrderedDict[object, tuple[float, float]] = OrderedDict()
        self._turn = threading.Lock()

    def take(self, caller: object, *, units: float = 1) -> float:
        """Take units from the caller's bucket; return 0 when they were there, else after how many seconds to come back.

        More units at once than a bucket holds are let through when it is full, and paid back before the next ones.
        """
        now = self._clock()
        with self._turn:
            level, seen = self._levels.pop(caller, (self._burst, now))
            level = min(self._burst, level + (now - seen) * self._per_second)
            wanted = min(units, self._burst)
            allowed = level >= wanted
            self._levels[caller] = (level - units if allowed else level, now)
            if len(self._levels) > _MOST_CALLERS:
                self._levels.popitem(last=False)
        return 0.0 if allowed else (wanted - level) / self._per_second
