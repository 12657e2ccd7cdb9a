"""Who is in a segment, worked out for everybody and compared with who was: one statement writes the difference and nothing else.

A lock of the store keeps this and the work on changed customers (`evaluating.py`) apart: a customer who changes meanwhile is looked at
again afterwards, so neither can undo the other's answer.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from retention.customers.changes import of_segment
from retention.kit.locks import transaction_lock
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id
from segments.asking import LONG_SECONDS, CannotAsk, asking, rows_of
from segments.knowing import read, terms_of_store
from segments.models import Segment, SegmentDay, SegmentMember, SegmentRun
from segments.rules.compiler import compile_rule
from segments.rules.sql import piece
from segments.rules.terms import At, in_order
from segments.rules.tree import RuleError

LOCK = "segments"
FILL = "segment_fill"
SWEEP = "segment_sweep"
MOST_NAMED, MOST_ROUNDS = 10_000, 20


@dataclass(frozen=True)
class Difference:
    """What working out anew changed. entered, left: some of those customers, at most ten thousand each."""

    members: int
    entered_count: int
    left_count: int
    entered: list[int]
    left: list[int]


def fill(segment: Segment, *, now: datetime) -> Difference | None:
    """Bring a segment's members in line with its saved rule; None, with the fault noted, where the rule cannot be worked out.

    Nobody is told who came and went: the rule changed, not the customers.
    """
    return _work_out(segment, cause=SegmentRun.Cause.FILL, now=now)


def fill_due(*, now: datetime) -> int:
    """Fill every segment of the active store whose members stand for an older rule; return how many there were."""
    done = 0
    for _round in range(MOST_ROUNDS):
        waiting = list(Segment.objects.live().filter(kind=Segment.Kind.RULE).exclude(filled_version=F("version")).order_by("id"))
        if not waiting:
            break
        for segment in in_order(waiting, name=lambda one: of_segment(str(one.public_id)), reads=lambda one: one.reads):
            fill(segment, now=now)
        done += len(waiting)
    return done


def fill_again_if_measures_changed(*, now: datetime) -> int:
    """Have segments worked out anew whose members stand for another clock or money of the active store; return how many."""
    lives = Segment.objects.live().filter(kind=Segment.Kind.RULE, filled_version=F("version"))
    count = lives.exclude(filled_for=terms_of_store().measures).update(filled_version=0)
    if count:
        StoreWork.ring(FILL, store_id=require_store_id(), due_at=now)
    return int(count)


def differ(segment: Segment, at: At) -> Difference:
    """Write the difference between who belongs and who is in, in the caller's transaction and lock; raises RuleError and CannotAsk."""
    rule = read(segment.rule, at.terms)
    belonging = compile_rule(rule, at)
    mine = (at.terms.store_id, segment.pk)
    statement = piece("WITH found AS MATERIALIZED (") + belonging + "), "
    statement += piece(
        "came AS (INSERT INTO segments_segmentmember (store_id, segment_id, customer_id, entered_at) "
        "SELECT %s, %s, found.id, %s FROM found "
        "WHERE NOT EXISTS (SELECT 1 FROM segments_segmentmember AS member WHERE member.store_id = %s AND member.segment_id = %s "
        "AND member.customer_id = found.id) RETURNING customer_id), ",
        *mine, at.now, *mine,
    )  # fmt: skip
    statement += piece(
        "went AS (DELETE FROM segments_segmentmember AS member WHERE member.store_id = %s AND member.segment_id = %s "
        "AND NOT EXISTS (SELECT 1 FROM found WHERE found.id = member.customer_id) RETURNING customer_id) ",
        *mine,
    )
    statement += piece(
        "SELECT (SELECT count(*) FROM found), (SELECT count(*) FROM came), (SELECT count(*) FROM went), "
        "(SELECT array_agg(customer_id) FROM (SELECT customer_id FROM came LIMIT %s) AS first_of_them), "
        "(SELECT array_agg(customer_id) FROM (SELECT customer_id FROM went LIMIT %s) AS first_of_them)",
        MOST_NAMED,
        MOST_NAMED,
    )
    # With members just filled, stale statistics make a nested loop of the difference look cheap; it ran for minutes (guide 2, A3).
    rows_of(piece("SET LOCAL enable_nestloop = off"))
    [(members, came, went, entered, left)] = rows_of(statement)
    rows_of(piece("SET LOCAL enable_nestloop = on"))
    return Difference(members, came, went, list(entered or []), list(left or []))


