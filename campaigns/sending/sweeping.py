"""What nobody finished: leases that ran out become `unknown` or wait for a repeat that is recognised, forgotten work is announced again.

Any process may run this, as often as it likes. Source: reliability guide 2.3, point 7.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.channels import CHANNELS
from campaigns.coupons import drawing
from campaigns.models import Message
from campaigns.sending import doubts
from campaigns.sending.recording import MOST_ATTEMPTS
from campaigns.sending.tracing import KEPT, forget_old
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few
from retention.tenancy.unscoped import unscoped

FORGOTTEN_AFTER = timedelta(seconds=60)

LANDED_AFTER = timedelta(minutes=10)
"""How long a flight nobody ended is kept at least: longer than any slice takes."""

# What of a flight is being sent by nobody any more. OFFSET 0: each message is looked up by its key.
_LATE = """CROSS JOIN LATERAL unnest(flight.message_ids) AS of(id) CROSS JOIN LATERAL (
        SELECT id FROM campaigns_message
        WHERE store_id = flight.store_id AND id = of.id AND state = 'sending' AND lease_until < clock_timestamp() OFFSET 0
    ) AS late"""
_EXPIRED = """
    WITH late AS MATERIALIZED (SELECT late.id FROM campaigns_flight AS flight [[late]] WHERE flight.store_id = %(store)s),
    picked AS MATERIALIZED (
        SELECT id, provider_key <> '' AND first_attempt_at > %(recognised)s AND attempts < %(most)s AS again
        FROM campaigns_message
        WHERE store_id = %(store)s AND id = ANY(ARRAY(SELECT id FROM late)) AND state = 'sending' AND lease_until < clock_timestamp()
        ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED
    )
    UPDATE campaigns_message AS m SET
        state = CASE WHEN picked.again THEN 'ready' ELSE 'unknown' END, reason = 'worker_lost', holder = NULL, lease_until = NULL,
        due_at = CASE WHEN picked.again THEN %(again_at)s ELSE m.due_at END,
        finished_at = CASE WHEN picked.again THEN NULL ELSE %(now)s END
    FROM picked WHERE m.store_id = %(store)s AND m.id = picked.id AND [[few]]
    RETURNING m.state
""".replace("[[late]]", _LATE).replace("[[few]]", said_to_be_few("picked.id"))
# A sender that gave everything back took its flight along; here it was killed, or could not write down how something ended.
_LAND = """
    DELETE FROM campaigns_flight AS flight WHERE flight.store_id = %s AND flight.begun_at < %s AND NOT EXISTS (
        SELECT FROM unnest(flight.message_ids) AS of(id) CROSS JOIN LATERAL (
            SELECT FROM campaigns_message WHERE store_id = flight.store_id AND id = of.id AND holder = flight.holder OFFSET 0
        ) AS still
    )
"""
# Decisions and messages are many and only a store's oldest matter: one look into its index each, where a plain condition would read all.
_UNFINISHED = """
    SELECT flight.store_id FROM campaigns_flight AS flight [[late]]
    UNION SELECT store_id FROM campaigns_flight WHERE begun_at < %s
    UNION SELECT store_id FROM campaigns_click WHERE noted_at IS NULL
    UNION SELECT store_id FROM campaigns_opening WHERE noted_at IS NULL
    UNION SELECT id FROM stores_store AS store WHERE EXISTS (
        SELECT 1 FROM campaigns_message WHERE store_id = store.id AND is_ready AND channel = ANY(%s) AND due_at <= %s
    )
    UNION SELECT store_id FROM campaigns_coupon WHERE drawn_at IS NULL AND kept_at <= %s
    UNION SELECT id FROM stores_store AS store WHERE EXISTS (
        SELECT 1 FROM campaigns_decision WHERE store_id = store.id AND last_at < %s
    )
""".replace("[[late]]", _LATE)


def stores_to_sweep(*, now: datetime) -> list[int]:
    """Return the stores with something unfinished, in one look across all of them."""
    with unscoped(reason="sweep messages, clicks and openings"), connection.cursor() as cursor:
        cursor.execute(
            _UNFINISHED, [now - LANDED_AFTER, list(CHANNELS.keys()), now - FORGOTTEN_AFTER, now - drawing.FORGOTTEN_AFTER, now - KEPT]
        )
        return [store_id for (store_id,) in cursor.fetchall()]


def sweep_store(*, now: datetime) -> int:
    """Settle one store's expired leases and return how many there were.

    Coupons kept for nothing go back to their pool, and old decisions leave.

    Each of them may have been sent. Where the provider recognises a repeat it is made again soon; everywhere else it is unknown.
    """
    drawing.put_back_forgotten(now=now)
    forget_old(now=now)
    store_id, again_at = require_store_id(), now + doubts.REPEAT_AFTER
    values: dict[str, Any] = {
        "store": store_id,
        "now": now,
        "again_at": again_at,
        "recognised": now - doubts.RECOGNISED_FOR,
        "most": MOST_ATTEMPTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED, values)
        states = [state for (state,) in cursor.fetchall()]
        cursor.execute(_LAND, [store_id, now - LANDED_AFTER])
    if "ready" in states:
        StoreWork.ring("dispatch", store_id=store_id, due_at=again_at)
    return len(states)


def announce_forgotten(store_id: int, *, now: datetime) -> None:
    """Ring again for messages that are due for a while and that no hint speaks of any more; not for those of what does not run.

    Each ring would have all of these read, by whoever takes the turn and by those who lend it a hand, to find nothing.
    """
    waiting: Any = Message.objects.filter(channel__in=CHANNELS.keys())
    first: datetime | None = waiting.next_due(now=now, rest=False)
    if first is not None and first <= now - FORGOTTEN_AFTER:
        StoreWork.ring("dispatch", store_id=store_id, due_at=now)
