"""What providers report is taken once and has its effects: unknown becomes sent, addresses are blocked, a no is a no.

Reports come twice, late and in any order; each is a row, and only a new row has effects. Source: reliability guide 2.3 and S40, S41.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from campaigns.channels.email.reports import Report
from campaigns.models import Connection, Message, ProviderReport
from campaigns.sending.receipts import COMPLAINED, UNSUBSCRIBED, note_bounced, note_delivered, note_refused
from retention.kit.locks import transaction_lock
from retention.kit.random_ids import read_id
from retention.tenancy.context import require_store_id


def take_reports(account: Connection, reports: Sequence[Report], *, now: datetime) -> int:
    """Store the reports that are new and carry out what they mean, in one transaction; return how many were new.

    Runs in the store's context. A report of a message we do not have is dropped: it may be one that was erased.
    """
    keys = {report.receipt.key: public_id for report in reports if (public_id := read_id(report.receipt.key))}
    with transaction.atomic():
        transaction_lock("reports", store_id=require_store_id())
        found = dict(Message.objects.filter(public_id__in=keys.values()).values_list("public_id", "pk"))
        known = ProviderReport.objects.filter(connection=account, event_id__in=[report.event_id for report in reports])
        seen = set(known.values_list("event_id", flat=True))
        fresh: list[ProviderReport] = []
        for report in reports:
            message_id = found.get(keys.get(report.receipt.key))
            if message_id is None or report.event_id in seen:
                continue
            seen.add(report.event_id)
            fresh.append(_row(account, report, message_id, now=now))
        ProviderReport.objects.bulk_create(fresh)
        _carry_out(fresh, now=now)
    return len(fresh)


def _row(account: Connection, report: Report, message_id: int, *, now: datetime) -> ProviderReport:
    receipt = report.receipt
    return ProviderReport(
        connection=account,
        event_id=report.event_id,
        message_id=message_id,
        kind=receipt.kind,
        permanent=receipt.permanent,
        detail=receipt.detail[:200],
        at=receipt.at,
        received_at=now,
    )


def _carry_out(fresh: Sequence[ProviderReport], *, now: datetime) -> None:
    left = [row.message_id for row in fresh]  # whatever is reported of it, it left
    unknown = Message.objects.filter(pk__in=left, state=Message.State.UNKNOWN)
    unknown.update(state=Message.State.SENT, reason="", sent_at=Coalesce(F("first_attempt_at"), Value(now)), finished_at=now)
    note_delivered(_of(fresh, "delivered"), now=now)
    note_bounced([row.message_id for row in fresh if row.kind == "bounced" and row.permanent], now=now)
    note_refused(_of(fresh, "complained"), name=COMPLAINED, now=now)
    note_refused(_of(fresh, "unsubscribed"), name=UNSUBSCRIBED, now=now)


def _of(rows: Sequence[ProviderReport], kind: str) -> list[int]:
    return [row.message_id for row in rows if row.kind == kind]
