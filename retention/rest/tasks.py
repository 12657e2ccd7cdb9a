"""Timed work of the rest room."""

from celery import shared_task

from retention.kit import clock
from retention.rest.sweeping import sweep_kept_answers


@shared_task(name="retention.rest.tasks.sweep_answers")
def sweep_answers() -> None:
    """Delete kept answers that are too old."""
    sweep_kept_answers(now=clock.now())
