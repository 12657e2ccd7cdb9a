"""Which store is projected next: whoever waits longest, a few batches each, so that one store's burst does not starve another."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from retention.customers.models import CustomerEvent
from retention.intake.projecting.batching import project_batch
from retention.stores.models import StoreWork
from retention.stores.models.work import Taken
from retention.tenancy.context import store_context

KIND = "project"
BATCHES_PER_TURN = 10
SECONDS_PER_TURN = 15.0  # well within the lease
SECONDS_PER_RUN = 20.0
FEWEST_OF_A_BURST = 100  # in a batch behind which more waits: a batch of long events holds hardly more
PAUSED = 0.6  # of the time a batch of a burst took: with a burst to work through, those who wait for the door's answer come first
PAUSE = timedelta(seconds=1)  # until a store is looked at again that another worker is busy with


def project_due(*, now: Callable[[], datetime], seconds: float = SECONDS_PER_RUN) -> int:
    """Project every store whose bell was rung, in turns, for at most so many seconds; return how many events were applied.

    Call it outside a transaction. Any number of workers may run it at once.
    """
    ends, applied = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        turn = StoreWork.take(KIND, now=now(), limit=1)
        if not turn:
            break
        applied += _take_turn(turn[0], now=now)
    return applied


def project_store(store_id: int, *, now: datetime) -> int:
    """Project everything that waits in one store, whoever rang; return how many events were applied."""
    applied = 0
    with store_context(store_id):
        while count := project_batch(now=now):
            applied += count
    return applied


def _take_turn(taken: Taken, *, now: Callable[[], datetime]) -> int:
    applied = 0
    with store_context(taken.store_id):
        count, waits, ends = 0, False, time.monotonic() + SECONDS_PER_TURN
        for number in range(BATCHES_PER_TURN):
            began = time.monotonic()
            count = project_batch(now=now())
            applied += count
            waits = CustomerEvent.objects.unprojected().exists()
            if not waits or count < FEWEST_OF_A_BURST or number + 1 == BATCHES_PER_TURN or time.monotonic() >= ends:
                break
            time.sleep((time.monotonic() - began) * PAUSED)
    StoreWork.settle(KIND, taken, next_at=(now() if count else now() + PAUSE) if waits else None)
    return applied
