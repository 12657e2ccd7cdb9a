"""What providers tell us: whose connection they call, and that each thing they tell is carried out once."""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection as database
from django.db import transaction

from campaigns.channels import Receipt
from campaigns.models import Connection, Message, ProviderReport
from campaigns.sending.receipts import note_bounced, note_complained, note_delivered, note_unsubscribed
from retention.kit.secrets import CannotUnseal
from retention.tenancy.context import require_store_id, store_context
from retention.tenancy.unscoped import unscoped

KEPT = timedelta(days=30)
_SWEPT_AT_ONCE = 100
_NOTE = """
    INSERT INTO campaigns_providerreport (store_id, connection_id, key, received_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (store_id, connection_id, key) DO NOTHING
"""


def find_connection(public_id: UUID, *, providers: Collection[str]) -> Connection | None:
    """Return the connection whose address a provider called, whichever store has it."""
    with unscoped(reason="find the store of a provider's address"):
        found: Connection | None = Connection.objects.filter(public_id=public_id, provider__in=list(providers)).first()
    return found


def report_password(public_id: UUID) -> str:
    """Return the password in the hook's address of services that sign nothing; derived, so nothing is stored."""
    key = hashlib.sha256(b"campaigns.reports:" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, public_id.bytes, hashlib.sha256).hexdigest()[:40]


def credentials_of(connection: Connection) -> Mapping[str, Any]:
    """Return what a call must be signed with; nothing when it cannot be read, and then nothing is believed."""
    with store_context(connection.store_id):
        try:
            return connection.credentials()
        except CannotUnseal:
            return {}


def first_time(connection: Connection, key: str, *, now: datetime) -> bool:
    """Note that a thing was told, in the caller's transaction; False when it was before. Old notes leave on the way."""
    old = ProviderReport.objects.filter(received_at__lt=now - KEPT).order_by("received_at").values("pk")[:_SWEPT_AT_ONCE]
    ProviderReport.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    with database.cursor() as cursor:
        cursor.execute(_NOTE, [require_store_id(), connection.pk, key[:120], now])
        return int(cursor.rowcount) == 1


def take_receipt(connection: Connection, receipt: Receipt, *, now: datetime) -> bool:
    """Carry out what a provider reports of a message of ours, once; False when it is none of this connection's or was told before.

    A report also settles what was unknown or waits for a repeat: who reports that it was sent has taken it.
    """
    told, event = str(receipt.data.get("id", "")), str(receipt.data.get("event", ""))
    try:
        key = UUID(receipt.key)
    except ValueError:
        return False
    with store_context(connection.store_id), transaction.atomic():
        message = Message.objects.select_for_update().filter(public_id=key, channel=connection.channel).first()
        if message is None or not (told or event) or (told and message.provider_message_id and message.provider_message_id != told):
            return False
        if not first_time(connection, event or f"{receipt.kind}:{told}", now=now):
            return False
        _settle(message, receipt, told=told, now=now)
    return True


def _settle(message: Message, receipt: Receipt, *, told: str, now: datetime) -> None:
    doubtful = message.state == Message.State.READY and message.provider_key != ""
    if message.state == Message.State.UNKNOWN or doubtful:
        Message.objects.filter(pk=message.pk).update(
            state=Message.State.SENT,
            reason="",
            sent_at=message.first_attempt_at or receipt.at,
            provider_message_id=told[:200] or message.provider_message_id,
            finished_at=now,
            provider_key="",
            holder=None,
            lease_until=None,
        )
    if receipt.kind == "delivered":
        note_delivered([message.pk], now=receipt.at)
    elif receipt.kind == "bounced":
        note_bounced([message.pk], now=now, permanent=receipt.permanent, detail=receipt.detail)
    elif receipt.kind == "complained":
        note_complained([message.pk], now=now)
    elif receipt.kind == "unsubscribed":
        note_unsubscribed([message.pk], now=now)
