"""Events as the door stores them, for tests that tell what a customer lived."""

import uuid
from datetime import UTC, datetime, timedelta

from retention.customers.models import CustomerEvent
from retention.intake.projecting.batching import project_batch

NOW = datetime(2026, 11, 20, 9, 12, tzinfo=UTC)


def event(minute: int, name: str, *, user: str = "", browser: str = "", kind: str = "track", trusted: bool = True, **properties):
    """Return an event as the door stores it; minute: after eight o'clock."""
    moment = datetime(2026, 11, 20, 8, 0, tzinfo=UTC) + timedelta(minutes=minute)
    return CustomerEvent(
        public_id=uuid.uuid4(),
        kind=kind,
        name=name,
        external_id=user,
        anonymous_id=browser,
        properties=properties,
        occurred_at=moment,
        received_at=NOW,
        trusted=trusted,
    )


def identify(minute: int, *, user: str = "", browser: str = "", trusted: bool = True, **traits):
    """Return an event that says who somebody is."""
    return event(minute, "Identify", user=user, browser=browser, kind="identify", trusted=trusted, **traits)


def take(events, *, size: int = 1000):
    """Store events in the given order and project them in batches."""
    CustomerEvent.objects.bulk_create(events)
    while project_batch(now=NOW, size=size):
        pass
