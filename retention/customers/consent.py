"""May we write? The one gate that claim, reach preview and the customer's page ask (house rule 19), and the digests of blocked addresses.

Nobody else reads consents to decide whether something may leave. What a person said is written by `record_consents`.
"""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from retention.customers.announcing import told_of_consents
from retention.customers.changes import CONSENT
from retention.customers.events import tell_readers
from retention.customers.models import ConsentRecord, Customer, Suppression
from retention.kit.arrays import array_of
from retention.kit.known import setting
from retention.kit.words import fold
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

# For a row of customers_customer called `customer` in any query: whether its person asked for a break that still holds.
PAUSED_SQL = "coalesce(customer.paused_until > clock_timestamp(), false)"
# For the same row: whether its person allows this channel, and is not on a break. Parameter: the channel.
# A suppressed address is a matter of the address and is asked with SUPPRESSED_SQL.
GATE_SQL = f"""(NOT {PAUSED_SQL} AND EXISTS (
    SELECT 1 FROM customers_consent AS allowed
    WHERE allowed.store_id = customer.store_id AND allowed.customer_id = customer.id AND allowed.channel = %s AND allowed.status = 'granted'
))"""  # noqa: S608 - a fragment of ours
# Parameters: the channel and the address's digest.
SUPPRESSED_SQL = """EXISTS (
    SELECT 1 FROM customers_suppression AS blocked
    WHERE blocked.store_id = customer.store_id AND blocked.channel = %s AND blocked.address_digest = %s
)"""
# The column of customers_customer that holds a channel's address, folded; a channel without one cannot be blocked.
ADDRESS_COLUMNS = {"email": "email_key", "sms": "phone"}
_PAGE = 20_000
_MAY_WRITE = f"""
    SELECT customer.id FROM unnest(%s::bigint[]) AS wanted(id)
    JOIN customers_customer AS customer ON customer.store_id = %s AND customer.id = wanted.id AND {said_to_be_few("wanted.id")}
    WHERE {GATE_SQL}
"""  # noqa: S608 - fragments of ours
_RECORD = """
    INSERT INTO customers_consent (store_id, customer_id, channel, status, method, source, text_version, changed_at)
    SELECT DISTINCT ON (customer_id, channel) %s, customer_id, channel, status, method, source, text_version, changed_at
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
        AS said(customer_id, channel, status, method, source, text_version, changed_at)
    ORDER BY customer_id, channel, changed_at DESC, status = 'refused' DESC
    ON CONFLICT (store_id, customer_id, channel) DO UPDATE SET
        status = excluded.status, method = excluded.method, source = excluded.source, text_version = excluded.text_version,
        changed_at = excluded.changed_at
    WHERE (excluded.changed_at, excluded.status = 'refused') > (customers_consent.changed_at, customers_consent.status = 'refused')
"""


@dataclass(frozen=True)
class Said:
    """What a person said about one channel: granted, pending or refused.

    text_version: of the words they agreed to. ip, user_agent, proof: what shows it; kept in the history only. backfill: it tells of the
    past and came with many others, so a merchant's own systems hear of it only where it changes an earlier word.
    """

    customer_id: int
    channel: str
    status: str
    said_at: datetime
    method: str = ""
    source: str = ""
    text_version: str = ""
    ip: str | None = None
    user_agent: str = ""
    proof: Mapping[str, Any] = field(default_factory=dict)
    backfill: bool = False


def record_consents(words: Sequence[Said], *, now: datetime) -> None:
    """Write what people said, as the history and as what holds now, and tell the merchant's own systems what changed.

    A later word replaces an earlier one, and at the same moment the "no" counts; the history keeps them all.
    """
    if not words:
        return
    rows = [
        (one.customer_id, one.channel, one.status, one.method[:40], one.source[:120], one.text_version[:40], one.said_at) for one in words
    ]
    past: dict[tuple[int, str], bool] = {}
    for one in words:
        past[one.customer_id, one.channel] = one.backfill and past.get((one.customer_id, one.channel), True)
    with transaction.atomic(savepoint=False), told_of_consents(past, now=now), connection.cursor() as cursor:
        cursor.execute(_RECORD, [require_store_id(), *map(list, zip(*rows, strict=True))])
        ConsentRecord.objects.bulk_create([_record(one) for one in words])


