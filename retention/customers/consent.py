"""May we write? The one gate that claim, reach preview and the customer's page ask (house rule 19), and the digests of blocked addresses.

Nobody else reads consents to decide whether something may leave. What a person said is written by `record_consents`.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection

from retention.customers.models import Suppression
from retention.kit.words import fold
from retention.tenancy.context import require_store_id

# For a row of customers_customer called `customer` in any query: whether its person allows this channel. Parameter: the channel.
# A suppressed address is a matter of the address and is asked with SUPPRESSED_SQL.
GATE_SQL = """EXISTS (
    SELECT 1 FROM customers_consent AS allowed
    WHERE allowed.store_id = customer.store_id AND allowed.customer_id = customer.id AND allowed.channel = %s AND allowed.status = 'granted'
)"""
# Parameters: the channel and the address's digest.
SUPPRESSED_SQL = """EXISTS (
    SELECT 1 FROM customers_suppression AS blocked
    WHERE blocked.store_id = customer.store_id AND blocked.channel = %s AND blocked.address_digest = %s
)"""
_MAY_WRITE = f"SELECT customer.id FROM customers_customer AS customer WHERE customer.store_id = %s AND customer.id = ANY(%s) AND {GATE_SQL}"  # noqa: S608
_RECORD = """
    INSERT INTO customers_consent (store_id, customer_id, channel, status, method, source, changed_at)
    SELECT DISTINCT ON (customer_id, channel) %s, customer_id, channel, status, method, source, changed_at
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
        AS said(customer_id, channel, status, method, source, changed_at)
    ORDER BY customer_id, channel, changed_at DESC, status = 'refused' DESC
    ON CONFLICT (store_id, customer_id, channel) DO UPDATE SET
        status = excluded.status, method = excluded.method, source = excluded.source, changed_at = excluded.changed_at
    WHERE (excluded.changed_at, excluded.status = 'refused') > (customers_consent.changed_at, customers_consent.status = 'refused')
"""


@dataclass(frozen=True)
class Said:
    """What a person said about one channel: granted, pending or refused."""

    customer_id: int
    channel: str
    status: str
    said_at: datetime
    method: str = ""
    source: str = ""


def record_consents(words: Sequence[Said]) -> None:
    """Write what people said; a later word replaces an earlier one, and at the same moment the "no" counts."""
    if not words:
        return
    columns = list(
        zip(*((one.customer_id, one.channel, one.status, one.method[:40], one.source[:120], one.said_at) for one in words), strict=True)
    )
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [require_store_id(), *map(list, columns)])


def may_write(customer_ids: Iterable[int], *, channel: str) -> set[int]:
    """Return which of these customers allow this channel."""
    with connection.cursor() as cursor:
        cursor.execute(_MAY_WRITE, [require_store_id(), list(customer_ids), channel])
        return {customer_id for (customer_id,) in cursor.fetchall()}


def address_digest(address: str) -> str:
    """Return the keyed digest of an address: it recognises the address again and cannot be turned back into it."""
    key = hashlib.sha256(b"retention.customers.suppression:" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, fold(address.strip()).encode(), hashlib.sha256).hexdigest()


def suppress(address: str, *, channel: str, reason: str, now: datetime) -> None:
    """Block an address of the active store for good; a second reason changes nothing."""
    Suppression.objects.bulk_create(
        [Suppression(channel=channel, address_digest=address_digest(address), reason=reason, created_at=now)], ignore_conflicts=True
    )


def is_suppressed(address: str, *, channel: str) -> bool:
    """Return whether an address is blocked on a channel."""
    return bool(Suppression.objects.filter(channel=channel, address_digest=address_digest(address)).exists())
