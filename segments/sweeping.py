"""Time alone: who comes in or goes out because a window moved on, found at its edges and never by looking at everybody.

Each segment keeps up to which moment it was swept. Whoever had something at an edge since is noted as changed and looked at with all others
(`evaluating.py`), so there is one way in and out. A check per day works everybody out anew and counts who was wrong: it must be nobody.
"""

import logging
import time
from datetime import datetime, timedelta

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F

from retention.customers.events import NewEvent, record_many, tell_readers
from retention.customers.models import Import, Pending
from retention.kit.locks import transaction_lock
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id, store_context
from segments.asking import LONG_SECONDS, CannotAsk, asking, rows_of
from segments.evaluating import ENTERED, LEFT, READER, SLICE, evaluate_slice
from segments.knowing import read, terms_of_store
from segments.membership import FILL, LOCK, SWEEP, differ, fill, fill_again_if_measures_changed, fill_due, note_day, note_fault, note_run
from segments.models import Segment, SegmentMember, SegmentQuerySet, SegmentRun
from segments.rules.compiler import turning
from segments.rules.terms import At
from segments.rules.tree import RuleError

log = logging.getLogger("boomerang.segments")
EVERY = timedelta(seconds=15)
CHECKED_EVERY = timedelta(hours=24)
STORES_A_TICK = 10


def fill_stores(*, now: datetime) -> int:
    """Fill segments whose rule changed, store by store; return how many. Call it outside a transaction."""
    done = 0
    for taken in StoreWork.take(FILL, now=now, limit=STORES_A_TICK, lease_seconds=900):
        with store_context(taken.store_id):
            next_at = None
            try:
                done += fill_due(now=now)
            except (OperationalError, IntegrityError) as error:  # somebody was merged or erased meanwhile, or a lock was held too long
                log.warning("a segment was not filled", extra={"store_id": taken.store_id, "cause": type(error).__name__})
                next_at = now + EVERY
            StoreWork.settle(FILL, taken, next_at=next_at)
    return done


def sweep_stores(*, now: datetime) -> int:
    """Sweep stores whose turn it is, and check segments a day old; return how many customers were noted. Call it outside a transaction."""
    noted = 0
    for taken in StoreWork.take(SWEEP, now=now, limit=STORES_A_TICK, lease_seconds=900):
        with store_context(taken.store_id):
            try:
                fill_again_if_measures_changed(now=now)
                noted += sweep(now=now)
                check_due(now=now)
                retry_faults(now=now)
                recount_lists(now=now)
            except OperationalError as error:  # locked out by a long fill, or cut off: this store's next turn, not the end of the others'
                log.warning("a store was not swept", extra={"store_id": taken.store_id, "cause": type(error).__name__})
            lives = Segment.objects.live().exists()
            StoreWork.settle(SWEEP, taken, next_at=now + EVERY if lives else None)
    return noted


def sweep(*, now: datetime) -> int:
    """Note every customer of the active store at an edge since each segment was swept last; return how many were noted."""
    noted = 0
    for segment in _swept_before(now):
        with transaction.atomic():
            transaction_lock(LOCK, store_id=require_store_id())
            noted += _sweep(segment, now=now)
    return noted


def check_due(*, now: datetime) -> int:
    """Work every segment out anew that was not checked for a day; return how many memberships were wrong.

    While a file is brought in, the news of its customers is still to come: the checks wait, for what nobody was told is not drift.
    """
    if Import.objects.exclude(unsettled=[]).exists():
        return 0
    drift = 0
    waiting = _swept_before(now).exclude(reconciled_at__gt=now - CHECKED_EVERY)
    for segment in waiting.filter(created_at__lte=now - CHECKED_EVERY):
        drift += check(segment, now=now)
    return drift


