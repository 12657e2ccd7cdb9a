"""A visitor on a page of the shop: which message waits for them, and that they saw it or put it away."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from campaigns.models import Campaign, Journey, OnsiteMessage
from campaigns.sending.receipts import note_delivered, origins_of
from retention.customers.events import record
from retention.customers.identifying import BASKET_COUNTS_SQL, unreserved
from retention.tenancy.context import require_store_id

CLOSED = "On-site Closed"
MOST_LOOKED_AT = 20
_SILENT = (Campaign.State.PAUSED, Campaign.State.CANCELLED, Campaign.State.ARCHIVED)
# Whose browser it is, where its word counts: what waits for somebody the shop's server knows is not shown to whoever types their address.
_VISITOR = f"""
    SELECT event.customer_id FROM (
        SELECT store_id, customer_id, value AS anonymous_id, false AS trusted FROM customers_identity
        WHERE store_id = %s AND kind = 'anonymous' AND value = %s
    ) AS event WHERE {BASKET_COUNTS_SQL}
"""  # noqa: S608 - a fragment of ours


@dataclass(frozen=True)
class Waiting:
    """What a page shows: the message's public id, and its content as the snippet reads it."""

    id: UUID
    content: dict[str, Any]


def visitor(anonymous_id: str) -> int | None:
    """Return the customer of the active store whose browser this is; None for nobody, and where its word does not count."""
    with connection.cursor() as cursor:
        cursor.execute(_VISITOR, [require_store_id(), unreserved(anonymous_id)])
        row = cursor.fetchone()
    return int(row[0]) if row else None


def waiting_for(customer_id: int, *, now: datetime) -> Waiting | None:
    """Return the oldest message that may be shown now: not closed, not clicked, not shown too lately. Changes nothing.

    What a journey or campaign keeps here is silent while that is paused, and for good once it was called off or put away.
    """
    rows = OnsiteMessage.objects.filter(
        customer_id=customer_id, closed_at=None, until__gt=now, message__clicked_at=None, message__clicks=None
    )
    quiet = Journey.objects.exclude(state=Journey.State.LIVE).values("pk")
    rows = rows.exclude(message__source_kind="journey", message__source_id__in=quiet)
    silent = Campaign.objects.filter(state__in=_SILENT).values("pk")
    rows = rows.exclude(message__source_kind="campaign", message__source_id__in=silent)
    for row in rows.select_related("message").order_by("kept_at", "id")[:MOST_LOOKED_AT]:
        if row.shown_at is None or (row.every_days and row.shown_at + timedelta(days=row.every_days) <= now):
            return Waiting(row.message.public_id, row.content)
    return None


def note_shown(customer_id: int, message: UUID, *, now: datetime) -> bool:
    """Note that a message was seen; False when none of this person's. The first time is an event."""
    with transaction.atomic():
        row = _of(customer_id, message)
        if row is None:
            return False
        OnsiteMessage.objects.filter(pk=row.pk).update(shown_at=now)
        note_delivered([row.message_id], now=now)
    return True


def note_closed(customer_id: int, message: UUID, *, now: datetime) -> bool:
    """Note that a person put a message away: it never comes again. False when there was nothing to put away."""
    with transaction.atomic():
        row = _of(customer_id, message)
        if row is None or row.closed_at is not None:
            return False
        OnsiteMessage.objects.filter(pk=row.pk).update(closed_at=now)
        about = {"message_id": row.message_id, "channel": "onsite"} | origins_of([row.message_id]).get(row.message_id, {})
        record(customer_id, name=CLOSED, now=now, properties=about)
    return True


def _of(customer_id: int, message: UUID) -> OnsiteMessage | None:
    rows = OnsiteMessage.objects.select_for_update(of=("self",)).filter(customer_id=customer_id, message__public_id=message)
    found: OnsiteMessage | None = rows.first()
    return found
