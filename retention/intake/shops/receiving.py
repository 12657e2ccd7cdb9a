"""Taking a delivery in: prove it, store it as it came, answer. What it means is a matter of `applying.py`, a moment later.

The store comes from the token in the address and from nothing else.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import F, Q

from retention.intake.models import Delivery, ShopConnection
from retention.intake.shops.kinds import KINDS
from retention.intake.shops.signing import is_signed
from retention.stores.models import StoreWork
from retention.tenancy.context import store_context
from retention.tenancy.unscoped import unscoped

WORK = "shops"
OURS = "X-Boomerang-Test"  # set by our own button; such a delivery does not make a connection live
LARGEST_BODY = 1024 * 1024
NOTED_EVERY = timedelta(seconds=10)  # whoever knows an address may make us write that often, and no oftener
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")
_PING = re.compile(rb"webhook_id=\d{1,20}")


class Taken(StrEnum):
    """What became of a request; each has its own answer."""

    STORED = "stored"
    REPEATED = "repeated"
    PING = "ping"


class NotSigned(Exception):
    """No secret of this connection signed these bytes."""


class NoTopic(Exception):
    """The delivery does not say what it is about."""


class Gone(Exception):
    """The connection was ended; the shop should stop sending."""


@dataclass(frozen=True)
class Heading:
    """What the headers of a delivery say, cut to what the columns hold."""

    signature: str
    topic: str
    delivery_id: str
    event_id: str
    triggered_at: datetime | None
    test: bool
    ours: bool


def find_connection(kind: str, token: str) -> ShopConnection | None:
    """Return the connection this address belongs to, whichever store has it."""
    if not _TOKEN.fullmatch(token):
        return None
    with unscoped(reason="find the store of a webhook's address"):
        found: ShopConnection | None = ShopConnection.objects.filter(token=token, kind=kind).first()
    return found


def receive(shop: ShopConnection, *, headers: Mapping[str, str], raw: bytes, now: datetime) -> Taken:
    """Store one delivery, unless it was stored before. Raises Gone, NotSigned or NoTopic, and then nothing was stored.

    What is not signed is noted on the connection, as a number and a moment. Opens the store's context itself, and raises CannotUnseal
    when the secret's key has left the ring.
    """
    if shop.state == ShopConnection.State.DISCONNECTED:
        raise Gone
    heading = read_heading(shop.kind, headers, raw)
    with store_context(shop.store_id), transaction.atomic():
        if _is_ping(shop, heading, raw):
            _note_life(shop, now=now)
            return Taken.PING
        signed = is_signed(raw, signature=heading.signature, secrets=shop.good_secrets(now=now))
        if not signed:
            _note_refusal(shop, now=now)
        elif not heading.topic:
            raise NoTopic
        else:
            return _store(shop, heading, raw, now=now)
    raise NotSigned


def read_heading(kind: str, headers: Mapping[str, str], raw: bytes) -> Heading:
    """Read the headers of one kind of shop.

    A delivery is told apart by the shop's id of it and by its body: WooCommerce makes that id of the webhook's number and the second, so
    two orders of one second carry the same one.
    """
    names = KINDS[kind].headers
    stated = headers.get(names["delivery"], "").strip()[:80]
    digest = hashlib.blake2b(raw, digest_size=16).hexdigest()
    return Heading(
        signature=headers.get(names["signature"], "")[:200],
        topic=headers.get(names["topic"], "").strip().lower()[:80],
        delivery_id=f"{stated}:{digest}" if kind == "woocommerce" or not stated else stated,
        event_id=headers.get(names.get("event", ""), "").strip()[:80],
        triggered_at=_moment(headers.get(names.get("triggered", ""), "")),
        test=OURS in headers or headers.get(names.get("test", ""), "").strip().lower() == "true",
        ours=OURS in headers,
    )


def _moment(text: str) -> datetime | None:
    """Read a moment leniently: a header that cannot be read is as good as none. Nanoseconds are cut."""
    plain = re.sub(r"(\.\d{6})\d+", r"\1", text.strip())
    try:
        read = datetime.fromisoformat(plain)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_ping(shop: ShopConnection, heading: Heading, raw: bytes) -> bool:
    """Say whether this is WooCommerce trying an address before it saves a webhook: unsigned, without topic and without JSON."""
    return shop.kind == "woocommerce" and not heading.signature and not heading.topic and bool(_PING.fullmatch(raw))


def _store(shop: ShopConnection, heading: Heading, raw: bytes, *, now: datetime) -> Taken:
    """Store it unless it is there; a repeat is no error to the database either, whose log would quote the body."""
    row = Delivery(
        connection_id=shop.pk,
        topic=heading.topic,
        delivery_id=heading.delivery_id,
        event_id=heading.event_id,
        triggered_at=heading.triggered_at,
        body=raw,
        test=heading.test,
        due_at=now,
        received_at=now,
    )
    if shop.refused_count and not heading.ours:
        ShopConnection.objects.filter(pk=shop.pk).update(refused_at=None, refused_count=0)
    Delivery.objects.bulk_create([row], ignore_conflicts=True)
    if not Delivery.objects.filter(public_id=row.public_id).exists():
        return Taken.REPEATED
    if not heading.ours:
        _note_life(shop, now=now)
    StoreWork.ring(WORK, store_id=shop.store_id, due_at=now)
    return Taken.STORED


def _note_life(shop: ShopConnection, *, now: datetime) -> None:
    """Note that the shop spoke; a connection that was ended meanwhile stays so."""
    ShopConnection.objects.connected().filter(pk=shop.pk).update(state=ShopConnection.State.LIVE, last_delivery_at=now)


def _note_refusal(shop: ShopConnection, *, now: datetime) -> None:
    """Note that a delivery was not signed with the secret kept here, every ten seconds at most; before there is one, none could be."""
    long_ago = now - NOTED_EVERY
    if not shop.sealed or (shop.refused_at is not None and shop.refused_at > long_ago):
        return
    quiet = ShopConnection.objects.connected().filter(Q(refused_at=None) | Q(refused_at__lte=long_ago), pk=shop.pk)
    quiet.update(refused_at=now, refused_count=F("refused_count") + 1)