def check(segment: Segment, *, now: datetime) -> int:
    """Work a segment out anew, mend what is wrong and return how much that was.

    News that waits and edges that passed are worked off first, in the same transaction, for they are not drift.
    """
    began = time.monotonic()
    try:
        with transaction.atomic():
            transaction_lock(LOCK, store_id=require_store_id())
            for one in _swept_before(now):
                _sweep(one, now=now)
            while evaluate_slice(now=now) == SLICE:
                pass
            at = At(now, terms_of_store(own=str(segment.public_id)))
            with asking(seconds=LONG_SECONDS):
                found = differ(segment, at)
            drift = found.entered_count + found.left_count - _moved_anyway([*found.entered, *found.left])
            segment.members_count, segment.counted_at, segment.reconciled_at = found.members, now, now
            segment.save(update_fields=["members_count", "counted_at", "reconciled_at"])
            note_run(segment, found, cause=SegmentRun.Cause.CHECK, began=now, took=time.monotonic() - began, drift=drift)
            if drift:
                note_day(segment, at, entered=found.entered_count, left=found.left_count)
                words = {"segment": str(segment.public_id), "name": segment.name}
                moved = [(ENTERED, found.entered), (LEFT, found.left)]
                record_many([NewEvent(pk, name, words, now) for name, ids in moved for pk in ids], now=now)
    except RuleError as error:
        note_fault(segment, error)
        return 0
    except (CannotAsk, IntegrityError) as error:
        log.warning("a segment could not be checked", extra={"segment": segment.pk, "cause": type(error).__name__})
        return 0
    return drift


def _moved_anyway(customer_ids: list[int]) -> int:
    """Return of how many customers there is news that came while everybody was worked out: they would have been moved without the check."""
    return Pending.objects.filter(reader=READER, customer_id__in=customer_ids).count() if customer_ids else 0


def retry_faults(*, now: datetime) -> None:
    """Try segments with a fault again once a day: what was missing or too slow may not be any more."""
    for segment in Segment.objects.live().filter(kind=Segment.Kind.RULE).exclude(fault="").exclude(reconciled_at__gt=now - CHECKED_EVERY):
        Segment.objects.filter(pk=segment.pk).update(reconciled_at=now)
        fill(segment, now=now)


def recount_lists(*, now: datetime) -> int:
    """Count lists kept by hand once a day: who was erased or joined with another is in none; return how many figures were mended."""
    mended = 0
    for one in Segment.objects.live().filter(kind=Segment.Kind.LIST).exclude(counted_at__gt=now - CHECKED_EVERY):
        count = SegmentMember.objects.filter(segment=one).count()
        mended += count != one.members_count
        Segment.objects.filter(pk=one.pk).update(members_count=count, counted_at=now)
    return mended


def _swept_before(now: datetime) -> SegmentQuerySet:
    rows: SegmentQuerySet = Segment.objects.live().filter(kind=Segment.Kind.RULE, fault="", filled_version=F("version"))
    return rows.filter(swept_until__lte=now).order_by("id")


def _sweep(segment: Segment, *, now: datetime) -> int:
    """Note the customers at an edge and how far the segment was swept; in the caller's transaction and lock."""
    terms = terms_of_store(own=str(segment.public_id))
    if segment.swept_until is None or segment.swept_until >= now:
        return 0
    try:
        edges = turning(read(segment.rule, terms), At(segment.swept_until, terms), At(now, terms))
    except RuleError as error:
        note_fault(segment, error)
        return 0
    ids: list[int] = []
    if edges is not None:
        try:
            with asking(seconds=LONG_SECONDS):
                ids = [pk for (pk,) in rows_of(edges)]
        except CannotAsk as error:
            log.warning("a segment could not be swept", extra={"segment": segment.pk, "cause": type(error).__name__})
            return 0
    tell_readers({customer_id: [f"time:{segment.public_id}"] for customer_id in ids}, now=now)
    Segment.objects.filter(pk=segment.pk).update(swept_until=now)
    return len(ids)
