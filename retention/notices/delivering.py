"""Claiming and sending what is owed: at most once, unless a second copy does no harm.

A claim is committed before the call, with a lease on the database's clock and a rising token. What may have arrived is never sent
again by itself: it ends as unknown. Source: reliability guide 2.3.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from retention.kit.metrics import NOTICES
from retention.notices.carriers import Carrier, Ending, Mail, Outcome, carrier_for
from retention.notices.models import Notice

log = logging.getLogger("boomerang.notices")

SEND_SECONDS = 20.0
LEASE_SECONDS = 60
MOST_ATTEMPTS = 12
BACKOFF_SECONDS = (5, 10, 30, 60, 120, 300, 600)

_CLAIM = """
    UPDATE notices_notice SET state = 'sending', token = token + 1, attempts = attempts + 1,
        leased_until = now() + %s * interval '1 second'
    WHERE id = (
        SELECT id FROM notices_notice WHERE state = 'ready' AND due_at <= now()
        ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id, token, attempts, may_repeat, kind, "to", subject, text, html
"""
_SETTLE = """
    UPDATE notices_notice SET state = %s, error = %s, leased_until = now(),
        due_at = CASE WHEN %s = 'ready' THEN now() + %s * interval '1 second' ELSE due_at END,
        sent_at = CASE WHEN %s = 'sent' THEN now() ELSE sent_at END
    WHERE id = %s AND token = %s AND state IN ('sending', 'unknown')
"""
_ABANDONED = """
    UPDATE notices_notice SET error = 'The worker ended before it could say how it went.', leased_until = now(), due_at = now(),
        state = CASE WHEN may_repeat AND attempts < %s THEN 'ready' ELSE 'unknown' END
    WHERE state = 'sending' AND leased_until < now()
"""


@dataclass(frozen=True)
class Claimed:
    """One notice this worker holds, and the mail in it."""

    id: int
    token: int
    attempts: int
    may_repeat: bool
    mail: Mail


def deliver_due(carrier: Carrier, *, seconds: float = 25.0) -> int:
    """Send what is due until nothing is, or until the time is used up; return how many were tried.

    Call it outside a transaction. Any number of workers may do so at once.
    """
    end = time.monotonic() + seconds
    tried = 0
    while time.monotonic() < end:
        claimed = claim()
        if claimed is None:
            break
        settle(claimed, carrier_for(claimed.mail, otherwise=carrier).send(claimed.mail, seconds=SEND_SECONDS))
        tried += 1
    return tried


def claim() -> Claimed | None:
    """Take the notice that waits longest; None when nothing is due. Committed before anything is sent."""
    if connection.in_atomic_block:
        raise transaction.TransactionManagementError("A notice is claimed in a transaction of its own, before the call.")
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [LEASE_SECONDS])
        row = cursor.fetchone()
    if row is None:
        return None
    number, token, attempts, may_repeat, kind, to, subject, text, html = row
    mail = Mail(kind=kind, to=to, subject=subject, text=text, html=html, reference=f"notice-{number}")
    return Claimed(number, token, attempts, may_repeat, mail)


def settle(claimed: Claimed, outcome: Outcome) -> bool:
    """Write down how a try ended; False when a later claim holds the notice. Late good news is welcome."""
    state = next_state(outcome.ending, attempts=claimed.attempts, may_repeat=claimed.may_repeat)
    pause = BACKOFF_SECONDS[min(claimed.attempts, len(BACKOFF_SECONDS)) - 1]
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [state, outcome.words[:300], state, pause, state, claimed.id, claimed.token])
        written = bool(cursor.rowcount == 1)
    NOTICES.labels(state).inc()
    if state != "sent":
        log.warning(
            "notice not sent", extra={"notice": claimed.id, "kind": claimed.mail.kind, "state": state, "attempts": claimed.attempts}
        )
    return written


def next_state(ending: Ending, *, attempts: int, may_repeat: bool) -> str:
    """Decide what becomes of a notice after a try."""
    if ending is Ending.SENT:
        return "sent"
    if ending is Ending.REFUSED:
        return "failed"
    if ending is Ending.UNKNOWN and not may_repeat:
        return "unknown"
    if attempts < MOST_ATTEMPTS:
        return "ready"
    return "failed" if ending is Ending.NOT_SENT else "unknown"


def sweep_abandoned() -> int:
    """Settle what a worker that ended left behind, and return how many: again if a copy does no harm, else unknown."""
    with connection.cursor() as cursor:
        cursor.execute(_ABANDONED, [MOST_ATTEMPTS])
        return int(cursor.rowcount)


def erase_old() -> int:
    """Empty the bodies that hold secret links: an hour after sending, a day after failing; drop rows after 30 days."""
    now = timezone.now()
    sent, failed, finished = old_notices(now)
    count = sent.update(text="", html="") + failed.update(text="", html="")
    finished.delete()
    return count


def old_notices(now: datetime) -> tuple[QuerySet[Notice], QuerySet[Notice], QuerySet[Notice]]:
    """Return the sent ones and the failed ones whose bodies must go, and all that are dropped; each is found by an index of its own."""
    written = Notice.objects.exclude(text="", html="")
    return (
        written.filter(state="sent", sent_at__lt=now - timedelta(hours=1)),
        written.filter(state__in=["failed", "unknown"], leased_until__lt=now - timedelta(days=1)),
        Notice.objects.filter(state__in=["sent", "failed", "unknown"], created_at__lt=now - timedelta(days=30)),
    )
