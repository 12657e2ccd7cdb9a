"""What people write back to a text: STOP takes effect within the call, HELP is answered, START undoes a STOP and nothing else.

Every reply is kept on the timeline of whoever was written to last at this number. Source: reliability guide S43.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from campaigns.channels import Reply
from campaigns.channels.sms.answers import answer
from campaigns.channels.sms.stopping import HELP, START, STOP, read_word
from campaigns.models import Connection, Message
from campaigns.sending.hearing import first_time
from campaigns.sending.receipts import origins_of
from retention.customers.consent import Said, allow_again, record_consents, suppress
from retention.customers.events import NewEvent, record_many
from retention.customers.models import Consent, ConsentRecord, Customer
from retention.stores.models import Store
from retention.tenancy.context import store_context

RECEIVED = "SMS Received"
STOPPED_BY, STARTED_BY = "sms-stop", "sms-start"
_MOST_PEOPLE = 50


def take_reply(connection: Connection, reply: Reply, *, now: datetime) -> str:
    """Carry out one reply, once, and return what is to be answered; nothing when the provider answered it or it was told before."""
    word = reply.told if reply.told in {STOP, HELP, START} else read_word(reply.text)
    with store_context(connection.store_id), transaction.atomic():
        if not first_time(connection, f"reply:{reply.key}", now=now):
            return ""
        people = list(Customer.objects.select_for_update().filter(phone=reply.sender).order_by("pk")[:_MOST_PEOPLE])
        last = _last_message(people)
        origin = origins_of([last.pk]).get(last.pk, {}) if last is not None else {}
        changed = _obey(word, people, phone=reply.sender, last=last, origin=origin, now=now)
        writer = _writer(people, last)
        if writer is not None:
            properties = {"channel": connection.channel, "text": reply.text[:1600], **origin} | ({"word": word} if word else {})
            record_many([NewEvent(writer.pk, RECEIVED, properties)], now=now)
        if not changed or reply.told:
            return ""
        store = Store.objects.get(pk=connection.store_id)
        language = (writer.language if writer is not None else "") or store.locale
        return answer(word, shop=store.name, web=store.web_address, language=language)


def _obey(word: str, people: Sequence[Customer], *, phone: str, last: Message | None, origin: Mapping[str, str], now: datetime) -> bool:
    """Do what the word asks for and say whether it deserves an answer; a second STOP gets none."""
    if word == STOP:
        return _stop(people, phone=phone, last=last, origin=origin, now=now)
    if word == START:
        return _start(people, phone=phone, now=now)
    return word == HELP


def _stop(people: Sequence[Customer], *, phone: str, last: Message | None, origin: Mapping[str, str], now: datetime) -> bool:
    """Block the number and take back every yes. last, origin: what this number got last, and where that came from: it drew the STOP."""
    news = suppress(phone, channel="sms", reason="unsubscribed", now=now)
    refused = set(Consent.objects.filter(customer__in=people, channel="sms", status="refused").values_list("customer_id", flat=True))
    going = [customer for customer in people if customer.pk not in refused]
    record_consents([Said(customer.pk, "sms", "refused", now, method=STOPPED_BY, source="reply") for customer in going], now=now)
    told = {one.pk: {"channel": "sms", **(origin if last is not None and one.pk == last.customer_id else {})} for one in going}
    record_many([NewEvent(pk, "Unsubscribed", properties) for pk, properties in told.items()], now=now)
    return news or bool(going)


def _start(people: Sequence[Customer], *, phone: str, now: datetime) -> bool:
    """Lift the block a STOP made, and give back the yes it took; who said no in another way stays so."""
    lifted = allow_again(phone, channel="sms", now=now)
    back = [customer for customer in people if _stopped_a_yes(customer)]
    record_consents([Said(customer.pk, "sms", "granted", now, method=STARTED_BY, source="reply") for customer in back], now=now)
    return lifted or bool(back)


def _stopped_a_yes(customer: Customer) -> bool:
    """Say whether the last word of this person was a STOP and the one before it a yes."""
    said = ConsentRecord.objects.filter(customer=customer, channel="sms").order_by("-said_at", "-id")
    last = list(said.values_list("status", "method")[:2])
    return len(last) == 2 and last[0] == ("refused", STOPPED_BY) and last[1][0] == "granted"


def _last_message(people: Sequence[Customer]) -> Message | None:
    """Return what this number got last."""
    sent = Message.objects.filter(customer__in=people, channel="sms").exclude(sent_at=None)
    last: Message | None = sent.order_by("-sent_at").first() if people else None
    return last


def _writer(people: Sequence[Customer], last: Message | None) -> Customer | None:
    """Return whom we wrote to last at this number, else the one we know longest."""
    return next((one for one in people if last is not None and one.pk == last.customer_id), people[0] if people else None)
