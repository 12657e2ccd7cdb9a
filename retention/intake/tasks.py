"""Timed work of the intake room."""

from celery import shared_task

from retention.intake.projecting import project_due
from retention.intake.shops.applying import apply_due
from retention.intake.shops.sweeping import sweep_deliveries
from retention.intake.sweeping import sweep_event_keys
from retention.kit import clock


@shared_task(name="retention.intake.tasks.project")
def project() -> None:
    """Apply stored events in every store where some wait."""
    project_due(now=clock.now)


@shared_task(name="retention.intake.tasks.sweep_keys")
def sweep_keys() -> None:
    """Delete keys of message ids that are too old."""
    sweep_event_keys(now=clock.now())


@shared_task(name="retention.intake.tasks.apply_deliveries")
def apply_deliveries() -> None:
    """Carry out what shops sent, in every store where some waits."""
    apply_due(now=clock.now)


@shared_task(name="retention.intake.tasks.sweep_deliveries")
def sweep_old_deliveries() -> None:
    """Delete what shops sent more than 30 days ago."""
    sweep_deliveries(now=clock.now())
