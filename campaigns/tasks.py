"""Timed work of the campaigns floor. Ticking twice or late changes nothing: rows decide, `StoreWork` only says where to look."""

from datetime import datetime
from typing import Any

from celery import shared_task

from campaigns.broadcasts.running import WORK, tick
from campaigns.channels import CHANNELS
from campaigns.journeys.intake import take_news
from campaigns.journeys.running import next_moment, run_due
from campaigns.models import Message
from campaigns.sending.dispatch import dispatch_slice
from campaigns.sending.opening import note_openings
from campaigns.sending.receipts import note_clicks
from campaigns.sending.sweeping import announce_forgotten, stores_to_sweep, sweep_store
from retention.kit import clock
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import store_context

STORES_A_TICK = 10


@shared_task(name="campaigns.tasks.run_journeys")
def run_journeys() -> None:
    """Read the news and carry on due runs, in every store where something waits."""
    for taken in StoreWork.take("journeys", now=clock.now(), limit=STORES_A_TICK):
        with store_context(taken.store_id):
            take_news(now=clock.now())
            run_due(now=clock.now())
            StoreWork.settle("journeys", taken, next_at=next_moment(now=clock.now()))


@shared_task(name="campaigns.tasks.run_campaigns")
def run_campaigns() -> None:
    """Begin campaigns whose moment has come, plan them, compare their variants and end them."""
    for taken in StoreWork.take(WORK, now=clock.now(), limit=STORES_A_TICK, lease_seconds=300):
        with store_context(taken.store_id):
            next_at = tick(Store.objects.get(pk=taken.store_id), now=clock.now())
            StoreWork.settle(WORK, taken, next_at=next_at)


@shared_task(name="campaigns.tasks.dispatch")
def dispatch() -> None:
    """Send one slice of each channel in every store where messages are due, longest waiting first."""
    for taken in StoreWork.take("dispatch", now=clock.now(), limit=STORES_A_TICK, lease_seconds=120):
        with store_context(taken.store_id):
            StoreWork.settle("dispatch", taken, next_at=_send_due(Store.objects.get(pk=taken.store_id)))


def _send_due(store: Store) -> datetime | None:
    """Send one slice of each channel that has something due, and return when the store's next message is; a channel that stopped rests."""
    due = set(Message.objects.due(clock.now()).order_by().values_list("channel", flat=True).distinct())
    stopped = {key for key in CHANNELS.keys() if key in due and dispatch_slice(store, channel=key, clock=clock.now).stopped}  # noqa: SIM118
    now = clock.now()
    waiting: dict[str, Any] = {key: Message.objects.filter(channel=key) for key in CHANNELS.keys()}  # noqa: SIM118
    moments = [rows.next_due(now=now, rest=key in stopped) for key, rows in waiting.items()]
    return min((moment for moment in moments if moment is not None), default=None)


@shared_task(name="campaigns.tasks.sweep")
def sweep() -> None:
    """Settle leases that ran out, note clicks and openings, and announce forgotten messages."""
    for store_id in stores_to_sweep(now=clock.now()):
        with store_context(store_id):
            sweep_store(now=clock.now())
            note_clicks(now=clock.now())
            note_openings(now=clock.now())
            announce_forgotten(store_id, now=clock.now())
