"""Whose turn it is: one store at a time, each gets one slice and goes to the end of the line.

A store is served by one worker at a time (its lease), so it never has more than one place among many workers; and with few workers its
turns are no more than its part of the line. A million messages of one store delay another's ten by one slice each.
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime

from campaigns.sending.beating import LEASE_SECONDS, beating
from retention.stores.models import StoreWork
from retention.stores.models.work import Taken

KIND = "dispatch"


def take_turns(*, kind: str = KIND, clock: Callable[[], datetime], most: int, seconds: float) -> Iterator[Taken]:
    """Yield stores where work of a kind is due, longest in line first, until `most` had their turn or `seconds` are over."""
    until = time.monotonic() + seconds
    for _turn in range(most):
        taken = StoreWork.take(kind, now=clock(), limit=1, lease_seconds=LEASE_SECONDS)
        if not taken:
            return
        with beating(_Kept(kind, taken[0]).renew):
            yield taken[0]
        if time.monotonic() > until:
            return


class _Kept:
    """A turn's lease as it was last renewed."""

    def __init__(self, kind: str, taken: Taken) -> None:
        self._kind, self._taken = kind, taken

    def renew(self) -> None:
        """Keep it for as long again, if it is still ours."""
        self._taken = StoreWork.renew(self._kind, self._taken, lease_seconds=LEASE_SECONDS)


def end_turn(taken: Taken, *, next_at: datetime | None, now: datetime) -> None:
    """Give a store's turn back. What is due already waits from now on: whoever was in line meanwhile comes first."""
    StoreWork.settle(KIND, taken, next_at=None if next_at is None else max(next_at, now))
