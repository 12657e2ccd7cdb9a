"""One code for one occasion: kept before the message is rendered, given in the transaction that lets it leave, else back in the pool.

`keep` writes down whom a code is meant for, so a message rendered again says the same. `give` runs in the gate's transaction: a crash
before it gives none, and after it the code stays with the message. An occasion is one journey run, or one campaign and one person.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from campaigns.coupons.making import key_of, made_codes
from campaigns.coupons.warning import warn_if_few
from campaigns.models import Coupon, CouponPool, Message
from retention.kit.locks import transaction_lock
from retention.tenancy.context import require_store_id

FORGOTTEN_AFTER = timedelta(hours=1)
OUT, EXPIRED, USED, NO_POOL = "coupons_out", "coupon_expired", "coupon_used", "coupon_missing"

_TAKE = """
    WITH wanted AS (
        SELECT w.occasion, w.customer_id, row_number() OVER (ORDER BY w.place) AS place
        FROM unnest(%(occasions)s::text[], %(customers)s::bigint[]) WITH ORDINALITY AS w(occasion, customer_id, place)
    ), free AS MATERIALIZED (
        SELECT id FROM campaigns_coupon WHERE store_id = %(store)s AND pool_id = %(pool)s AND occasion = '' AND redeemed_at IS NULL
        ORDER BY id LIMIT %(count)s FOR UPDATE
    ), numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM free)
    UPDATE campaigns_coupon AS c SET occasion = wanted.occasion, customer_id = wanted.customer_id, expires_at = %(until)s,
        kept_at = %(now)s
    FROM numbered JOIN wanted USING (place)
    WHERE c.store_id = %(store)s AND c.id = numbered.id
"""
_MAKE = """
    INSERT INTO campaigns_coupon (store_id, pool_id, code, code_key, occasion, customer_id, expires_at, kept_at, created_at)
    SELECT %(store)s, %(pool)s, v.code, v.key, v.occasion, v.customer_id, %(until)s, %(now)s, %(now)s
    FROM unnest(%(codes)s::text[], %(keys)s::text[], %(occasions)s::text[], %(customers)s::bigint[]) AS v(code, key, occasion, customer_id)
    ON CONFLICT DO NOTHING
"""
_GIVE = """
    UPDATE campaigns_coupon SET drawn_at = coalesce(drawn_at, %s) WHERE store_id = %s AND id = ANY(%s)
"""
_RETURN = """
    UPDATE campaigns_coupon SET occasion = '', customer_id = NULL, expires_at = NULL, kept_at = NULL
    WHERE store_id = %s AND id = ANY(%s) AND drawn_at IS NULL AND redeemed_at IS NULL
"""
_FORGOTTEN = """
    UPDATE campaigns_coupon SET occasion = '', customer_id = NULL, expires_at = NULL, kept_at = NULL
    WHERE store_id = %s AND drawn_at IS NULL AND redeemed_at IS NULL AND kept_at < %s
"""
_LOCK = """
    SELECT id, occasion, expires_at, redeemed_at FROM campaigns_coupon WHERE store_id = %s AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""


@dataclass(frozen=True)
class Kept:
    """The code a message may show, or why there is none. coupon_id is 0 without one; words: what stands there instead of a code."""

    coupon_id: int = 0
    code: str = ""
    occasion: str = ""
    expires_at: datetime | None = None
    refusal: str = ""


def occasion_of(message: Message) -> str:
    """Return what a message's code is kept for: the same in one run of a journey, and in one campaign message to one person."""
    if message.enrollment_id is not None:
        return occasion_of_run(message.enrollment_id)
    return f"{message.source_kind}:{message.source_id}:{message.customer_id}"


def occasion_of_run(enrollment_id: int) -> str:
    """Return what the codes of a journey's run are kept for."""
    return f"run:{enrollment_id}"


def keep(messages: Mapping[int, Sequence[Message]], *, zone: ZoneInfo, now: datetime) -> dict[int, Kept]:
    """Keep a code for each message, by message id. messages: by the id of the pool they draw from. Commits."""
    found: dict[int, Kept] = {}
    if not messages:
        return found
    pools = {pool.pk: pool for pool in CouponPool.objects.filter(pk__in=messages)}
    for pool_id in sorted(messages):
        pool = pools.get(pool_id)
        if pool is None:
            found |= {message.pk: Kept(refusal=NO_POOL) for message in messages[pool_id]}
        else:
            found |= _keep_of(pool, messages[pool_id], zone=zone, now=now)
    return found


def _keep_of(pool: CouponPool, messages: Sequence[Message], *, zone: ZoneInfo, now: datetime) -> dict[int, Kept]:
    wanted = {occasion_of(message): message.customer_id for message in messages}
    until = end_of(pool, zone=zone, now=now)
    with transaction.atomic():
        known = _keep_for(pool, wanted, until=until, now=now)
    refusal = EXPIRED if until is not None and until <= now else OUT
    return {message.pk: _answer(pool, known.get(occasion_of(message)), refusal, now) for message in messages}


def draw(pool: CouponPool, wanted: Mapping[str, int], *, zone: ZoneInfo, now: datetime) -> frozenset[str]:
    """Give each occasion a code at once, before any message names it, in the caller's transaction; return the occasions that have one.

    wanted: customer by occasion. A code given so stays with its occasion, whether a message leaves or not.
    """
    known = _keep_for(pool, wanted, until=end_of(pool, zone=zone, now=now), now=now)
    good = {occasion: one for occasion, one in known.items() if one.redeemed_at is None and not one.is_over(now)}
    give((one.pk for one in good.values()), now=now)
    return frozenset(good)