def _work_out(segment: Segment, *, cause: str, now: datetime) -> Difference | None:
    began = time.monotonic()
    try:
        with transaction.atomic():
            transaction_lock(LOCK, store_id=require_store_id())
            kept = Segment.objects.live().filter(pk=segment.pk).first()
            if kept is None:
                return None  # put away meanwhile
            segment = kept  # not locked: a new version may be saved while this one is worked out, and is filled next
            at = At(now, terms_of_store(own=str(segment.public_id)))
            with asking(seconds=LONG_SECONDS):
                found = differ(segment, at)
            reads = sorted(read(segment.rule, at.terms).reads())
            segment.reads, segment.filled_version, segment.fault = reads, segment.version, ""
            segment.members_count, segment.counted_at, segment.swept_until = found.members, now, now
            segment.filled_for = at.terms.measures
            segment.save(update_fields=["reads", "filled_version", "filled_for", "fault", "members_count", "counted_at", "swept_until"])
            note_run(segment, found, cause=cause, began=now, took=time.monotonic() - began, drift=0)
            note_day(segment, at, entered=0, left=0)  # the rule changed; nobody came or went
            StoreWork.ring(SWEEP, store_id=segment.store_id, due_at=now)
            if found.entered_count or found.left_count:
                _fill_those_built_on(segment, now=now)
    except (RuleError, CannotAsk) as error:
        note_fault(segment, error)
        return None
    return found


def _fill_those_built_on(segment: Segment, *, now: datetime) -> None:
    """Have the segments worked out anew whose rule names this one: its members changed without news of any customer."""
    above = Segment.objects.live().filter(kind=Segment.Kind.RULE, reads__contains=[of_segment(str(segment.public_id))])
    if above.update(filled_version=0):
        StoreWork.ring(FILL, store_id=segment.store_id, due_at=now)


def note_run(segment: Segment, found: Difference, *, cause: str, began: datetime, took: float, drift: int) -> None:
    """Write down that a segment was worked out anew."""
    SegmentRun.objects.create(
        segment=segment, cause=cause, version=segment.version, began_at=began, took_ms=round(took * 1000), drift=drift,
        entered_count=found.entered_count, left_count=found.left_count, members_count=found.members,
    )  # fmt: skip


def note_day(segment: Segment, at: At, *, entered: int, left: int) -> None:
    """Keep the figures of the store's day up to date."""
    day = at.now.astimezone(at.terms.zone).date()
    row, is_new = SegmentDay.objects.get_or_create(
        segment=segment,
        day=day,
        defaults={"members_count": segment.members_count, "entered_count": entered, "left_count": left},
    )
    if not is_new:
        SegmentDay.objects.filter(pk=row.pk).update(
            members_count=segment.members_count, entered_count=F("entered_count") + entered, left_count=F("left_count") + left
        )


def note_fault(segment: Segment, error: Exception) -> None:
    """Write down why a segment cannot be worked out; its members stay as they are until that is mended."""
    why = str(error) if isinstance(error, RuleError) else type(error).__name__
    Segment.objects.filter(pk=segment.pk).update(fault=why[:300], filled_version=segment.version)


def memberships_of(customer_id: int) -> list[SegmentMember]:
    """Return the live segments a customer is in, by name."""
    rows = SegmentMember.objects.filter(customer_id=customer_id, segment__state=Segment.State.LIVE)
    return list(rows.select_related("segment").order_by("segment__name", "segment_id"))
