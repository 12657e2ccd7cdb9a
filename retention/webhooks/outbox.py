"""Saying what happened, in the transaction of its cause: rooms above call `announce`, `announce_many`, `tell_each`, and nothing else here.

A store without an endpoint pays one indexed look per batch, and none at all where the caller asks `wanted_types` first and has nothing
to build.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Value
from django.db.models.functions import Coalesce

from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id
from retention.webhooks.models import Endpoint, OutgoingEvent, WebhookAttempt, WebhookDelivery

KIND = "webhooks"


@dataclass(frozen=True)
class News:
    """One thing that happened. data: plain JSON values, as the API shows them. about: the public id of the customer it speaks of."""

    type: str
    data: Mapping[str, Any]
    about: UUID | None = None
    occurred_at: datetime | None = None


def wanted_types() -> frozenset[str]:
    """Return the types that any endpoint of the active store chose; ask once per batch before building what they carry."""
    chosen: Iterable[list[str]] = Endpoint.objects.values_list("types", flat=True)
    return frozenset(kind for types in chosen for kind in types)


def announce(kind: str, data: Mapping[str, Any], *, now: datetime, about: UUID | None = None) -> bool:
    """Write down that this is to be told, in the caller's transaction; False when no endpoint wants it."""
    return bool(announce_many([News(kind, data, about)], now=now))


def announce_many(news: Sequence[News], *, now: datetime) -> int:
    """Write down many things in one statement, in the caller's transaction; return how many some endpoint wants."""
    wanted = wanted_types() if news else frozenset()
    rows = [
        OutgoingEvent(type=one.type, data=dict(one.data), about=one.about, occurred_at=one.occurred_at or now, created_at=now)
        for one in news
        if one.type in wanted
    ]
    if rows:
        OutgoingEvent.objects.bulk_create(rows)
        StoreWork.ring(KIND, store_id=require_store_id(), due_at=now)
    return len(rows)


def tell_each(told: Sequence[tuple[int, News]], *, now: datetime) -> int:
    """Write down things that are each for one endpoint, by its id, whatever types it chose; in the caller's transaction."""
    if not told:
        return 0
    store_id = require_store_id()
    moments = {"created_at": now, "fanned_at": now}
    events = [
        OutgoingEvent(type=one.type, data=dict(one.data), about=one.about, occurred_at=one.occurred_at or now, **moments)
        for _endpoint_id, one in told
    ]
    OutgoingEvent.objects.bulk_create(events)
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint_id=endpoint_id, event=event, due_at=now, created_at=now)
        for (endpoint_id, _news), event in zip(told, events, strict=True)
    )
    StoreWork.ring(KIND, store_id=store_id, due_at=now)
    return len(events)


def forget(customers: Iterable[UUID], *, now: datetime) -> None:
    """Take erased people out of what was told and what waits to be told; the ids stay, the rest of `data` and all answers go.

    Call it in the transaction that erases them, before `customer.erased` is announced.
    """
    events = OutgoingEvent.objects.filter(about__in=list(customers))
    deliveries = WebhookDelivery.objects.filter(event__in=events)
    WebhookAttempt.objects.filter(delivery__in=deliveries).update(answer="")
    deliveries.filter(state__in=["ready", "failed"]).delete()
    deliveries.update(answer="")
    events.update(data={"erased": True}, fanned_at=Coalesce("fanned_at", Value(now)))
