"""One batch of stored events becomes state, in one transaction and a fixed number of statements.

Repeats, shuffles and late arrivals end in the same state: names are unique, later words win by the moment they were said,
order numbers count once, and baskets are read again from the events when something arrives late.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from retention.customers.consent import record_consents
from retention.customers.events import OWN_NAMES, tell_readers
from retention.customers.identifying import identify
from retention.customers.models import CustomerEvent
from retention.customers.profile import apply_traits
from retention.intake.projecting.reading import claim_of, consents_of, told_by
from retention.kit.locks import try_transaction_lock
from retention.orders.baskets import EVENTS as BASKET_EVENTS
from retention.orders.carting import update_carts
from retention.orders.idling import ring_for_idle
from retention.orders.placing import Report, place_orders
from retention.stores.models import Store
from retention.tenancy.context import require_store_id

BATCH = 1000
ORDER_COMPLETED = "Order Completed"
NAME_IS_OURS = "Only Boomerang itself says this. Choose another name for your event."
ORDER_FROM_BROWSER = "An order counts only when the shop's server sends it with a secret key."

_ASSIGN = """
    UPDATE customers_customerevent AS event SET customer_id = found.customer_id, projected_at = %s
    FROM unnest(%s::bigint[], %s::bigint[]) AS found(id, customer_id)
    WHERE event.store_id = %s AND event.id = found.id
"""
_REFUSE = """
    UPDATE customers_customerevent AS event SET refusal = found.refusal
    FROM unnest(%s::bigint[], %s::text[]) AS found(id, refusal)
    WHERE event.store_id = %s AND event.id = found.id
"""
_SEEN = """
    UPDATE customers_customer AS customer
    SET last_seen_at = greatest(customer.last_seen_at, seen.last_at), created_at = least(customer.created_at, seen.first_at)
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS seen(id, first_at, last_at)
    WHERE customer.store_id = %s AND customer.id = seen.id
      AND (customer.last_seen_at IS NULL OR customer.last_seen_at < seen.last_at OR customer.created_at > seen.first_at)
"""


@dataclass(frozen=True)
class _Lived:
    """An event and the customer who lived it."""

    event: CustomerEvent
    customer_id: int


def project_batch(*, now: datetime, size: int = BATCH) -> int:
    """Apply the oldest events of the active store that wait; return how many, 0 when none does or another worker is at it."""
    store_id = require_store_id()
    with transaction.atomic():
        if not try_transaction_lock("project", store_id=store_id):
            return 0
        events = list(CustomerEvent.objects.unprojected()[:size])
        if events:
            _apply(events, currency=Store.objects.values_list("currency", flat=True).get(pk=store_id), now=now)
    return len(events)


def _apply(events: Sequence[CustomerEvent], *, currency: str, now: datetime) -> None:
    customer_ids = identify([claim_of(event) for event in events], now=now)
    lived = [_Lived(event, customer_id) for event, customer_id in zip(events, customer_ids, strict=True)]
    _run(_ASSIGN, now, [event.pk for event in events], customer_ids)
    _note_seen(lived)
    apply_traits([told_by(one.event, customer_id=one.customer_id) for one in lived])
    refusals = _apply_consents(lived)
    refusals |= _apply_orders(lived, currency=currency)
    refusals |= {event.pk: NAME_IS_OURS for event in events if event.name in OWN_NAMES}
    if refusals:
        _run(_REFUSE, list(refusals), list(refusals.values()))
    tell_readers(customer_ids, now=now)


def _apply_consents(lived: Iterable[_Lived]) -> dict[int, str]:
    found = [(one.event.pk, *consents_of(one.event, customer_id=one.customer_id)) for one in lived]
    record_consents([word for _, said, _ in found for word in said])
    return {event_id: refusal for event_id, _, refusal in found if refusal}


def _apply_orders(lived: Sequence[_Lived], *, currency: str) -> dict[int, str]:
    """Place orders, then bring the baskets of everybody concerned up to date."""
    completed = [one for one in lived if one.event.kind == "track" and one.event.name == ORDER_COMPLETED]
    reports = [
        Report(one.event.pk, one.customer_id, one.event.properties, one.event.occurred_at, one.event.received_at)
        for one in completed
        if one.event.trusted
    ]
    placed, refusals = place_orders(reports, currency=currency)
    refusals |= {one.event.pk: ORDER_FROM_BROWSER for one in completed if not one.event.trusted}
    earliest: dict[int, datetime] = {}
    for one in lived:
        if one.event.kind == "track" and one.event.name in BASKET_EVENTS:
            _keep_earliest(earliest, one.customer_id, one.event.occurred_at)
    for report in placed:
        _keep_earliest(earliest, report.customer_id, report.placed_at)
    if earliest:
        refusals |= update_carts(earliest, currency=currency)
        ring_for_idle(earliest)
    return refusals


def _note_seen(lived: Iterable[_Lived]) -> None:
    first: dict[int, datetime] = {}
    last: dict[int, datetime] = {}
    for one in lived:
        moment = one.event.occurred_at
        _keep_earliest(first, one.customer_id, moment)
        last[one.customer_id] = max(last.get(one.customer_id, moment), moment)
    people = sorted(first)
    _run(_SEEN, people, [first[person] for person in people], [last[person] for person in people])


def _keep_earliest(moments: dict[int, datetime], customer_id: int, moment: datetime) -> None:
    moments[customer_id] = min(moments.get(customer_id, moment), moment)


def _run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, require_store_id()])
