"""What became of messages after they left: delivered, bounced, clicked, as events of the customer; bad addresses are blocked.

Everything here may come twice and late: a moment is written only where there is none yet.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection, transaction

from campaigns.channels import Answer
from campaigns.models import Campaign, Journey, Message
from campaigns.sending.addresses import address_of
from campaigns.sending.breaking import ring
from campaigns.sending.browsers import note_gone
from campaigns.sending.shelving import keep_for_visits
from retention.customers.consent import ADDRESS_COLUMNS, Said, record_consents, suppress
from retention.customers.events import NewEvent, record_many
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

# What each channel's events are called; segments, journeys and timelines know them by these names.
DELIVERED = {"email": "Email Delivered", "sms": "SMS Delivered", "push": "Push Delivered", "onsite": "On-site Shown"}
BOUNCED = {"email": "Email Bounced", "sms": "SMS Failed", "push": "Push Failed"}
COMPLAINED = "Email Complained"
CLICKED = {"email": "Email Link Clicked", "sms": "SMS Link Clicked", "push": "Push Clicked", "onsite": "On-site Clicked"}
_TAKE_CLICKS = f"""
    WITH picked AS MATERIALIZED (
        SELECT id FROM campaigns_click WHERE store_id = %(store)s AND noted_at IS NULL ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    )
    UPDATE campaigns_click AS click SET noted_at = %(now)s FROM picked
    WHERE click.store_id = %(store)s AND click.id = picked.id AND {said_to_be_few("picked.id")}
    RETURNING click.message_id, click.customer_id, click.position, click.at, click.suspected
"""  # noqa: S608 - the condition above
_FIRST_CLICK = f"""
    UPDATE campaigns_message AS m SET clicked_at = least(coalesce(m.clicked_at, v.at), v.at)
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS v(id, at)
    WHERE m.store_id = %s AND m.id = v.id AND {said_to_be_few("v.id")}
"""  # noqa: S608 - the condition above


def note_outcomes(written: Mapping[int, str], answers: Mapping[int, Answer], *, final: bool, now: datetime) -> None:
    """Note what is known at once: delivery where the account is the receiver, and addresses that do not exist."""
    delivered = [message_id for message_id, state in written.items() if state == "sent"] if final else []
    bounced = [message_id for message_id, state in written.items() if state == "failed" and answers[message_id].bad_address]
    stopped = [message_id for message_id, state in written.items() if state == "failed" and answers[message_id].unsubscribed]
    note_gone((name for message_id in written for name in answers[message_id].gone), now=now)
    keep_for_visits({pk: answers[pk].kept for pk, state in written.items() if state == "sent" and answers[pk].kept}, now=now)
    note_delivered(delivered, now=now)
    note_bounced(bounced, now=now)
    note_unsubscribed(stopped, now=now)


def note_delivered(message_ids: list[int], *, now: datetime) -> None:
    """Note that these messages arrived."""
    if not message_ids:
        return
    rows = Message.objects.filter(pk__in=message_ids, delivered_at=None)
    found = list(rows.values_list("pk", "customer_id", "channel", "subject"))
    Message.objects.filter(pk__in=[row[0] for row in found]).update(delivered_at=now)
    origins = origins_of(row[0] for row in found)
    _tell(
        [
            (customer_id, DELIVERED[channel], {"message_id": pk, "channel": channel, "subject": subject} | origins.get(pk, {}))
            for pk, customer_id, channel, subject in found
        ],
        now=now,
    )


def note_bounced(message_ids: list[int], *, now: datetime, permanent: bool = True, detail: str = "") -> None:
    """Note that these messages came back. permanent: the addresses do not exist and are never written to again."""
    for message in Message.objects.filter(pk__in=message_ids, bounced_at=None).select_related("customer") if message_ids else []:
        Message.objects.filter(pk=message.pk).update(bounced_at=now, bounced_for_good=permanent)
        if permanent:
            ring(now=now)
        if permanent and message.channel in ADDRESS_COLUMNS:
            suppress(address_of(message.customer, message.channel), channel=message.channel, reason="bounced", now=now)
        about = _about(message) | {"permanent": permanent} | ({"detail": detail} if detail else {})
        _tell([(message.customer_id, BOUNCED[message.channel], about)], now=now)


def note_unsubscribed(message_ids: list[int], *, now: datetime) -> None:
    """Note that these people told the provider itself to stop: they are never written to again on this channel (S44)."""
    _note_no(message_ids, reason="unsubscribed", name="Unsubscribed", now=now)


def note_complained(message_ids: list[int], *, now: datetime) -> None:
    """Note that these people called a mail unwanted at their provider: they said no, and their address is blocked (S40)."""
    if Message.objects.filter(pk__in=message_ids, complained_at=None).update(complained_at=now):
        ring(now=now)
    _note_no(message_ids, reason="complained", name=COMPLAINED, now=now)


def _note_no(message_ids: list[int], *, reason: str, name: str, now: datetime) -> None:
    for message in Message.objects.filter(pk__in=message_ids).select_related("customer") if message_ids else []:
        suppress(address_of(message.customer, message.channel), channel=message.channel, reason=reason, now=now)
        source = f"message {message.pk}"
        record_consents([Said(message.customer_id, message.channel, "refused", now, method="provider", source=source)], now=now)
        _tell([(message.customer_id, name, _about(message))], now=now)


def _about(message: Message) -> dict[str, object]:
    return {"message_id": message.pk, "channel": message.channel} | origins_of([message.pk]).get(message.pk, {})


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
        channels = dict(Message.objects.filter(pk__in=list(first)).values_list("pk", "channel")) if first else {}
        record_many(
            [
                NewEvent(
                    customer_id,
                    CLICKED[channels[message_id]],
                    {"message_id": message_id, "position": position} | origins.get(message_id, {}),
                    occurred_at=at,
                )
                for message_id, customer_id, position, at, _ in human
                if message_id in channels
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


def _tell(happened: list[tuple[int, str, dict[str, object]]], *, now: datetime) -> None:
    if happened:
        record_many([NewEvent(customer_id, name, properties) for customer_id, name, properties in happened], now=now)
