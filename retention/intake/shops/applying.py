"""Stored deliveries become events, products and stock: in the order they came, each in a transaction of its own.

A turn is written down before it is taken, so a delivery that ends the process is tried a few times and then left, and its neighbours are
not held up. What cannot be read fails at once; what may pass is tried again after a minute, five, thirty and two hours. What ends a
connection, erases or joins people is not believed when the same signed body came under another topic as well.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.utils.translation import gettext_noop

from retention.intake.models import Delivery
from retention.intake.shops.carrying_out import Done, carry_out, would
from retention.intake.shops.kinds import normalise
from retention.intake.shops.reading import Unreadable
from retention.intake.shops.receiving import WORK
from retention.intake.shops.results import Asked, Disconnected, Forget, Ignored, Joined, Result
from retention.intake.shops.subjects import note_subjects
from retention.kit.logs import trace_of
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import require_store_id, store_context

log = logging.getLogger("boomerang.shops")

TURN = 100
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
MOST_ATTEMPTS = len(PAUSES) + 1
NOTHING = Done([], [])
ENDED_HARD = gettext_noop("Carrying it out was cut off several times. Nothing of it was kept.")
ONLY_A_TEST = gettext_noop("A test: it was read as it would be, and nothing was counted.")
BORROWED = gettext_noop("The same body came under another topic before. Only a body is signed, so this topic was not believed.")
# What foreign JSON of an unexpected shape makes our own reading raise.
_OF_ANOTHER_SHAPE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


class _OtherShape(Exception):
    """A body is built in another way than our reading knows; the cause says where it broke."""


def apply_due(*, now: Callable[[], datetime], stores: int = 10) -> int:
    """Carry out one turn of deliveries in every store whose bell was rung; return how many. Call it outside a transaction."""
    done = 0
    for taken in StoreWork.take(WORK, now=now(), limit=stores, lease_seconds=120):
        with store_context(taken.store_id):
            done += apply_turn(now=now())
            StoreWork.settle(WORK, taken, next_at=Delivery.objects.next_due())
    return done


def apply_turn(*, now: datetime, size: int = TURN) -> int:
    """Carry out the oldest deliveries of the active store whose turn it is; return how many."""
    numbers = _claim(now=now, size=size)
    currency = Store.objects.values_list("currency", flat=True).get(pk=require_store_id())
    for number in numbers:
        apply_one(number, currency=currency, now=now)
    return len(numbers)


def _claim(*, now: datetime, size: int) -> list[int]:
    """Write down that these are about to be tried, and when they may be tried again should this process end here."""
    with transaction.atomic():
        due = list(Delivery.objects.due(now=now).select_for_update(skip_locked=True).only("pk", "store_id", "attempts")[:size])
        for delivery in due:
            delivery.due_at = now + PAUSES[min(delivery.attempts, len(PAUSES) - 1)]
            delivery.attempts += 1
        Delivery.objects.bulk_update(due, ["due_at", "attempts"])
    return [delivery.pk for delivery in due]


def apply_one(number: int, *, currency: str, now: datetime) -> None:
    """Carry out one claimed delivery: all of it, or nothing and the reason."""
    try:
        with transaction.atomic():
            delivery = Delivery.objects.waiting().select_for_update().select_related("connection").filter(pk=number).first()
            if delivery is not None:
                _apply(delivery, currency=currency, now=now)
    except Unreadable as error:
        _fail(number, str(error), now=now, final=True)
    except Exception as error:
        cause = error.__cause__ if isinstance(error, _OtherShape) and error.__cause__ else error
        name = type(cause).__name__
        log.error("a delivery of a shop could not be carried out", extra={"delivery": number, "cause": name, "trace": trace_of(cause)})
        _fail(number, _in_words(error) % name, now=now, final=False)


def _apply(delivery: Delivery, *, currency: str, now: datetime) -> None:
    shop = delivery.connection
    if delivery.attempts > MOST_ATTEMPTS:
        _settle(delivery, Delivery.State.FAILED, reason=ENDED_HARD, now=now)
        return
    results = _read(delivery, currency=currency)
    note_subjects(delivery, results)
    ignored = next((one.reason for one in results if isinstance(one, Ignored)), "")
    if delivery.test:
        _settle(delivery, Delivery.State.IGNORED, done=Done(would(results), []), reason=ignored or ONLY_A_TEST, now=now)
        return
    done = carry_out(results, shop=shop, now=now)
    _settle(delivery, Delivery.State.APPLIED if done.outcome else Delivery.State.IGNORED, done=done, reason=ignored, now=now)


def _read(delivery: Delivery, *, currency: str) -> list[Result]:
    """Return what a delivery means, if its topic may be believed."""
    try:
        results = read(delivery, currency=currency)
    except Unreadable:
        raise
    except _OF_ANOTHER_SHAPE as error:
        raise _OtherShape from error
    if any(isinstance(one, Forget | Asked | Joined | Disconnected) for one in results):
        same = Delivery.objects.filter(connection_id=delivery.connection_id, body=delivery.body).exclude(topic=delivery.topic)
        if same.exists():
            raise Unreadable(BORROWED)
    return results


def read(delivery: Delivery, *, currency: str) -> list[Result]:
    """Return what a delivery means; a moment it claims to be sent at counts when it lies before we got it."""
    at = min(filter(None, (delivery.triggered_at, delivery.received_at)))
    return normalise(delivery.connection.kind, topic=delivery.topic, raw=bytes(delivery.body), at=at, currency=currency)


def replay(delivery: Delivery, *, now: datetime) -> bool:
    """Let a failed delivery have its turn again, in the caller's transaction; False when it did not fail or its body is gone."""
    again = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.FAILED).exclude(body=b"")
    if not again.update(state=Delivery.State.RECEIVED, attempts=0, reason="", due_at=now):
        return False
    StoreWork.ring(WORK, store_id=delivery.store_id, due_at=now)
    return True


def _settle(delivery: Delivery, state: str, *, now: datetime, done: Done = NOTHING, reason: str = "") -> None:
    delivery.state, delivery.outcome, delivery.events = state, done.outcome, done.events
    delivery.reason, delivery.applied_at = reason[:300], now
    delivery.save(update_fields=["state", "outcome", "events", "reason", "applied_at"])


def _fail(number: int, reason: str, *, now: datetime, final: bool) -> None:
    """Keep the reason; after the last attempt, or when trying again is of no use, the delivery waits for a person."""
    waiting = Delivery.objects.waiting().filter(pk=number)
    waiting.update(reason=reason[:300])
    if not final:
        waiting = waiting.filter(attempts__gte=MOST_ATTEMPTS)
    waiting.update(state=Delivery.State.FAILED, applied_at=now)


def _in_words(error: Exception) -> str:
    """Return a reason that tells a merchant enough and shows no value: a database's message may quote the row."""
    if isinstance(error, DatabaseError):
        return "The database did not take it (%s)."
    if isinstance(error, _OtherShape):
        return "It has another shape than we know (%s)."
    return "A fault of ours kept it from being carried out (%s). Nothing of it was kept, and we were told."
