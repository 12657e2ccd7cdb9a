"""Events through the product's own path: stored as the door stores them, and projected."""

from datetime import datetime
from typing import Any

from retention.customers.models import Identity
from retention.intake.projecting.running import project_store
from retention.intake.reading import Row, key_of
from retention.intake.storing import store_events
from retention.stores.models import Store


def happen(
    store: Store, who: str, told: list[str | dict[str, Any]], *, now: datetime, backfill: bool = False, **properties: Any
) -> list[int]:
    """Have a person do things (names of events) or tell things (traits) at a moment; return their id in a list."""
    rows = [row_of(store, who, one, now=now, backfill=backfill, properties=properties) for one in told]
    store_events(rows, now=now)
    project_store(store.pk, now=now)
    return list(Identity.objects.filter(kind="external", value=who).values_list("customer_id", flat=True))


def row_of(store: Store, who: str, one: str | dict[str, Any], *, now: datetime, backfill: bool, properties: dict[str, Any]) -> Row:
    """Return one event or trait as the door stores it."""
    is_event = isinstance(one, str)
    return Row(
        store_id=store.pk,
        key=key_of(None, by="api"),
        kind="track" if is_event else "identify",
        name=one if isinstance(one, str) else "Identify",
        anonymous_id="",
        external_id=who,
        properties=properties if isinstance(one, str) else one,
        context={},
        occurred_at=now,
        received_at=now,
        trusted=True,
        source="api",
        backfill=backfill,
    )
