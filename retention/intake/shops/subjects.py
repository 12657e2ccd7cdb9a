"""Whom stored bodies speak of: keyed digests beside each delivery, and the emptying of bodies when a person is erased.

A body is found by every name its delivery gives somebody (the shop's id, a basket's or an order's, any address or phone in it), so
nothing has to be searched for in the text.
"""

from collections.abc import Iterator, Sequence, Set
from typing import Any

from django.utils.translation import gettext_noop

from retention.customers.consent import address_digest
from retention.customers.erasing import Forgotten
from retention.customers.identifying import email_key
from retention.intake.models import Delivery, DeliverySubject
from retention.intake.shops.reading import Unreadable, decode, phone_of
from retention.intake.shops.results import Asked, Forget, Happened, Result
from retention.tenancy.bulk import read_in_pages

ERASED = gettext_noop("Its content was erased together with the person.")
_MOST = 200  # names kept of one delivery
_SHORTEST = 4  # a shorter name would be found in bodies about other people


def note_subjects(delivery: Delivery, results: Sequence[Result]) -> None:
    """Keep the digests of everybody a delivery names, in the caller's transaction."""
    people = [one.person for one in results if isinstance(one, Happened | Forget | Asked)]
    names = {name for one in people for name in (one.external, email_key(one.email), one.anonymous) if name}
    digests = sorted({address_digest(name) for name in names | set(_names_in(delivery))})
    DeliverySubject.objects.bulk_create(
        [DeliverySubject(delivery=delivery, digest=digest) for digest in digests[:_MOST]], ignore_conflicts=True
    )


def empty_bodies_naming(who: Forgotten) -> None:
    """Empty every body of the active store that speaks of somebody with one of these names; what a delivery did stays readable."""
    found = set(DeliverySubject.objects.filter(digest__in=who.digests).values_list("delivery_id", flat=True))
    found |= set(_unread_that_speak_of(who))
    rows = Delivery.objects.filter(pk__in=found).exclude(body=b"")
    waiting = rows.filter(state__in=[Delivery.State.RECEIVED, Delivery.State.FAILED])
    waiting.update(body=b"", state=Delivery.State.IGNORED, reason=ERASED)
    rows.update(body=b"")
    DeliverySubject.objects.filter(delivery_id__in=found).delete()


def _names_in(delivery: Delivery) -> Iterator[str]:
    """Yield the addresses and phone numbers that stand anywhere in a body."""
    for part in _parts(bytes(delivery.body)):
        if isinstance(part, dict):
            phone = phone_of(part, "phone")
            if phone:
                yield phone
        elif isinstance(part, str) and "@" in part and email_key(part):
            yield email_key(part)


def _parts(body: bytes) -> Iterator[Any]:
    """Yield everything in a body, objects as well as what stands in them; nothing for one that cannot be read."""
    try:
        waiting: list[Any] = [decode(body)]
    except Unreadable:
        return
    while waiting:
        part = waiting.pop()
        yield part
        waiting += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()


def _unread_that_speak_of(who: Forgotten) -> Iterator[int]:
    """Yield deliveries without digests yet (they wait, or cannot be read) whose bytes hold one of these names, or of these digests."""
    wanted = [name.lower().encode() for name in (*who.names, *who.browsers) if len(name) >= _SHORTEST]
    digests = frozenset(who.digests if who.only_digests else ())
    rows = Delivery.objects.filter(state__in=[Delivery.State.RECEIVED, Delivery.State.FAILED])
    for delivery in read_in_pages(rows.only("body"), size=50):
        body = bytes(delivery.body)
        low = body.lower()
        if any(name in low for name in wanted) or (digests and _holds_digest(body, digests)):
            yield delivery.pk


def _holds_digest(body: bytes, digests: Set[str]) -> bool:
    for part in _parts(body):
        texts = [phone_of(part, "phone") or ""] if isinstance(part, dict) else [str(part)] if isinstance(part, str | int) else []
        if any(len(text) >= _SHORTEST and address_digest(text) in digests for text in texts):
            return True
    return False