def _record(one: Said) -> ConsentRecord:
    return ConsentRecord(
        customer_id=one.customer_id,
        channel=one.channel,
        status=one.status,
        method=one.method[:40],
        source=one.source[:120],
        text_version=one.text_version[:40],
        ip=one.ip,
        user_agent=one.user_agent[:300],
        proof=dict(one.proof),
        said_at=one.said_at,
    )


def may_write(customer_ids: Iterable[int], *, channel: str) -> set[int]:
    """Return which of these customers allow this channel."""
    with connection.cursor() as cursor:
        cursor.execute(_MAY_WRITE, [array_of(list(customer_ids)), require_store_id(), channel])
        return {customer_id for (customer_id,) in cursor.fetchall()}


def address_digest(address: str) -> str:
    """Return the keyed digest of an address: it recognises the address again and cannot be turned back into it."""
    return _digest(setting("SECRET_KEY"), address)


@lru_cache(maxsize=2048)  # of one mail it is asked several times
def _digest(secret: str, address: str) -> str:
    keyed = _keyed(secret).copy()  # made anew it takes twice as long
    keyed.update(fold(address.strip()).encode())
    return keyed.hexdigest()


@lru_cache(maxsize=4)
def _keyed(secret: str) -> hmac.HMAC:
    return hmac.new(_digest_key(secret), digestmod="sha256")


@lru_cache(maxsize=4)
def _digest_key(secret: str) -> bytes:
    return hashlib.sha256(b"retention.customers.suppression:" + secret.encode()).digest()


def suppress(address: str, *, channel: str, reason: str, now: datetime) -> bool:
    """Block an address of the active store for good; a second reason changes nothing. Readers of its customers' news are told.

    Return whether it was not blocked before.
    """
    column = ADDRESS_COLUMNS.get(channel)
    with transaction.atomic(savepoint=False):
        news = not is_suppressed(address, channel=channel)
        Suppression.objects.bulk_create(
            [Suppression(channel=channel, address_digest=address_digest(address), reason=reason, created_at=now)], ignore_conflicts=True
        )
        if column is not None:
            _tell_of(address, column, now=now)
    return news


def allow_again(address: str, *, channel: str, now: datetime) -> bool:
    """Lift the block that a person's own "no" put on an address, and no other; return whether there was one."""
    column = ADDRESS_COLUMNS.get(channel)
    with transaction.atomic(savepoint=False):
        blocked = Suppression.objects.filter(channel=channel, address_digest=address_digest(address), reason="unsubscribed")
        lifted = bool(blocked.delete()[0])
        if lifted and column is not None:
            _tell_of(address, column, now=now)
    return lifted


def _tell_of(address: str, column: str, *, now: datetime) -> None:
    rows = Customer.objects.filter(**{column: fold(address.strip())}).values_list("pk", flat=True)
    tell_readers({customer_id: [CONSENT] for customer_id in rows}, now=now)


def customers_behind(digests: Collection[str], *, channel: str) -> list[int]:
    """Return the customers of the active store whose address on a channel has one of these digests.

    A digest leads to no address, so every address of the store is digested, a page at a time (about 4 s for a million); none are for none.
    """
    column = ADDRESS_COLUMNS.get(channel)
    found: list[int] = []
    last, key = 0, _digest_key(settings.SECRET_KEY)
    wanted = frozenset(bytes.fromhex(digest) for digest in digests)
    while column is not None and wanted:
        rows = Customer.objects.filter(pk__gt=last).exclude(**{f"{column}__isnull": True}).order_by("pk")
        page = list(rows.values_list("pk", column)[:_PAGE])
        found += [pk for pk, folded in page if folded and hmac.digest(key, folded.encode(), "sha256") in wanted]
        if len(page) < _PAGE:
            break
        last = page[-1][0]
    return found


def is_suppressed(address: str, *, channel: str) -> bool:
    """Return whether an address is blocked on a channel."""
    return bool(Suppression.objects.filter(channel=channel, address_digest=address_digest(address)).exists())
