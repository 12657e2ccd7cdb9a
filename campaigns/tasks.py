"""Timed work of the campaigns floor. Ticking twice or late changes nothing: rows decide, `StoreWork` only says where to look."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from celery import current_task, shared_task

from campaigns.broadcasts.keeping import let_old_go
from campaigns.broadcasts.running import WORK, tick
from campaigns.channels import CHANNELS
from campaigns.connecting import hosting
from campaigns.contacts import counting
from campaigns.journeys import replaying
from campaigns.journeys.ticking import take_turn
from campaigns.measurement import attribution
from campaigns.models import Message
from campaigns.recovery import looking_back
from campaigns.recovery.noticing import SLICE as A_SLICE
from campaigns.recovery.noticing import WORK as RECOVERY
from campaigns.recovery.noticing import next_look, notice_due
from campaigns.sending import breaking
from campaigns.sending.dispatch import Slice, dispatch_slice
from campaigns.sending.lines import close_stale
from campaigns.sending.opening import note_openings
from campaigns.sending.receipts import note_clicks
from campaigns.sending.sweeping import announce_forgotten, stores_to_sweep, sweep_store
from campaigns.sending.turns import KIND as SENDING
from campaigns.sending.turns import as_long_as, end_turn, leave_alone, lend_a_hand, take_turns
from retention.kit import clock, ending
from retention.kit.logs import breakage
from retention.kit.metrics import TASK_FAILURES
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import store_context

log = logging.getLogger(__name__)
STORES_A_TICK = 10
SECONDS_A_TICK = 2.0
SLICES_A_TURN = 10
LONGEST_TICK = 20.0
REST_SECONDS = 0.5
"""After a turn that found nothing to take of what is due: others have it, and it is looked at again for what they give back."""


class FailedEverywhere(Exception):
    """Work failed in every store that had some: not one store's rows are to blame."""


@shared_task(name="campaigns.tasks.run_journeys")
def run_journeys() -> None:
    """Read the news and carry on due runs, in every store where something waits."""
    for taken in take_turns(kind="journeys", clock=clock.now, most=STORES_A_TICK, seconds=LONGEST_TICK):
        with _alone("journeys", taken.store_id), store_context(taken.store_id):
            StoreWork.settle("journeys", taken, next_at=take_turn(clock=clock.now))


@shared_task(name="campaigns.tasks.replay_journeys")
def replay_journeys() -> None:
    """Replay one more slice of people of the store that waits longest for it."""
    for taken in take_turns(kind=replaying.WORK, clock=clock.now, most=1, seconds=SECONDS_A_TICK):
        with _alone(replaying.WORK, taken.store_id), store_context(taken.store_id):
            next_at: datetime | None = clock.now()
            until = time.monotonic() + LONGEST_TICK
            for _slice in range(SLICES_A_TURN):
                if (next_at := replaying.go_on(now=clock.now())) is None or time.monotonic() > until:
                    break
            StoreWork.settle(replaying.WORK, taken, next_at=next_at)


@contextmanager
def _alone(kind: str, store_id: int) -> Iterator[None]:
    """Let a store's failure end its own turn only, and count it: its lease runs out, and until then this process leaves it alone."""
    try:
        yield
    except Exception as error:  # its own words may quote a row
        TASK_FAILURES.labels(current_task.name).inc()
        log.error("%s: the turn of store %d failed", kind, store_id, extra=breakage(error))
        if kind == SENDING:
            leave_alone(store_id)


@shared_task(name="campaigns.tasks.run_recovery")
def run_recovery() -> None:
    """Look at people who were quiet for half an hour, and let those who left into the cells of the recovery plan."""
    for taken in take_turns(kind=RECOVERY, clock=clock.now, most=STORES_A_TICK, seconds=LONGEST_TICK):
        with _alone(RECOVERY, taken.store_id), store_context(taken.store_id):
            for _slice in range(SLICES_A_TURN):
                if notice_due(now=clock.now()) < A_SLICE:
                    break
            StoreWork.settle(RECOVERY, taken, next_at=next_look(now=clock.now()))
    for taken in take_turns(kind=looking_back.WORK, clock=clock.now, most=1, seconds=SECONDS_A_TICK):
        with _alone(looking_back.WORK, taken.store_id), store_context(taken.store_id):
            StoreWork.settle(looking_back.WORK, taken, next_at=looking_back.go_on(now=clock.now()))


@shared_task(name="campaigns.tasks.run_campaigns")
def run_campaigns() -> None:
    """Begin campaigns whose moment has come, plan them, compare their variants and end them."""
    for taken in take_turns(kind=WORK, clock=clock.now, most=STORES_A_TICK, seconds=LONGEST_TICK):
        with _alone(WORK, taken.store_id), store_context(taken.store_id):
            next_at = tick(Store.objects.get(pk=taken.store_id), now=clock.now())
            StoreWork.settle(WORK, taken, next_at=next_at)


@shared_task(name="campaigns.tasks.dispatch")
def dispatch() -> None:
    """Send while something is due: for the stores in line, longest waiting first, and where none is in line for those that others serve.

    One tick of a process goes on while there is work, so that it is not idle until the next comes to it. It alone helps others: with one of
    its process's threads. Whoever asks it to end waits for a slice.
    """
    with as_long_as(at_least=SECONDS_A_TICK, at_most=LONGEST_TICK) as tick:
        while (_take_a_turn() or (tick.stands and _help())) and time.monotonic() < tick.until and not ending.is_asked():
            pass
    close_stale()


