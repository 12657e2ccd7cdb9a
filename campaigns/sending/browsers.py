"""The browsers a customer's push messages go to: kept when a page gives one, read for a slice of messages at once, let go when gone."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from campaigns.channels.push.encrypting import Subscription, check_keys
from campaigns.channels.push.endpoints import check_endpoint
from campaigns.channels.push.vapid import new_pair
from campaigns.models import PushKeys, PushSubscription
from retention.customers.consent import Said, address_digest, record_consents
from retention.customers.identifying import BASKET_COUNTS_SQL, Claim, email_key, identify
from retention.customers.models import Customer
from retention.kit.locks import transaction_lock
from retention.tenancy.context import require_store_id

MOST_BROWSERS = 5  # of one person, those seen last
FORGOTTEN_AFTER = timedelta(days=180)  # Apple goes on saying yes for browsers that are gone, so silence counts too
TEXT_VERSION = "push-1"
_ATTRIBUTE = "_browsers"
# For a row of customers_customer called `customer`: those of its browsers that may be written to. A browser's word about somebody the
# shop's server knows does not count until that browser is proven theirs: else a stranger who types their address would read what they get.
_LIVE = f"""
    SELECT event.id, event.customer_id, event.endpoint, event.p256dh, event.auth
    FROM (SELECT *, false AS trusted FROM campaigns_pushsubscription WHERE gone_at IS NULL) AS event
    WHERE {BASKET_COUNTS_SQL}
"""  # noqa: S608 - a fragment of ours
SUBSCRIBED_SQL = f"""EXISTS (
    {_LIVE} AND event.store_id = customer.store_id AND event.customer_id = customer.id
        AND event.seen_at > clock_timestamp() - interval '{FORGOTTEN_AFTER.days} days'
)"""
_READ = f"{_LIVE} AND event.store_id = %s AND event.customer_id = ANY(%s) AND event.seen_at > %s ORDER BY event.seen_at DESC, event.id DESC"
_KEEP = """
    INSERT INTO campaigns_pushsubscription
        (store_id, customer_id, anonymous_id, endpoint, endpoint_digest, p256dh, auth, agent, created_at, seen_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (store_id, endpoint_digest) DO UPDATE SET customer_id = excluded.customer_id, anonymous_id = excluded.anonymous_id,
        p256dh = excluded.p256dh, auth = excluded.auth, agent = excluded.agent, seen_at = excluded.seen_at, gone_at = NULL
    RETURNING created_at
"""


def keys_of_store(*, now: datetime) -> PushKeys:
    """Return the active store's key pair; the first who asks makes it."""
    known = PushKeys.objects.first()
    if known is not None:
        return known  # type: ignore[no-any-return]
    with transaction.atomic():
        transaction_lock("push-keys", store_id=require_store_id())
        again: PushKeys | None = PushKeys.objects.first()
        if again is not None:
            return again
        private, public = new_pair()
        made = PushKeys(store_id=require_store_id(), public_key=public, created_at=now)
        made.keep_private(private)
        made.save()
    return made


def check_subscription(told: Subscription) -> None:
    """Raise BadSubscription or FetchRefused for what nothing can be sent to. Its host is looked up only when something is."""
    check_endpoint(told.endpoint)
    check_keys(told.p256dh, told.auth)


def keep_subscription(told: Subscription, *, anonymous_id: str, agent: str, ip: str | None, now: datetime) -> int:
    """Keep a browser of the active store's visitor and, when it is new, their yes to push messages; return whose it is.

    The browser asked the person itself and gave us a key of its own: that is the proof, and it speaks for no other channel.
    """
    with transaction.atomic():
        (customer_id,) = identify([Claim(anonymous=anonymous_id, at=now)], now=now)
        digest = address_digest(told.endpoint)
        values: list[Any] = [
            require_store_id(),
            customer_id,
            anonymous_id,
            told.endpoint,
            digest,
            told.p256dh,
            told.auth,
            agent[:300],
            now,
            now,
        ]
        before = PushSubscription.objects.filter(endpoint_digest=digest, gone_at=None, customer_id=customer_id).exists()
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, values)
        if not before:
            said = Said(
                customer_id,
                "push",
                "granted",
                now,
                method="browser",
                source="push prompt",
                text_version=TEXT_VERSION,
                ip=ip,
                user_agent=agent[:300],
                proof={"endpoint": digest},
            )
            record_consents([said], now=now)
    return customer_id


def drop_subscription(endpoint: str, *, now: datetime) -> bool:
    """Let go of a browser whose owner took its permission back; return whether there was one. With their last one their yes ends."""
    with transaction.atomic():
        row = PushSubscription.objects.select_for_update().filter(endpoint_digest=address_digest(endpoint), gone_at=None).first()
        if row is None:
            return False
        PushSubscription.objects.filter(pk=row.pk).update(gone_at=now)
        if not PushSubscription.objects.filter(customer_id=row.customer_id, gone_at=None).exists():
            record_consents([Said(row.customer_id, "push", "refused", now, method="browser", source="push prompt")], now=now)
    return True


def attach_browsers(customers: Sequence[Customer], *, now: datetime) -> None:
    """Read the browsers of these customers in one statement, for `browsers_of`."""
    people = {customer.pk: customer for customer in customers}
    found: dict[int, list[Subscription]] = {pk: [] for pk in people}
    with connection.cursor() as cursor:
        cursor.execute(_READ, [require_store_id(), list(people), now - FORGOTTEN_AFTER])
        for pk, customer_id, endpoint, p256dh, auth in cursor.fetchall():
            found[customer_id].append(Subscription(endpoint, p256dh, auth, str(pk)))
    for customer in customers:
        setattr(customer, _ATTRIBUTE, tuple(found[customer.pk][:MOST_BROWSERS]))


def browsers_of(customer: Customer) -> tuple[Subscription, ...]:
    """Return a customer's browsers as `attach_browsers` found them, those seen last first."""
    found: tuple[Subscription, ...] = getattr(customer, _ATTRIBUTE, ())
    return found


def browsers_at(address: str, *, now: datetime) -> tuple[Subscription, ...]:
    """Return the browsers of the customer with this e-mail address."""
    people = list(Customer.objects.filter(email_key=email_key(address))[:1])
    attach_browsers(people, now=now)
    return browsers_of(people[0]) if people else ()


def as_secret(browsers: Sequence[Subscription]) -> str:
    """Return browsers as an Outgoing carries them."""
    return json.dumps([asdict(browser) for browser in browsers])


def note_gone(names: Iterable[str], *, now: datetime) -> None:
    """Note that these browsers take nothing any more; names: as `attach_browsers` gave them."""
    ids = [int(name) for name in names]
    if ids:
        PushSubscription.objects.filter(pk__in=ids, gone_at=None).update(gone_at=now)
