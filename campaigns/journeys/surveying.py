"""What somebody answered to the question after a delivery: it becomes attributes of theirs, and an event a journey may wait for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.models import Message
from retention.customers.events import record, tell_readers
from retention.customers.models import Customer, CustomerEvent
from retention.customers.profile import Told, apply_traits
from retention.kit.words import Phrase, gettext_noop

ANSWERED = "Survey Answered"
SCORE, NOTE, DAY = "survey_score", "survey_note", "survey_on"
KINDS: Mapping[str, str] = {SCORE: "number", NOTE: "text", DAY: "date"}
LONGEST_NOTE = 500
MOST_EVENTS = 3
"""So often answers to one message are told as events. A further one changes what we know of them, and nothing begins anew."""
SCORES: tuple[tuple[int, Phrase], ...] = (
    (5, Phrase(gettext_noop("Very well"))),
    (4, Phrase(gettext_noop("Well"))),
    (3, Phrase(gettext_noop("So-so"))),
    (2, Phrase(gettext_noop("Not well"))),
    (1, Phrase(gettext_noop("Badly"))),
)


def answer(message: Message, *, score: int, note: str, now: datetime) -> bool:
    """Write down how it went for whoever got a message, and say whether that is news.

    score: 1 (badly) to 5 (very well). note: their own words, cut after 500 characters. The later answer counts; the same again to the same
    message is no news, and after MOST_EVENTS of a message's no event tells of it.
    """
    words = note.replace("\0", "").strip()[:LONGEST_NOTE]
    about: dict[str, Any] = {"score": score, "note": words, "message_id": message.public_id.hex}
    with transaction.atomic():
        customer = Customer.objects.select_for_update().get(pk=message.customer_id)
        if _last_answer(customer, about["message_id"]) == about:
            return False
        told = {SCORE: score, DAY: now.date().isoformat()} | ({NOTE: words} if words or NOTE in customer.attributes else {})
        tell_readers(apply_traits([Told(customer.pk, told, now, trusted=True)]), now=now)
        if _events_of(message) < MOST_EVENTS:
            record(customer.pk, name=ANSWERED, now=now, properties=about)
    return True


def _last_answer(customer: Customer, message_id: str) -> Mapping[str, Any] | None:
    """Return what somebody said last to one message, or None."""
    rows = CustomerEvent.objects.filter(customer=customer, kind="own", name=ANSWERED, properties__message_id=message_id)
    found: Mapping[str, Any] | None = rows.order_by("-occurred_at", "-id").values_list("properties", flat=True).first()
    return found


def _events_of(message: Message) -> int:
    """Return how many events tell of answers to a message; under the lock of its customer."""
    told = CustomerEvent.objects.filter(customer_id=message.customer_id, name=ANSWERED, received_at__gte=message.planned_at)
    return int(told.filter(properties__message_id=message.public_id.hex).count())