def _keep_for(pool: CouponPool, wanted: Mapping[str, int], *, until: datetime | None, now: datetime) -> dict[str, Coupon]:
    """Return the code of each occasion that has or gets one; in the caller's transaction, which holds the pool until its end."""
    transaction_lock(f"coupons:{pool.pk}", store_id=require_store_id())
    known = _kept(pool, wanted)
    missing = [occasion for occasion in wanted if occasion not in known]
    if missing and pool.archived_at is None and (until is None or until > now):
        _draw(pool, {occasion: wanted[occasion] for occasion in missing}, until=until, now=now)
        warn_if_few(pool, now=now)
    stale = [one.pk for one in known.values() if one.drawn_at is None and one.expires_at != until]
    Coupon.objects.filter(pk__in=stale, drawn_at=None).update(expires_at=until)
    return _kept(pool, wanted)


def _kept(pool: CouponPool, occasions: Collection[str]) -> dict[str, Coupon]:
    return {one.occasion: one for one in Coupon.objects.filter(pool=pool, occasion__in=list(occasions))}


def _draw(pool: CouponPool, wanted: Mapping[str, int], *, until: datetime | None, now: datetime) -> None:
    """Take free codes, and make what is missing where the pool makes its own."""
    values: dict[str, Any] = {"store": require_store_id(), "pool": pool.pk, "until": until, "now": now, "count": len(wanted)}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values | {"occasions": list(wanted), "customers": list(wanted.values())})
        taken = cursor.rowcount
        left = list(wanted.items())[taken:]
        while pool.endless and left:
            codes = made_codes(pool, len(left))
            more: dict[str, Any] = {"codes": codes, "keys": [key_of(code) for code in codes]}
            more |= {"occasions": [occasion for occasion, _ in left], "customers": [customer for _, customer in left]}
            cursor.execute(_MAKE, values | more)
            known = _kept(pool, [occasion for occasion, _ in left])
            left = [(occasion, customer) for occasion, customer in left if occasion not in known]


def _answer(pool: CouponPool, coupon: Coupon | None, refusal: str, now: datetime) -> Kept:
    if coupon is not None and coupon.redeemed_at is not None:
        return Kept(refusal=USED)  # whoever has used it is not told of it again, whatever the pool's rule
    why = refusal if coupon is None else EXPIRED if coupon.is_over(now) else OUT if pool.archived_at and coupon.drawn_at is None else ""
    if coupon is not None and not why:
        return Kept(coupon.pk, coupon.code, coupon.occasion, coupon.expires_at)
    return Kept(code=pool.fallback) if pool.when_out == CouponPool.WhenOut.FALLBACK else Kept(refusal=why)


def end_of(pool: CouponPool, *, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return until when a code given at `now` counts: the end of its last day in the shop's zone, the pool's own end, or no end."""
    if pool.valid_days is None:
        return pool.expires_at
    day = now.astimezone(zone).date() + timedelta(days=pool.valid_days + 1)
    return datetime.combine(day, time(), zone).astimezone(now.tzinfo)


def changed(kept: Mapping[int, Kept], *, now: datetime) -> set[int]:
    """Return the messages whose code is no longer what was rendered. Locks the codes for the caller's transaction."""
    wanted = {message_id: one for message_id, one in kept.items() if one.coupon_id}
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [require_store_id(), [one.coupon_id for one in wanted.values()]])
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    return {message_id for message_id, one in wanted.items() if not _same(one, rows.get(one.coupon_id), now)}


def _same(kept: Kept, row: tuple[str, datetime | None, datetime | None] | None, now: datetime) -> bool:
    if row is None:
        return False
    occasion, expires_at, redeemed_at = row
    still_valid = expires_at is None or expires_at > now
    return occasion == kept.occasion and expires_at == kept.expires_at and redeemed_at is None and still_valid


def give(coupon_ids: Iterable[int], *, now: datetime) -> None:
    """Write down that these codes leave with their messages, in the transaction that lets those leave."""
    _run(_GIVE, [now, require_store_id(), sorted(coupon_ids)])


def put_back(coupon_ids: Iterable[int]) -> None:
    """Return codes whose messages do not leave now; those that left before stay with their person."""
    _run(_RETURN, [require_store_id(), sorted(coupon_ids)])


def put_back_forgotten(*, now: datetime) -> int:
    """Return codes that have waited for an hour for a message that may never leave.

    Safe at any time: a message whose code is gone is rendered again with another before it leaves.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FORGOTTEN, [require_store_id(), now - FORGOTTEN_AFTER])
        return int(cursor.rowcount)


def _run(statement: str, values: list[Any]) -> None:
    if values[-1]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)


def by_pool(messages: Iterable[Message], pools: Mapping[int, int | None]) -> tuple[dict[int, list[Message]], list[Message]]:
    """Sort messages by the pool their rule names; the second value has those whose rule names none. pools: by message id."""
    sorted_: dict[int, list[Message]] = defaultdict(list)
    without: list[Message] = []
    for message in messages:
        pool_id = pools.get(message.pk)
        if pool_id is None:
            without.append(message)
        else:
            sorted_[pool_id].append(message)
    return dict(sorted_), without
