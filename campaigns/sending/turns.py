"""Whose turn it is: one store at a time, each gets one slice and goes to the end of the line.

A store's turn is one worker's at a time (its lease), so it never has more than one place in the line; and with few workers its turns are
no more than its part of the line. A million messages of one store delay another's ten by one slice each. A worker process for which nobody
is in line lends a hand to a store that another one serves, a slice at a time: a large campaign of the only store that sends is sent by all.
A process sends for a store once at a time, so whoever is killed had no more of it in hand than one slice's senders.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from campaigns.sending.beating import LEASE_SECONDS, MOST_SECONDS, beating
from retention.stores.models import StoreWork
from retention.stores.models.work import Taken

KIND = "dispatch"
LOOKED_AT = 8
"""How many stores that others serve are asked whether anything of theirs is left for us, before the next tick."""
# The stores this process sends for now, or that failed in its hands, and until when that is believed: who hangs keeps nobody out.
_here: dict[int, float] = {}
_guard = threading.Lock()
_standing = threading.Lock()


class Tick(NamedTuple):
    """How long one tick may go on (until, monotonic), and whether it is the one of its process that stands."""

    until: float
    stands: bool


@contextmanager
def as_long_as(*, at_least: float, at_most: float) -> Iterator[Tick]:
    """Begin a tick: one of a process goes on for long, so that it is not idle between two, others briefly."""
    alone = _standing.acquire(blocking=False)
    try:
        yield Tick(time.monotonic() + (at_most if alone else at_least), alone)
    finally:
        if alone:
            _standing.release()


def take_turns(*, kind: str = KIND, clock: Callable[[], datetime], most: int, seconds: float) -> Iterator[Taken]:
    """Yield stores where work of a kind is due, longest in line first, until `most` had their turn or `seconds` are over."""
    until = time.monotonic() + seconds
    for _turn in range(most):
        taken = _take(kind, now=clock())
        if taken is None:
            return
        with _serving(kind, taken.store_id), beating(_Kept(kind, taken).renew):
            yield taken
        if time.monotonic() > until:
            return


def lend_a_hand(*, clock: Callable[[], datetime]) -> Iterator[int]:
    """Yield a few stores that other processes send for now; each is served here too until the next is asked for."""
    for store_id in StoreWork.served(KIND, now=clock(), limit=LOOKED_AT, skip=_served_here()):
        with _guard:
            if store_id in _served_here():
                continue
            _note(store_id)
        with _serving(KIND, store_id):
            yield store_id


def _take(kind: str, *, now: datetime) -> Taken | None:
    """Lease one store. Of sending: none that this process serves, noted before another of its threads can look."""
    if kind != KIND:
        return next(iter(StoreWork.take(kind, now=now, limit=1, lease_seconds=LEASE_SECONDS)), None)
    with _guard:
        for taken in StoreWork.take(kind, now=now, limit=1, lease_seconds=LEASE_SECONDS, skip=_served_here()):
            _note(taken.store_id)
            return taken
    return None


def _served_here() -> list[int]:
    now = time.monotonic()
    return [store_id for store_id, until in list(_here.items()) if until > now]


def _note(store_id: int) -> None:
    _here[store_id] = time.monotonic() + MOST_SECONDS


@contextmanager
def _serving(kind: str, store_id: int) -> Iterator[None]:
    """Forget at the end of the block that this process sends for a store."""
    until = _here.get(store_id)
    try:
        yield
    finally:
        with _guard:
            if kind == KIND and _here.get(store_id) == until:  # else another thread has it by now: we hung
                _here.pop(store_id, None)


def leave_alone(store_id: int) -> None:
    """Send for a store no more in this process for as long as a lease: it failed, and would do so again at once."""
    with _guard:
        _here[store_id] = time.monotonic() + LEASE_SECONDS


class _Kept:
    """A turn's lease as it was last renewed."""

    def __init__(self, kind: str, taken: Taken) -> None:
        self._kind, self._taken = kind, taken

    def renew(self) -> None:
        self._taken = StoreWork.renew(self._kind, self._taken, lease_seconds=LEASE_SECONDS)


def end_turn(taken: Taken, *, next_at: datetime | None, now: datetime) -> None:
    """Give a store's turn back. What is due already waits from now on: whoever was in line meanwhile comes first."""
    StoreWork.settle(KIND, taken, next_at=None if next_at is None else max(next_at, now))