def _take_a_turn() -> bool:
    """Send one slice of each channel of the store that waits longest; say whether one was in line."""
    for taken in take_turns(clock=clock.now, most=1, seconds=SECONDS_A_TICK):
        with _alone(SENDING, taken.store_id), store_context(taken.store_id):
            end_turn(taken, next_at=send_due(Store.objects.get(pk=taken.store_id)), now=clock.now())
        return True
    return False


def _help() -> bool:
    """Send one slice of the first store served elsewhere that has something left for us; say whether one had. Then the line comes first.

    What came back for later is announced: whoever has the turn may have looked for the store's next moment while we had it in hand. Not
    where the account takes nothing: whose turn it is lets it rest, and ringing would cut that short.
    """
    for store_id in lend_a_hand(clock=clock.now):
        with _alone(SENDING, store_id), store_context(store_id):
            store = Store.objects.get(pk=store_id)
            for channel in _due_channels():
                one = dispatch_slice(store, channel=channel, clock=clock.now, helping=True)
                if not one.stopped and (one.reserved > sum(one.states.values()) or one.states.get("ready")):
                    _announce(store_id, channel=channel)
                if one.reserved and not one.stopped:
                    return True
    return False


def _announce(store_id: int, *, channel: str) -> None:
    waiting: Any = Message.objects.filter(channel=channel)
    moment: datetime | None = waiting.next_due(now=clock.now(), rest=False)
    if moment is not None:
        StoreWork.ring(SENDING, store_id=store_id, due_at=moment)


def _due_channels() -> list[str]:
    return [key for key in CHANNELS.keys() if Message.objects.due(clock.now()).filter(channel=key).exists()]  # noqa: SIM118


def send_due(store: Store) -> datetime | None:
    """Send one slice of each channel that has something due, and return when the store's next message is; a channel that stopped rests.

    So does, for a moment, one whose due messages are all in the hands of those who lend us one.
    """
    slices = {key: dispatch_slice(store, channel=key, clock=clock.now) for key in _due_channels()}
    now = clock.now()
    stopped = {key for key, one in slices.items() if one.stopped}
    paced = {key: now + timedelta(seconds=one.wait_seconds or _rest_after(one)) for key, one in slices.items()}
    waiting: dict[str, Any] = {key: Message.objects.filter(channel=key) for key in CHANNELS.keys()}  # noqa: SIM118
    moments = [rows.next_due(now=now, rest=key in stopped) for key, rows in waiting.items()]
    coming = {key: moment for key, moment in zip(waiting, moments, strict=True) if moment is not None}
    return min((max(moment, paced.get(key, moment)) for key, moment in coming.items()), default=None)


def _rest_after(one: Slice) -> float:
    return 0.0 if one.reserved or one.more else REST_SECONDS


@shared_task(name="campaigns.tasks.watch")
def watch() -> None:
    """Stop what draws too many complaints or bounces, in every store of which some were reported."""
    for taken in StoreWork.take(breaking.WORK, now=clock.now(), limit=STORES_A_TICK):
        with _alone(breaking.WORK, taken.store_id), store_context(taken.store_id):
            breaking.look(now=clock.now())
            StoreWork.settle(breaking.WORK, taken, next_at=None)


@shared_task(name="campaigns.tasks.look_at_hosts")
def look_at_hosts() -> None:
    """Look again at the hosts of links whose last look is some hours old."""
    for taken in StoreWork.take(hosting.WORK, now=clock.now(), limit=STORES_A_TICK):
        with _alone(hosting.WORK, taken.store_id), store_context(taken.store_id):
            next_at = hosting.look_again(Store.objects.get(pk=taken.store_id), now=clock.now())
            StoreWork.settle(hosting.WORK, taken, next_at=next_at)


@shared_task(name="campaigns.tasks.recount_credits")
def recount_credits() -> None:
    """Credit one more slice of the orders of every store that changed its windows."""
    for taken in StoreWork.take(attribution.WORK, now=clock.now(), limit=STORES_A_TICK):
        with _alone(attribution.WORK, taken.store_id), store_context(taken.store_id):
            more = attribution.recount(now=clock.now())
            StoreWork.settle(attribution.WORK, taken, next_at=clock.now() if more else None)


@shared_task(name="campaigns.tasks.count_contacts")
def count_contacts() -> None:
    """Count some more of what people got, once a day in every store and when somebody looks; then what messages are worth."""
    for taken in take_turns(kind=counting.WORK, clock=clock.now, most=STORES_A_TICK, seconds=SECONDS_A_TICK):
        with _alone(counting.WORK, taken.store_id), store_context(taken.store_id):
            next_at = counting.go_on(Store.objects.get(pk=taken.store_id), now=clock.now())
            StoreWork.settle(counting.WORK, taken, next_at=next_at)


@shared_task(name="campaigns.tasks.sweep")
def sweep() -> None:
    """Settle leases that ran out, note clicks and openings, and announce forgotten messages.

    Raises FailedEverywhere, so that `/readyz` does not hear that it ended well: it may not be red for the rows of one store among others.
    """
    stores, swept = stores_to_sweep(now=clock.now()), 0
    for store_id in stores:
        with _alone("sweep", store_id), store_context(store_id):
            sweep_store(now=clock.now())
            note_clicks(now=clock.now())
            note_openings(now=clock.now())
            announce_forgotten(store_id, now=clock.now())
            swept += 1
    if stores and not swept and (len(stores) > 1 or Store.objects.count() == 1):
        raise FailedEverywhere


@shared_task(name="campaigns.tasks.let_go")
def let_go() -> int:
    """Let go of clicks, openings and what has had its use, as long ago as their store says; new stores join the daily count."""
    counting.ring_missing(now=clock.now())
    return let_old_go(now=clock.now())
