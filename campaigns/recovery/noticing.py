"""Who left: people are looked at half an hour after the last thing they did, and a live cell lets them into its journey.

Whoever is looked at is locked by their row in `RecoveryWatch`, and everything about them is written in one transaction: a worker that dies
leaves the row, and the next one does the same again. Messages are the journey engine's; here it is only decided who enters.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Min

from campaigns.models import RecoveryCell, RecoveryStage, RecoveryWatch
from campaigns.recovery.deciding import LATE, decide
from campaigns.recovery.departing import Left, departures_of, stages_of_store
from campaigns.recovery.looking import baskets_of, look_at
from campaigns.recovery.rules.behaviour import still_moving
from retention.kit.logs import breakage
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import require_store_id
from segments.rules.visits import SILENCE

log = logging.getLogger(__name__)
WORK = "recovery"
SLICE = 100
BOUGHT_WITHIN = timedelta(days=7)
# The last thing each of them did, by the index of their timeline; whoever was looked at since then is left alone.
_WATCH = """
    INSERT INTO campaigns_recoverywatch (store_id, customer_id, look_at)
    SELECT %(store)s, who.id, last.occurred_at + %(silence)s
    FROM unnest(%(customers)s::bigint[]) AS who(id) CROSS JOIN LATERAL (
        SELECT occurred_at FROM customers_customerevent
        WHERE store_id = (SELECT %(store)s::bigint) AND customer_id = who.id AND occurred_at > %(since)s AND received_at > %(since)s
            AND kind IN ('track', 'page', 'screen') AND NOT backfill AND refusal = '' AND projected_at IS NOT NULL
        ORDER BY occurred_at DESC, id DESC LIMIT 1
    ) AS last
    WHERE NOT EXISTS (
        SELECT 1 FROM campaigns_departure AS gone
        WHERE gone.store_id = (SELECT %(store)s::bigint) AND gone.customer_id = who.id AND gone.left_at >= last.occurred_at
    )
    ORDER BY who.id
    ON CONFLICT (store_id, customer_id) DO UPDATE SET look_at = greatest(campaigns_recoverywatch.look_at, excluded.look_at)
    RETURNING look_at
"""
_LATER = """
    INSERT INTO campaigns_recoverywatch (store_id, customer_id, look_at)
    SELECT %s, customer_id, look_at FROM unnest(%s::bigint[], %s::timestamptz[]) AS moved(customer_id, look_at) ORDER BY customer_id
    ON CONFLICT (store_id, customer_id) DO UPDATE SET look_at = greatest(campaigns_recoverywatch.look_at, excluded.look_at)
"""
# The first order that still counts; a departure whose order was called off or never paid, and that no other followed, is open again.
_BOUGHT = """
    UPDATE campaigns_departure AS gone SET bought_at = bought.placed_at, order_minor = bought.total_minor
    FROM (
        SELECT DISTINCT ON (left_one.id) left_one.id, placed.placed_at,
            CASE WHEN placed.currency = %(currency)s THEN placed.total_minor END AS total_minor
        FROM campaigns_departure AS left_one
        LEFT JOIN orders_order AS placed ON placed.store_id = left_one.store_id AND placed.customer_id = left_one.customer_id
            AND placed.placed_at >= left_one.began_at AND placed.placed_at < left_one.left_at + %(within)s
            AND placed.cancelled_at IS NULL AND placed.payment_state <> 'voided'
        WHERE left_one.store_id = %(store)s AND left_one.customer_id = ANY(%(customers)s) AND left_one.left_at > %(since)s
        ORDER BY left_one.id, placed.placed_at, placed.id
    ) AS bought
    WHERE gone.store_id = %(store)s AND gone.id = bought.id
        AND (gone.bought_at, gone.order_minor) IS DISTINCT FROM (bought.placed_at, bought.total_minor)
