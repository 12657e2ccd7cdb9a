"""The last days as the plan would have seen them: departures of before it was there, for volumes on day one and for a replay.

Read in slices of a few customers who did something in that time, of each their last events, orders and baskets: a bound on what is in
memory, whoever they are. Running it again adds nothing, because a visit is noted once.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from campaigns.models import Departure, RecoveryReplay
from campaigns.recovery.deciding import departure_row
from campaigns.recovery.departing import departures_of, stages_of_store
from campaigns.recovery.lately import forget_cells
from campaigns.recovery.looking import READ_AT_ONCE, baskets_of, look_at
from campaigns.recovery.noticing import note_bought
from campaigns.recovery.rules.behaviour import ACTS
from retention.kit.words import Phrase, gettext_noop
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import require_store_id

SLICE = READ_AT_ONCE
ROWS_AT_ONCE = 500
# Each part begins after the last slice and ends with this one, in the order of an index: what was read before is not read again.
_PEOPLE = """
    SELECT customer_id FROM (
        (SELECT DISTINCT customer_id FROM customers_customerevent
        WHERE store_id = (SELECT %(store)s::bigint) AND kind IN ('page', 'screen') AND customer_id > %(after)s AND refusal = ''
            AND occurred_at > %(since)s AND occurred_at <= %(until)s
            AND NOT EXISTS (
                SELECT 1 FROM campaigns_recoverywatch AS about
                WHERE about.store_id = (SELECT %(store)s::bigint) AND about.customer_id = customers_customerevent.customer_id
            )
        ORDER BY customer_id LIMIT %(limit)s)
        UNION
        (SELECT DISTINCT customer_id FROM customers_customerevent
        WHERE store_id = (SELECT %(store)s::bigint) AND kind = 'track' AND customer_id > %(after)s AND refusal = ''
            AND name = ANY(%(names)s) AND occurred_at > %(since)s AND occurred_at <= %(until)s
            AND NOT EXISTS (
                SELECT 1 FROM campaigns_recoverywatch AS about
                WHERE about.store_id = (SELECT %(store)s::bigint) AND about.customer_id = customers_customerevent.customer_id
            )
        ORDER BY customer_id LIMIT %(limit)s)
    ) AS person
    ORDER BY customer_id LIMIT %(limit)s
"""


WORK = "recovery_past"
A_TURN = 500
MOST_DAYS = 90
AGAIN_AFTER = timedelta(days=1)
FRESH = timedelta(hours=2)
"""What ended since then is left to `noticing.py`: it may still let somebody in."""


def begin(*, days: int, now: datetime) -> RecoveryReplay:
    """Ask for the last days of the active store to be counted; what is being counted begins anew."""
    replay: RecoveryReplay
    replay, _made = RecoveryReplay.objects.update_or_create(
        store_id=require_store_id(), defaults={"days": days, "reached": 0, "people_count": 0, "asked_at": now, "finished_at": None}
    )
    StoreWork.ring(WORK, store_id=require_store_id(), due_at=now)
    return replay


def replay_refusal(*, now: datetime) -> Phrase | None:
    """Return why the past is not counted again now: it is being counted, or it was asked for within a day. None when it may be."""
    last = RecoveryReplay.objects.filter(days=MOST_DAYS).first()
    if RecoveryReplay.objects.filter(finished_at=None).exists():
        return Phrase(gettext_noop("The past is being counted already."))
    if last is not None and now - last.asked_at < AGAIN_AFTER:
        return Phrase(gettext_noop("The past was counted today. It can be counted once a day."))
    return None


def go_on(*, now: datetime) -> datetime | None:
    """Count some more people of the active store, and return when to go on; None when it is done."""
    replay = RecoveryReplay.objects.filter(finished_at=None).first()
    if replay is None:
        return None
    reached, count = look_back(days=replay.days, after=replay.reached, most=A_TURN, now=now)
    over = reached is None
    unchanged = RecoveryReplay.objects.filter(pk=replay.pk, asked_at=replay.asked_at)
    unchanged.update(reached=reached or replay.reached, people_count=F("people_count") + count, finished_at=now if over else None)
    if over:
        forget_cells(currency=Store.objects.values_list("currency", flat=True).get(pk=require_store_id()))
    return None if over else now


def look_back(*, days: int, after: int = 0, most: int = 1000, now: datetime) -> tuple[int | None, int]:
    """Note the departures of the last days of up to `most` people, beginning after one customer's id.

    Return the last one's id, to go on after, None when nobody is left; and how many people there were. Nothing is sent: it is the past.
    """
    since = now - timedelta(days=days)
    values: dict[str, Any] = {"store": require_store_id(), "since": since, "until": now, "names": list(ACTS), "after": after, "limit": most}
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, values)
        ids = [customer_id for (customer_id,) in cursor.fetchall()]
    for start in range(0, len(ids), SLICE):
        _note(ids[start : start + SLICE], since=since, now=now)
    return ids[-1] if len(ids) == most else None, len(ids)


def _note(customer_ids: list[int], *, since: datetime, now: datetime) -> None:
    stages, rows = stages_of_store()
    currency = Store.objects.values_list("currency", flat=True).get(pk=require_store_id())
    with transaction.atomic():
        people = look_at(customer_ids, now=now, since=since)
        baskets = baskets_of(customer_ids, since=since - timedelta(days=14))
        found = [
            departure_row(left, rows.get(left.stage.key) if left.stage else None, now=now)
            for seen in people
            for left in departures_of(seen, stages, baskets.get(seen.customer.pk, []), since=since, currency=currency, now=now - FRESH)
        ]
        Departure.objects.bulk_create(found, batch_size=ROWS_AT_ONCE, ignore_conflicts=True)
        note_bought(set(customer_ids), now=now, since=since)
