"""What nobody finished: leases that ran out become `unknown` (never a second send), forgotten work is announced again.

Any process may run this, as often as it likes. Source: reliability guide 2.3, point 7.
"""

from datetime import datetime, timedelta

from django.db import connection

from campaigns.coupons import drawing
from campaigns.models import Message
from campaigns.sending.tracing import KEPT, forget_old
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id
from retention.tenancy.unscoped import unscoped

FORGOTTEN_AFTER = timedelta(seconds=60)

_EXPIRED = """
    WITH picked AS MATERIALIZED (
        SELECT id FROM campaigns_message WHERE store_id = %(store)s AND state = 'sending' AND lease_until < clock_timestamp()
        ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED
    )
    UPDATE campaigns_message AS m SET
        state = 'unknown', reason = 'worker_lost', holder = NULL, lease_until = NULL, finished_at = %(now)s
    FROM picked WHERE m.store_id = %(store)s AND m.id = picked.id
"""
# Decisions are many and only a store's oldest matter: one look into its index each, where a plain condition would read the whole of it.
_UNFINISHED = """
    SELECT store_id FROM campaigns_message WHERE state = 'sending' AND lease_until < clock_timestamp()
    UNION SELECT store_id FROM campaigns_click WHERE noted_at IS NULL
    UNION SELECT store_id FROM campaigns_opening WHERE noted_at IS NULL
    UNION SELECT store_id FROM campaigns_message WHERE state = 'ready' AND due_at <= %s
    UNION SELECT store_id FROM campaigns_coupon WHERE drawn_at IS NULL AND kept_at <= %s
    UNION SELECT id FROM stores_store AS store WHERE EXISTS (
        SELECT 1 FROM campaigns_decision WHERE store_id = store.id AND last_at < %s
    )
"""


def stores_to_sweep(*, now: datetime) -> list[int]:
    """Return the stores with something unfinished, in one look across all of them."""
    with unscoped(reason="sweep messages, clicks and openings"), connection.cursor() as cursor:
        cursor.execute(_UNFINISHED, [now - FORGOTTEN_AFTER, now - drawing.FORGOTTEN_AFTER, now - KEPT])
        return [store_id for (store_id,) in cursor.fetchall()]


def sweep_store(*, now: datetime) -> int:
    """Settle one store's expired leases and return how many there were.

    Coupons kept for nothing go back to their pool, and old decisions leave.

    Today's providers recognise no repeat, so every one of them may have been sent: unknown.
    """
    drawing.put_back_forgotten(now=now)
    forget_old(now=now)
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED, {"store": require_store_id(), "now": now})
        return int(cursor.rowcount)


def announce_forgotten(store_id: int, *, now: datetime) -> None:
    """Ring again for messages that are due for a while and that no hint speaks of any more."""
    if Message.objects.due(now - FORGOTTEN_AFTER).exists():
        StoreWork.ring("dispatch", store_id=store_id, due_at=now)
