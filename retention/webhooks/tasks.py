"""Timed work of the webhooks room. Ticking twice or late changes nothing: rows decide."""

from celery import shared_task

from retention.kit import clock
from retention.kit.locks import take_lease
from retention.webhooks import sending, sweeping

TURNS_AT_ONCE = 2
_LEASE_SECONDS = 50


@shared_task(name="retention.webhooks.tasks.send")
def send() -> int:
    """Tell endpoints what is due; two turns at once are enough, so that slow receivers never hold every worker."""
    for number in range(TURNS_AT_ONCE):
        lease = take_lease(f"webhooks-{number}", store_id=0, seconds=_LEASE_SECONDS)
        if lease is not None:
            try:
                return sending.run_turn(clock=clock.now)
            finally:
                lease.release()
    return 0


@shared_task(name="retention.webhooks.tasks.tidy")
def tidy() -> int:
    """Delete what was told more than 30 days ago."""
    return sweeping.sweep_old(now=clock.now())
