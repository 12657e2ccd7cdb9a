"""Tidying by the clock. Running it twice changes nothing."""

from celery import shared_task

from retention.kit import clock
from retention.signup.sweeping import expire, forget


@shared_task(name="retention.signup.tasks.tidy")
def tidy() -> int:
    """End and forget sign-ups that were never confirmed."""
    now = clock.now()
    return expire(now=now) + forget(now=now)
