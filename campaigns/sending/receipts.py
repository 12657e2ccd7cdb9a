"""What became of messages after they left: delivered, bounced, clicked, as events of the customer; bad addresses are blocked.

Everything here may come twice and late: a moment is written only where there is none yet.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection, transaction

from campaigns.channels import Answer
from campaigns.models import Campaign, Journey, Message
from retention.customers.consent import suppress
from retention.customers.events import NewEvent, record_many
from retention.tenancy.context import require_store_id

DELIVERED, BOUNCED, CLICKED = "Email Delivered", "Email Bounced", "Email Link Clicked"
_TAKE_CLICKS = """
    WITH picked AS MATERIALIZED (
        SELECT id FROM campaigns_click WHERE store_id = %(store)s AND noted_at IS NULL ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE campaigns_click AS click SET noted_at = %(now)s FROM picked
    WHERE click.store_id = %(store)s AND click.id = picked.id
    RETURNING click.message_id, click.customer_id, click.position, click.at, click.suspected
"""
_FIRST_CLICK = """
    UPDATE campaigns_message AS m SET clicked_at = least(coalesce(m.clicked_at, v.at), v.at)
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS v(id, at) WHERE m.store_id = %s AND m.id = v.id
"""


def note_outcomes(written: Mapping[int, str], answers: Mapping[int, Answer], *, final: bool, now: datetime) -> None:
    """Note what is known at once: delivery where the account is the receiver, and addresses that do not exist."""
    delivered = [message_id for message_id, state in written.items() if state == "sent"] if final else []
    bounced = [message_id for message_id, state in written.items() if state == "failed" and answers[message_id].bad_address]
    note_delivered(delivered, now=now)
    note_bounced(bounced, now=now)


def note_delivered(message_ids: list[int], *, now: datetime) -> None:
    """Note that these messages arrived."""
    rows = Message.objects.filter(pk__in=message_ids, delivered_at=None)
    found = list(rows.values_list("pk", "customer_id", "channel", "subject")) if message_ids else []
    Message.objects.filter(pk__in=[row[0] for row in found]).update(delivered_at=now)
    origins = origins_of(row[0] for row in found)
    _tell(
        DELIVERED,
        [
            (customer_id, {"message_id": pk, "channel": channel, "subject": subject} | origins.get(pk, {}))
            for pk, customer_id, channel, subject in found
        ],
        now=now,
    )


def note_bounced(message_ids: list[int], *, now: datetime) -> None:
    """Note that these addresses do not exist, and never write to them again."""
    for message in Message.objects.filter(pk__in=message_ids, bounced_at=None).select_related("customer") if message_ids else []:
        Message.objects.filter(pk=message.pk).update(bounced_at=now)
        suppress(message.customer.email, channel=message.channel, reason="bounced", now=now)
        about = {"message_id": message.pk, "channel": message.channel} | origins_of([message.pk]).get(message.pk, {})
        _tell(BOUNCED, [(message.customer_id, about)], now=now)


def note_clicks(*, now: datetime, limit: int = 500) -> int:
    """Turn click rows nobody looked at yet into receipts, in one transaction; suspected ones count as seen and no more."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_CLICKS, {"store": require_store_id(), "limit": limit, "now": now})
            clicks = cursor.fetchall()
            human = [click for click in clicks if not click[4]]
            first: dict[int, datetime] = {}
            for message_id, _, _, at, _ in human:
                first[message_id] = min(at, first.get(message_id, at))
            if first:
                cursor.execute(_FIRST_CLICK, [list(first), list(first.values()), require_store_id()])
        origins = origins_of(first)
        record_many(
            [
                NewEvent(
                    customer_id, CLICKED, {"message_id": message_id, "position": position} | origins.get(message_id, {}), occurred_at=at
                )
                for message_id, customer_id, position, at, _ in human
            ],
            now=now,
        )
    return len(clicks)


def origins_of(message_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Return what an event about a message says of where it came from; nothing for other sources.

    journey: the public id of the journey or campaign, the word segments know senders by. step: the journey's step or the variant.
    """
    rows = Message.objects.filter(pk__in=list(message_ids), source_kind__in=("journey", "campaign"))
    found = list(rows.values_list("pk", "source_kind", "source_id", "step", "variant"))
    names = {
        kind: dict(model.objects.filter(pk__in={row[2] for row in found if row[1] == kind}).values_list("pk", "public_id"))
        for kind, model in (("journey", Journey), ("campaign", Campaign))
        if any(row[1] == kind for row in found)
    }
    return {
        pk: {"journey": str(names[kind][source]), "step": variant or step}
        for pk, kind, source, step, variant in found
        if source in names[kind]
    }


def _tell(name: str, happened: list[tuple[int, dict[str, object]]], *, now: datetime) -> None:
    if happened:
        record_many([NewEvent(customer_id, name, properties) for customer_id, properties in happened], now=now)
