"""What e-mail services report: taken only with proof, once however often it is sent, and with the effects it must have."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Connection, Message, ProviderReport
from campaigns.sending.hearing import report_password
from retention.customers.consent import is_suppressed, may_write
from retention.customers.models import CustomerEvent
from retention.kit import clock
from retention.webhooks.signing import new_secret, sign
from tests.campaigns.crowd import make_ready
from tests.campaigns.story import send

pytestmark = pytest.mark.django_db
AT = "2026-03-02T12:00:05Z"


@pytest.fixture
def sent(store: Any, sink: Any) -> Message:
    """Return a message that left."""
    make_ready(1, now=clock.now())
    send(store, now=clock.now())
    message: Message = Message.objects.get()
    return message


def account(provider: str, secret: str = "") -> Connection:
    made = Connection.objects.create(channel="email", provider=provider, name=provider)
    made.keep_credentials({"report_secret": secret} if secret else {})
    made.save()
    return made


def post(made: Connection, told: Any, headers: dict[str, str] | None = None) -> Any:
    address = reverse("email_reports", args=[made.public_id])
    return Client(headers=headers or {}).post(address, json.dumps(told), content_type="application/json")


def basic(made: Connection, password: str = "") -> dict[str, str]:
    words = f"boomerang:{password or report_password(made.public_id)}"
    return {"authorization": "Basic " + base64.b64encode(words.encode()).decode()}


def of_postmark(message: Message, kind: str, **more: Any) -> dict[str, Any]:
    told = {"RecordType": kind, "MessageID": "b7bc2f4a", "Metadata": {"boomerang": message.public_id.hex}}
    return told | {"DeliveredAt": AT, "BouncedAt": AT, "ChangedAt": AT, "Recipient": message.customer.email, "ID": 42} | more


def test_delivery_is_noted_once_however_often_it_is_told(sent: Message) -> None:
    Message.objects.update(delivered_at=None)
    CustomerEvent.objects.filter(name="Email Delivered").delete()
    made = account("postmark")
    for _ in range(3):
        assert post(made, of_postmark(sent, "Delivery"), basic(made)).status_code == 200
    assert Message.objects.get().delivered_at is not None
    assert CustomerEvent.objects.filter(name="Email Delivered").count() == 1
    assert ProviderReport.objects.count() == 1


@pytest.mark.parametrize(("kind", "blocked"), [("HardBounce", True), ("SoftBounce", False), ("BadEmailAddress", True)])
def test_only_a_final_bounce_blocks_the_address(sent: Message, kind: str, blocked: bool) -> None:
    made = account("postmark")
    assert post(made, of_postmark(sent, "Bounce", Type=kind), basic(made)).status_code == 200
    assert is_suppressed(sent.customer.email, channel="email") is blocked
    assert ProviderReport.objects.count() == 1


def test_a_complaint_is_a_no_and_blocks_the_address(sent: Message) -> None:
    made = account("postmark")
    assert may_write([sent.customer_id], channel="email")
    assert post(made, of_postmark(sent, "SpamComplaint", Type="SpamComplaint"), basic(made)).content == b"1 new\n"
    assert not may_write([sent.customer_id], channel="email")
    assert is_suppressed(sent.customer.email, channel="email")
    assert CustomerEvent.objects.filter(name="Email Complained").count() == 1


def test_a_report_settles_what_was_unknown(sent: Message) -> None:
    Message.objects.update(state="unknown", reason="no_answer", sent_at=None, delivered_at=None)
    made = account("postmark")
    assert post(made, of_postmark(sent, "Delivery"), basic(made)).status_code == 200
    settled = Message.objects.get()
    assert (settled.state, settled.reason, settled.sent_at) == ("sent", "", settled.first_attempt_at)


def test_without_the_password_nothing_happens(sent: Message) -> None:
    made, other = account("postmark"), account_of_nobody()
    told = of_postmark(sent, "Bounce", Type="HardBounce")
    for headers in ({}, basic(made, "wrong"), basic(made, report_password(other))):
        assert post(made, told, headers).status_code == 403
    assert not ProviderReport.objects.exists()
    assert not is_suppressed(sent.customer.email, channel="email")


def account_of_nobody() -> Any:
    return Message.objects.get().public_id


def test_a_changed_byte_or_an_old_moment_fails_a_signature(sent: Message) -> None:
    secret = new_secret()
    made = account("resend", secret)
    tags = {"boomerang": sent.public_id.hex}
    told: Any = {"type": "email.bounced", "created_at": AT, "data": {"email_id": "e1", "to": [sent.customer.email], "tags": tags}}
    told["data"] |= {
        "bounce": {"type": "Permanent", "message": "no such user"},
        "headers": [{"name": "X-Metadata", "value": json.dumps(tags)}],
    }
    body = json.dumps(told).encode()

    def ask(sent_body: bytes, stamp: int, signed: bytes = body) -> int:
        signature = sign(signed, webhook_id="msg_1", timestamp=stamp, secrets=[secret])
        headers = {"svix-id": "msg_1", "svix-timestamp": str(stamp), "svix-signature": signature}
        return (
            Client(headers=headers)
            .post(reverse("email_reports", args=[made.public_id]), sent_body, content_type="application/json")
            .status_code
        )

    now = int(time.time())
    assert ask(body + b" ", now) == 403
    assert ask(body, now - 301) == 403
    assert not ProviderReport.objects.exists()
    assert ask(body, now) == 200
    assert is_suppressed(sent.customer.email, channel="email")


def test_mailgun_signs_with_its_own_key(sent: Message) -> None:
    made = account("mailgun", "signing-key")
    stamp, token = str(int(time.time())), "t" * 50
    signature = hmac.new(b"signing-key", f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    event = {"event": "failed", "severity": "permanent", "id": "ev1", "timestamp": float(stamp), "recipient": sent.customer.email}
    event |= {"user-variables": {"boomerang": sent.public_id.hex}, "message": {"headers": {"message-id": "m1"}}}
    told: Any = {"signature": {"timestamp": stamp, "token": token, "signature": signature}, "event-data": event}
    assert post(made, told | {"signature": told["signature"] | {"signature": "0" * 64}}).status_code == 403
    assert post(made, told).status_code == 200
    assert is_suppressed(sent.customer.email, channel="email")


@pytest.mark.parametrize("told", [[], {}, "text", {"RecordType": "Odd"}, {"RecordType": "Delivery", "Metadata": {"boomerang": "x"}}])
def test_what_cannot_be_read_or_is_of_no_mail_changes_nothing(sent: Message, told: Any) -> None:
    made = account("postmark")
    assert post(made, told, basic(made)).status_code in {200, 400}
    assert not ProviderReport.objects.exists()


def test_a_mail_of_another_store_is_not_touched(sent: Message) -> None:
    from retention.tenancy.context import store_context
    from tests.factories import make_store

    other = make_store("Other")
    with store_context(other.pk):
        made = account("postmark")
    assert post(made, of_postmark(sent, "Bounce", Type="HardBounce"), basic(made)).content == b"0 new\n"
    assert Message.objects.get().bounced_at is None


def test_mailersend_signs_the_whole_report_and_our_key_is_a_tag(sent: Message) -> None:
    made = account("mailersend", "signing-key")
    about = {"tags": [sent.public_id.hex], "message": {"id": "m1"}, "recipient": {"email": sent.customer.email}}
    told = {"type": "activity.hard_bounced", "data": {"id": "ev1", "type": "hard_bounced", "created_at": AT, "email": about, "morph": None}}
    body = json.dumps(told).encode()
    address = reverse("email_reports", args=[made.public_id])

    def ask(sent_body: bytes) -> int:
        signature = hmac.new(b"signing-key", body, hashlib.sha256).hexdigest()
        answer = Client(headers={"signature": signature}).post(address, sent_body, content_type="application/json")
        return answer.status_code

    assert ask(body + b" ") == 403
    assert not is_suppressed(sent.customer.email, channel="email")
    assert ask(body) == 200
    assert is_suppressed(sent.customer.email, channel="email")
