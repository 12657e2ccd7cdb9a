"""Timed work of the orders room."""

from celery import shared_task

from retention.kit import clock
from retention.orders import idling


@shared_task(name="retention.orders.tasks.note_idle")
def note_idle() -> None:
    """Note baskets that are left alone, in every store where one is due."""
    idling.note_idle(now=clock.now())
