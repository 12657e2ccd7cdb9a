"""One turn of sending, for every store with something to tell. A slow endpoint holds its own threads and nobody else's.

The turn is a small loop over a pool of threads: while some wait for an answer, stores that become due are taken, fanned out and given
the free ones. Order is not promised: retries and several threads overtake each other.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from itertools import zip_longest

from django.db import connection

from retention.stores.models import PlatformState, StoreWork
from retention.tenancy.context import store_context
from retention.webhooks import claiming
from retention.webhooks.calling import make_call, post
from retention.webhooks.claiming import Lane
from retention.webhooks.outbox import KIND

THREADS = 16
THREADS_PER_ENDPOINT = 4
STORES_AT_ONCE = 10
TURN_SECONDS = 20.0
_LOOK_AGAIN_SECONDS = 0.5
_TAKEN_FOR_SECONDS = 30

Clock = Callable[[], datetime]


def run_turn(*, clock: Clock, seconds: float = TURN_SECONDS) -> int:
    """Tell what is due in every store, until nothing is or the time is used up; return how many tries were made.

    Call it outside a transaction. Any number of workers may do so at once; a restored copy of the database sends nothing.
    """
    if not PlatformState.sending_allowed():
        return 0
    end, tried = time.monotonic() + seconds, 0
    running: dict[Future[int], int] = {}
    with ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="webhooks") as pool:
        while time.monotonic() < end:
            for lane in _open_lanes(clock=clock, free=THREADS - len(running), busy=Counter(running.values())):
                running[pool.submit(_drive, lane, clock, end)] = lane.endpoint_id
            if not running:
                break
            tried += _collect(running, seconds=_LOOK_AGAIN_SECONDS)
        tried += sum(future.result() for future in running)
    return tried


def _collect(running: dict[Future[int], int], *, seconds: float) -> int:
    done, _waiting = wait(running, timeout=seconds, return_when=FIRST_COMPLETED)
    for future in done:
        del running[future]
    return sum(future.result() for future in done)


def _open_lanes(*, clock: Clock, free: int, busy: Counter[int]) -> list[Lane]:
    """Take stores that are due, make their deliveries, and return the lanes to open, each endpoint's first one before any second one."""
    found: list[list[Lane]] = []
    if free <= 0:
        return []
    for taken in StoreWork.take(KIND, now=clock(), limit=STORES_AT_ONCE, lease_seconds=_TAKEN_FOR_SECONDS):
        with store_context(taken.store_id):
            claiming.give_back_abandoned()
            claiming.fan_out(now=clock())
            found += [_copies(lane, busy=busy[lane.endpoint_id]) for lane in claiming.lanes(now=clock())]
            StoreWork.settle(KIND, taken, next_at=claiming.next_moment(now=clock()))
    return list(_in_turns(found))[:free]


def _copies(lane: Lane, *, busy: int) -> list[Lane]:
    most = 1 if lane.failing else min(THREADS_PER_ENDPOINT, lane.due)
    return [lane] * max(most - busy, 0)


def _in_turns(found: Iterable[list[Lane]]) -> Iterator[Lane]:
    return (lane for row in zip_longest(*found) for lane in row if lane is not None)


def _drive(lane: Lane, clock: Clock, end: float) -> int:
    """Send one endpoint's deliveries one after the other, in a thread with its own connection; stop when it costs time for nothing."""
    tried = 0
    try:
        with store_context(lane.store_id):
            while time.monotonic() < end:
                delivery = claiming.claim(lane.endpoint_id, now=clock())
                if delivery is None:
                    break
                outcome = post(make_call(delivery, now=clock()), now=clock())
                claiming.settle(delivery, outcome, now=clock())
                tried += 1
                if outcome.silent:
                    break
    finally:
        connection.close()
    return tried
