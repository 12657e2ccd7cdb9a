"""One batch of stored events becomes state, in one transaction and a fixed number of statements.

Repeats, shuffles and late arrivals end in the same state: names are unique, later words win by the moment they were said,
order numbers count once, and baskets are read again from the events when something arrives late. An event that cannot be applied is
found by halving and refused alone, so that it holds nobody up.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction

from retention.catalog.saving import note_seen, unknown_products
from retention.customers.announcing import announce_changes, newest_customer
from retention.customers.changes import CONSENT, EVERYTHING, SEEN, of_event
from retention.customers.consent import record_consents
from retention.customers.counting import count_events
from retention.customers.events import OWN_NAMES, tell_readers
from retention.customers.identifying import identify
from retention.customers.models import CustomerEvent
from retention.customers.profile import apply_traits
from retention.intake.projecting.ordering import Lived, apply_orders
from retention.intake.projecting.reading import claim_of, consents_of, counted_name, product_id_of, product_of, told_by
from retention.intake.projecting.waiting import Waiting, read_waiting
from retention.kit.arrays import array_of, arrays_of
from retention.kit.locks import try_transaction_lock
from retention.kit.logs import breakage
from retention.kit.memory import collecting_afterwards
from retention.stores.models import Store
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import find_by_keys, know_month, said_to_be_few

BATCH = 2000
NAME_IS_OURS = "Only Boomerang itself says this. Choose another name for your event."
NOT_APPLIED = "Nothing of this event could be counted, because of what it says (%s). Send it corrected, with another messageId."

log = logging.getLogger("boomerang.intake")
# What an event's own words can make the database and our reading raise. A database that is away, busy or not migrated is not among it.
_BY_ITS_WORDS = (DataError, IntegrityError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)

# The moment of arrival leads to the event's month; by the id alone every month would be searched.
_ASSIGN = f"""
    UPDATE customers_customerevent AS event SET customer_id = found.customer_id, projected_at = %s
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[]) AS found(id, received_at, customer_id)
    WHERE event.store_id = (SELECT %s::bigint) AND event.id = found.id AND event.received_at = found.received_at
        AND {said_to_be_few("found.id")}
"""  # noqa: S608 - the condition above
# By the id alone: an older event, which counts only now, may turn out to be unreadable.
_REFUSE = f"""
    UPDATE customers_customerevent AS event SET refusal = found.refusal
    FROM unnest(%s::bigint[], %s::text[]) AS found(id, refusal)
    WHERE event.store_id = (SELECT %s::bigint) AND event.id = found.id AND {said_to_be_few("found.id")}
"""  # noqa: S608 - the condition above
_SEEN = f"""
    UPDATE customers_customer AS customer
    SET last_seen_at = greatest(customer.last_seen_at, seen.last_at), created_at = least(customer.created_at, seen.first_at)
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS seen(id, first_at, last_at)
    WHERE customer.store_id = (SELECT %s::bigint) AND customer.id = seen.id AND {said_to_be_few("seen.id")}
      AND (customer.last_seen_at IS NULL OR customer.last_seen_at < seen.last_at OR customer.created_at > seen.first_at)
"""  # noqa: S608 - the condition above


def project_batch(*, now: datetime, size: int = BATCH, again: bool = True) -> int:
    """Apply the oldest events of the active store that wait; return how many, 0 when none does or another worker is at it.

    An event that cannot be applied gets its refusal and counts among them. again: it is tried once more first, because another writer
    may have been faster at the same row. Call it outside a transaction.
    """
    store_id, events = require_store_id(), list[Waiting]()
    try:
        with collecting_afterwards(), transaction.atomic():
            if not try_transaction_lock("project", store_id=store_id):
                return 0
            find_by_keys()
            events += read_waiting(size)
            know_month(CustomerEvent, moment=now, met=len(events))
            if events:
                _apply(events, currency=Store.objects.values_list("currency", flat=True).get(pk=store_id), now=now)
    except _BY_ITS_WORDS as error:
        if not events:
            raise
        if len(events) > 1:
            half = len(events) // 2
            return project_batch(now=now, size=half) + project_batch(now=now, size=len(events) - half)
        if again:
            return project_batch(now=now, size=1, again=False)
        _give_up(events[0], error, now=now)
    return len(events)


def _give_up(event: Waiting, error: Exception, *, now: datetime) -> None:
    """Refuse the one event that cannot be applied; where it broke is logged, and not what it says, which the error's text may quote."""
    log.error("one event could not be applied", extra={"event": event.pk, **breakage(error)})
    waiting = CustomerEvent.objects.unprojected().filter(pk=event.pk, received_at=event.received_at)
    waiting.update(projected_at=now, refusal=NOT_APPLIED % type(error).__name__)


