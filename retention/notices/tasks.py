"""The loop that sends what is owed. Running it twice changes nothing: rows are claimed one by one."""

import logging

from celery import shared_task

from retention.kit.locks import take_lease
from retention.notices.delivering import deliver_due, erase_old, sweep_abandoned
from retention.notices.smtp import SmtpCarrier, own_route

log = logging.getLogger("boomerang.notices")


@shared_task(name="retention.notices.tasks.deliver")
def deliver() -> int:
    """Send the notices that are due; one loop at a time is enough."""
    lease = take_lease("notices", store_id=0, seconds=30)
    if lease is None:
        return 0
    try:
        route = own_route()
        return deliver_due(SmtpCarrier(route), seconds=20) if route else 0
    finally:
        lease.release()


@shared_task(name="retention.notices.tasks.tidy")
def tidy() -> int:
    """Settle what a dead worker left, and erase the bodies of old notices."""
    return sweep_abandoned() + erase_old()