"""


def hear(customer_ids: Sequence[int], now: datetime) -> None:
    """Note who moves, to look at them when they have been quiet for half an hour; and who of those that left has bought.

    Called in the transaction in which the journeys read the news, so nobody is forgotten. A store without a plan is left alone.
    """
    if not RecoveryStage.objects.exists():
        return
    store_id, people = require_store_id(), list(customer_ids)
    values: dict[str, Any] = {"store": store_id, "customers": people, "silence": SILENCE, "since": now - LATE - SILENCE}
    with connection.cursor() as cursor:
        cursor.execute(_WATCH, values)
        moments = [look_at for (look_at,) in cursor.fetchall()]
    if moments:
        StoreWork.ring(WORK, store_id=store_id, due_at=min(moments))
    note_bought(people, now=now)


def note_bought(customer_ids: Collection[int], *, now: datetime, since: datetime | None = None) -> None:
    """Write down which departures of these customers were followed by an order within seven days, on whatever device, as it stands now.

    Amounts are noted in the store's currency only. since: of which departures, two weeks ago when it is not told.
    """
    if not customer_ids:
        return
    values: dict[str, Any] = {
        "store": require_store_id(),
        "customers": list(customer_ids),
        "currency": Store.objects.values_list("currency", flat=True).get(pk=require_store_id()),
        "within": BOUGHT_WITHIN,
        "since": since or now - 2 * BOUGHT_WITHIN,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BOUGHT, values)


def notice_due(*, now: datetime) -> int:
    """Look at up to a hundred people of the active store who may have left, and return how many were looked at."""
    with transaction.atomic():
        due = RecoveryWatch.objects.filter(look_at__lte=now).order_by("look_at", "id")
        watched = list(due.select_for_update(skip_locked=True)[:SLICE])
        if watched:
            moving = _notice_all([one.customer_id for one in watched], now=now)
            RecoveryWatch.objects.filter(pk__in=[one.pk for one in watched if one.customer_id not in moving]).delete()
            _look_later(moving)
    return len(watched)


def _notice_all(customer_ids: Sequence[int], *, now: datetime) -> dict[int, datetime]:
    """Do `_notice` for these people; one of whom what they did cannot be stored is left out, and stops nobody else."""
    try:
        with transaction.atomic():
            return _notice(customer_ids, now=now)
    except OperationalError:
        raise  # the database is busy or away: the same again later
    except Exception as error:
        _log(error, "recovery: %d people could not be looked at together, store %d", len(customer_ids))
    moving: dict[int, datetime] = {}
    for customer_id in customer_ids:
        try:
            with transaction.atomic():
                moving |= _notice([customer_id], now=now)
        except OperationalError:
            raise
        except Exception as error:
            _log(error, "recovery: customer %d is left out, store %d", customer_id)
    return moving


def _log(error: Exception, text: str, number: int) -> None:
    """Say where it broke, and not the error's own words, which may quote a row."""
    log.error(text, number, require_store_id(), extra=breakage(error))


def _notice(customer_ids: Sequence[int], *, now: datetime) -> dict[int, datetime]:
    """Write down and decide the departures of these people; return who still moves, with when to look again."""
    people = look_at(customer_ids, now=now)
    stages, rows = stages_of_store()
    baskets = baskets_of(customer_ids, since=now - timedelta(days=14))
    currency = Store.objects.values_list("currency", flat=True).get(pk=require_store_id())
    moving: dict[int, datetime] = {}
    found: list[Left] = []
    for seen in people:
        last = seen.visits[-1] if seen.visits else None
        if last is not None and still_moving(last.moments, now=now):
            moving[seen.customer.pk] = last.left_at + SILENCE
            continue
        mine = baskets.get(seen.customer.pk, [])
        found += departures_of(seen, stages, mine, since=now - LATE - SILENCE, currency=currency, now=now)
    decide(found, rows=rows, cells=_cells(), now=now)
    note_bought({left.seen.customer.pk for left in found}, now=now)
    return moving


def _cells() -> dict[tuple[str, str], RecoveryCell]:
    return {(str(cell.stage_id), cell.group): cell for cell in RecoveryCell.objects.select_related("journey")}


def _look_later(moving: dict[int, datetime]) -> None:
    if moving:
        with connection.cursor() as cursor:
            cursor.execute(_LATER, [require_store_id(), list(moving), list(moving.values())])


def next_look(*, now: datetime) -> datetime | None:
    """Return when somebody of the active store is to be looked at again, or None when nobody is about."""
    first: datetime | None = RecoveryWatch.objects.aggregate(first=Min("look_at"))["first"]
    return first