def _apply(events: Sequence[Waiting], *, currency: str, now: datetime) -> None:
    newest_before = newest_customer()
    newcomers: list[int] = []
    claims = [claim_of(event) for event in events]
    customer_ids = identify(claims, now=now, newcomers=newcomers)
    lived = [Lived(event, customer_id) for event, customer_id in zip(events, customer_ids, strict=True)]
    ids, arrived = array_of([event.pk for event in events]), array_of([event.received_at for event in events])
    _run(_ASSIGN, now, ids, arrived, array_of(customer_ids))
    _note_seen(lived)
    changed = {one.customer_id: set(SEEN) for one in lived}
    telling = [one for one, claim in zip(lived, claims, strict=True) if claim.email or one.event.kind == "identify"]
    _add(changed, apply_traits([told_by(one.event, customer_id=one.customer_id) for one in telling]))
    refusals, consenting = _apply_consents(lived, now=now)
    _add(changed, {customer_id: {CONSENT} for customer_id in consenting})
    refused, ordering = apply_orders(lived, currency=currency, now=now)
    _add(changed, ordering)
    refusals |= refused | {event.pk: NAME_IS_OURS for event in events if event.name in OWN_NAMES}
    if refusals:
        _run(_REFUSE, list(refusals), list(refusals.values()))
    counted = [one for one in lived if one.event.pk not in refusals]
    named = [(one, name) for one in counted if (name := counted_name(one.event))]
    from_browsers = {name for _, name in named} - {name for one, name in named if one.event.trusted}
    count_events(((one.customer_id, name, one.event.occurred_at) for one, name in named), now=now, from_browsers=from_browsers)
    products = {shop_id: one.event for one in counted if (shop_id := product_id_of(one.event))}
    note_seen([product_of(products[shop_id]) for shop_id in unknown_products(products)], now=now)
    for one, name in named:
        changed[one.customer_id].add(of_event(name))
    living = {one.customer_id for one in lived if not one.event.backfill}
    changed |= {customer_id: {EVERYTHING} for customer_id in changed.keys() & set(newcomers)}
    announce_changes(living, newest_before=newest_before, now=now)
    tell_readers(changed, now=now, living=living)


def _add(changed: dict[int, set[str]], more: Mapping[int, set[str]]) -> None:
    for customer_id, about in more.items():
        changed.setdefault(customer_id, set()).update(about)


def _apply_consents(lived: Iterable[Lived], *, now: datetime) -> tuple[dict[int, str], set[int]]:
    """Record what people said about channels; return refusals by event id, and who said something."""
    found = [(one.event.pk, *consents_of(one.event, customer_id=one.customer_id)) for one in lived if one.event.kind == "identify"]
    words = [word for _, said, _ in found for word in said]
    record_consents(words, now=now)
    return {event_id: refusal for event_id, _, refusal in found if refusal}, {word.customer_id for word in words}


def _note_seen(lived: Iterable[Lived]) -> None:
    """Note when people were seen first, and last: to the minute, or each step through a shop would write the widest row there is again."""
    first: dict[int, datetime] = {}
    last: dict[int, datetime] = {}
    for one in lived:
        moment = one.event.occurred_at
        _keep_earliest(first, one.customer_id, moment)
        minute = moment.replace(second=0, microsecond=0)
        last[one.customer_id] = max(last.get(one.customer_id, minute), minute)
    _run(_SEEN, *arrays_of((person, first[person], last[person]) for person in sorted(first)))


def _keep_earliest(moments: dict[int, datetime], customer_id: int, moment: datetime) -> None:
    moments[customer_id] = min(moments.get(customer_id, moment), moment)


def _run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, require_store_id()])
