"""One turn of sending, for every store with something to tell. A slow endpoint, or a store full of them, holds its own threads only.

The turn is a small loop over a pool of threads: while some wait for an answer, stores that become due are taken, fanned out and given
the free ones. Order is not promised: retries and several threads overtake each other.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, zip_longest

from django.db import connection
from django.utils.translation import gettext as _

from retention.stores.models import PlatformState, StoreWork
from retention.tenancy.context import store_context
from retention.webhooks import claiming
from retention.webhooks.calling import make_call, post
from retention.webhooks.claiming import Lane
from retention.webhooks.models import WebhookDelivery
from retention.webhooks.outbox import KIND
from retention.webhooks.retrying import Outcome

THREADS = 16
THREADS_PER_STORE = THREADS_PER_ENDPOINT = claiming.MOST_COUNTED
STORES_AT_ONCE = 10
TURN_SECONDS = 20.0
SLOW_MILLISECONDS = 5000  # an endpoint that takes longer gets one try at a time for the rest of the turn
_LOOK_AGAIN_SECONDS = 0.5
_TAKEN_FOR_SECONDS = 30

Clock = Callable[[], datetime]
log = logging.getLogger("boomerang.webhooks")


@dataclass(frozen=True)
class _Driven:
    """What a thread did: how many tries it made, and whether the last one took long."""

    tried: int
    slow: bool


def run_turn(*, clock: Clock, seconds: float = TURN_SECONDS) -> int:
    """Tell what is due in every store, until nothing is or the time is used up; return how many tries were made.

    Call it outside a transaction. Any number of workers may do so at once; a restored copy of the database sends nothing.
    """
    if not PlatformState.sending_allowed():
        return 0
    end, tried = time.monotonic() + seconds, 0
    running: dict[Future[_Driven], Lane] = {}
    slow: set[int] = set()
    with ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="webhooks") as pool:
        while time.monotonic() < end:
            for lane in _open_lanes(clock=clock, running=list(running.values()), slow=slow):
                running[pool.submit(_drive, lane, clock, end)] = lane
            if not running:
                break
            done, _pending = wait(running, timeout=_LOOK_AGAIN_SECONDS, return_when=FIRST_COMPLETED)
            tried += sum(_collect(future, running.pop(future), slow=slow) for future in done)
        tried += sum(_collect(future, lane, slow=slow) for future, lane in running.items())
    return tried


def _collect(future: Future[_Driven], lane: Lane, *, slow: set[int]) -> int:
    """Return how many tries a thread made. One that ended badly is written down and disturbs no other store."""
    error = future.exception()
    if error is not None:
        log.error("a thread of webhooks ended", exc_info=error, extra={"store_id": lane.store_id, "endpoint_id": lane.endpoint_id})
        return 0
    driven = future.result()
    if driven.slow:
        slow.add(lane.endpoint_id)
    return driven.tried


def _open_lanes(*, clock: Clock, running: Sequence[Lane], slow: Collection[int]) -> list[Lane]:
    """Take stores that are due, make their deliveries, and return the lanes to open, each endpoint's first one before any second one."""
    found: list[list[Lane]] = []
    free = THREADS - len(running)
    if free <= 0:
        return []
    endpoints, stores = Counter(lane.endpoint_id for lane in running), Counter(lane.store_id for lane in running)
    for taken in StoreWork.take(KIND, now=clock(), limit=STORES_AT_ONCE, lease_seconds=_TAKEN_FOR_SECONDS):
        with store_context(taken.store_id):
            claiming.give_back_abandoned()
            claiming.fan_out(now=clock())
            copies = [_copies(lane, busy=endpoints[lane.endpoint_id], slow=slow) for lane in claiming.lanes(now=clock())]
            found.append(list(islice(_in_turns(copies), max(THREADS_PER_STORE - stores[taken.store_id], 0))))
            StoreWork.settle(KIND, taken, next_at=claiming.next_moment(now=clock()))
    return list(islice(_in_turns(found), free))


def _copies(lane: Lane, *, busy: int, slow: Collection[int]) -> list[Lane]:
    most = 1 if lane.failing or lane.endpoint_id in slow else min(THREADS_PER_ENDPOINT, lane.due)
    return [lane] * max(most - busy, 0)


def _in_turns(found: Iterable[list[Lane]]) -> Iterator[Lane]:
    return (lane for row in zip_longest(*found) for lane in row if lane is not None)


def _drive(lane: Lane, clock: Clock, end: float) -> _Driven:
    """Send one endpoint's deliveries one after the other, in a thread with its own connection; stop when it costs time for nothing."""
    tried, slow = 0, False
    try:
        with store_context(lane.store_id):
            while time.monotonic() < end and not slow:
                delivery = claiming.claim(lane.endpoint_id, now=clock())
                if delivery is None:
                    break
                outcome = _try(delivery, clock)
                claiming.settle(delivery, outcome, now=clock())
                tried += 1
                slow = outcome.milliseconds > SLOW_MILLISECONDS
                if outcome.silent:
                    break
    finally:
        connection.close()
    return _Driven(tried, slow)


def _try(delivery: WebhookDelivery, clock: Clock) -> Outcome:
    """Post a delivery once. Whatever a receiver makes us stumble over is a failed try like any other, and is written down."""
    try:
        return post(make_call(delivery, now=clock()), now=clock())
    except Exception:  # the delivery must be settled, or it would come back at once and for ever
        log.exception("a webhook could not be tried", extra={"store_id": delivery.store_id, "delivery_id": delivery.pk})
        return Outcome(False, None, _("We could not read what the address answered."))
