"""Timed work of the intake room."""

from celery import shared_task

from retention.intake.projecting import project_due
from retention.kit import clock


@shared_task(name="retention.intake.tasks.project")
def project() -> None:
    """Apply stored events in every store where some wait."""
    project_due(now=clock.now)
