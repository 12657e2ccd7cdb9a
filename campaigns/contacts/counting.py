"""Counting what people got in the last weeks, once a day and when somebody looks: customer by customer, in bites that can stop and go on.

No page counts messages: a store may have sent millions. Every person's are found by the index of contacts.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from campaigns.contacts import worth
from campaigns.contacts.adding import DAYS, PERIODS, Counting, Got, add, empty
from campaigns.models import ContactCount
from campaigns.sending.budgets import budget_of_store
from campaigns.sending.pacing import zone_of
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import require_store_id

WORK = "contacts"
BITE = 2_000
BITES_A_TURN = 10
EVERY = timedelta(days=1)
RECKONED_EVERY = timedelta(hours=20)
FRESH = timedelta(minutes=15)
"""So old a count may be when somebody looks; an older one is made anew."""

# OFFSET 0: each person's by the index, whatever PostgreSQL knows yet of how many messages there are.
_GOT = """
    SELECT person.id, got.channel, got.source_kind, got.source_id, got.first_attempt_at, got.complained
    FROM (
        SELECT id FROM customers_customer WHERE store_id = %(store)s AND id > %(after)s ORDER BY id LIMIT %(limit)s
    ) AS person
    CROSS JOIN LATERAL (
        SELECT channel, source_kind, source_id, first_attempt_at, complained_at IS NOT NULL AS complained FROM campaigns_message
        WHERE store_id = %(store)s AND customer_id = person.id AND state IN ('sending', 'sent', 'unknown') AND stream = 'marketing'
            AND first_attempt_at > %(since)s
        OFFSET 0
    ) AS got
    ORDER BY person.id, got.first_attempt_at
"""
_LAST = """
    SELECT max(id), count(*) FROM (
        SELECT id FROM customers_customer WHERE store_id = %(store)s AND id > %(after)s ORDER BY id LIMIT %(limit)s
    ) AS person
"""
_REFUSED = """
    SELECT DISTINCT customer_id FROM customers_consent
    WHERE store_id = %(store)s AND customer_id = ANY(%(people)s::bigint[]) AND status = 'refused' AND changed_at > %(month)s
"""


def ask(*, now: datetime) -> ContactCount | None:
    """Return what was counted last, and have it counted anew when it is no longer fresh; None before the first time."""
    found: ContactCount | None = ContactCount.objects.first()
    stale = found is None or found.counted_at is None or found.counted_at < now - FRESH
    if stale and (found is None or found.begun_at is None):
        begin(now=now)
    elif stale:
        StoreWork.ring(WORK, store_id=require_store_id(), due_at=now)
    return found if found is not None and found.figures is not None else None


def begin(*, now: datetime) -> None:
    """Have what the people of the active store got counted from the beginning."""
    _begin(now=now)
    StoreWork.ring(WORK, store_id=require_store_id(), due_at=now)


def _begin(*, now: datetime) -> ContactCount:
    values = {"begun_at": now, "reached": 0, "gathering": empty()}
    made: ContactCount
    made, _new = ContactCount.objects.update_or_create(store_id=require_store_id(), defaults=values)
    return made


def ring_missing(*, now: datetime) -> None:
    """Have every store counted that never was; from then on its turns follow each other."""
    known = StoreWork.objects.filter(kind=WORK).values("store_id")
    for store_id in Store.objects.exclude(pk__in=known).values_list("pk", flat=True):
        StoreWork.ring(WORK, store_id=store_id, due_at=now)


def go_on(store: Store, *, now: datetime) -> datetime:
    """Count some more people of the active store and return when to go on. At the end, what messages are worth is reckoned too."""
    count = ContactCount.objects.first()
    if count is None or count.begun_at is None:
        count = _begin(now=now)
    for _bite in range(BITES_A_TURN):
        if _count_bite(count, store):
            _reckon(count, store, now=now)
            return now + EVERY
    return now


def _reckon(count: ContactCount, store: Store, *, now: datetime) -> None:
    """Reckon what messages are worth, once a day however often somebody looks."""
    if count.reckoned_at is None or count.reckoned_at <= now - RECKONED_EVERY:
        worth.reckon(currency=store.currency, now=now)
        ContactCount.objects.filter(pk=count.pk).update(reckoned_at=now)


def _count_bite(count: ContactCount, store: Store) -> bool:
    """Add one bite of people; say whether it was the last."""
    begun = count.begun_at
    if begun is None:  # somebody else came to the end
        return True
    caps = budget_of_store().together
    by = Counting(caps.per_day, caps.per_week, zone_of(store.zone), begun)
    values: dict[str, Any] = {
        "store": require_store_id(), "after": count.reached, "limit": BITE, "since": begun - timedelta(days=DAYS),
        "month": begun - timedelta(days=PERIODS[-1]),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_LAST, values)
        last, people = cursor.fetchone()
        cursor.execute(_GOT, values)
        got = [Got(*row) for row in cursor.fetchall()]
        cursor.execute(_REFUSED, values | {"people": sorted({one.customer_id for one in got})})
        refused = [customer_id for (customer_id,) in cursor.fetchall()]
    add(count.gathering, got, refused=refused, by=by)
    return _keep(count, reached=last or count.reached, over=people < BITE)


def _keep(count: ContactCount, *, reached: int, over: bool) -> bool:
    """Write down what was counted so far, unless it was begun anew meanwhile; say whether it is over."""
    with transaction.atomic():
        same = ContactCount.objects.select_for_update().filter(pk=count.pk, begun_at=count.begun_at, reached=count.reached)
        if not same.exists():
            return True
        if over:
            count.figures, count.counted_at, count.begun_at, count.gathering, reached = count.gathering, count.begun_at, None, {}, 0
        count.reached = reached
        count.save()
    return over
