"""Timed work of the customers room."""

from celery import shared_task

from retention.customers import erasure_list, exporting
from retention.customers.importing import running
from retention.customers.keeping import delete_old_events
from retention.kit import clock


@shared_task(name="retention.customers.tasks.bring_in")
def bring_in() -> None:
    """Work on imports in every store where one waits."""
    running.import_due(now=clock.now)


@shared_task(name="retention.customers.tasks.make_exports")
def make_exports() -> None:
    """Make the files stores asked for, and let go of old ones."""
    exporting.export_due(now=clock.now)


@shared_task(name="retention.customers.tasks.settle_erasures")
def settle_erasures() -> None:
    """Note on the erasure list what became of erasures whose process ended around its commit."""
    erasure_list.settle(now=clock.now())


@shared_task(name="retention.customers.tasks.let_events_go")
def let_events_go() -> int:
    """Delete events older than their store keeps them."""
    return delete_old_events(now=clock.now())
