"""Timed work of the segments floor. Ticking twice or late changes nothing: rows decide, `StoreWork` only says where to look."""

from celery import shared_task

from retention.kit import clock
from segments.evaluating import evaluate_due
from segments.sweeping import fill_stores, sweep_stores


@shared_task(name="segments.tasks.evaluate")
def evaluate() -> None:
    """Look at changed customers again, in every store where something waits."""
    evaluate_due(now=clock.now())


@shared_task(name="segments.tasks.fill")
def fill() -> None:
    """Work out segments whose rule changed."""
    fill_stores(now=clock.now())


@shared_task(name="segments.tasks.sweep")
def sweep() -> None:
    """Find who comes in or goes out by time alone, and check what was not checked for a day."""
    sweep_stores(now=clock.now())
