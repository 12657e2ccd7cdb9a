"""Amazon SES: the mail as we made it in a signed request, what an answer means, and reports proven by Amazon's signature."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.test import Client
from django.urls import reverse

from campaigns.channels.base import Account, Answer, Outcome, Outgoing
from campaigns.channels.email import sns
from campaigns.channels.email.aws import signed_headers
from campaigns.channels.email.providers import PROVIDERS
from campaigns.channels.email.providers.ses import classify
from campaigns.models import Connection, Message, ProviderReport
from retention.customers.consent import is_suppressed
from retention.kit import clock
from tests.campaigns.crowd import make_ready
from tests.campaigns.esp import Service, playing
from tests.campaigns.story import send

KEY, TOPIC = "4f9d0d2e6b1c4e6f9a3b2c1d0e8f7a6b", "arn:aws:sns:eu-central-1:123456789012:lumen"
CERTIFICATE = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-test.pem"
SIGNER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def service(settings: Any) -> Iterator[Service]:
    with playing() as running:
        settings.FETCH_ALLOWED_PORTS = [running.port]
        yield running


def hand_over(service: Service, **settings: str) -> Answer:
    told = {"region": "eu-central-1", "api_url": service.url, "configuration_set": "lumen"} | settings
    account = Account("ses", told, {"access_key_id": "AKID", "secret_access_key": "s3cret"})
    outgoing = Outgoing(KEY, "hello@lumen.example.test", "jane@example.test", b"Subject: Hi\r\n\r\nHello\r\n")
    return PROVIDERS["ses"].open(account).send(outgoing, deadline=time.monotonic() + 5)


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ],
)
def test_requests_are_signed_as_amazon_s_own_vectors_say(method: str, signature: str) -> None:
    told = signed_headers(
        method, "https://example.amazonaws.com/", headers={}, body=b"", region="us-east-1", service="service", key_id="AKIDEXAMPLE",
        secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", now=datetime(2015, 8, 30, 12, 36, tzinfo=UTC),
    )  # fmt: skip
    assert told["authorization"].endswith(f"SignedHeaders=host;x-amz-date, Signature={signature}")


def test_the_mail_arrives_as_it_was_made_with_our_key_as_a_tag(service: Service) -> None:
    service.answer = (200, {"MessageId": "0100018"}, {})
    answer = hand_over(service)
    assert (answer.outcome, answer.provider_message_id) == (Outcome.ACCEPTED, "0100018")
    [(path, headers, body)] = service.asked
    told = json.loads(body)
    assert path == "/v2/email/outbound-emails"
    assert base64.b64decode(told["Content"]["Raw"]["Data"]) == b"Subject: Hi\r\n\r\nHello\r\n"
    assert told["Destination"] == {"ToAddresses": ["jane@example.test"]}
    assert (told["EmailTags"], told["ConfigurationSetName"]) == ([{"Name": "boomerang", "Value": KEY}], "lumen")
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert "s3cret" not in f"{headers}{body!r}"
    assert hand_over(service, region="evil.test/").outcome is Outcome.NOT_SENT
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind", "outcome", "whole"),
    [
        (200, "", Outcome.AMBIGUOUS, False), (429, "TooManyRequestsException", Outcome.LATER, True),
        (400, "LimitExceededException", Outcome.LATER, True), (400, "SendingPausedException", Outcome.NOT_SENT, True),
        (403, "SignatureDoesNotMatch", Outcome.NOT_SENT, True), (400, "MessageRejected", Outcome.REFUSED, False),
        (503, "ServiceUnavailable", Outcome.AMBIGUOUS, False),
    ],
)  # fmt: skip
def test_what_an_answer_means(status: int, kind: str, outcome: Outcome, whole: bool) -> None:
    answer = classify(status, {"x-amzn-errortype": f"{kind}:http://internal"}, b'{"message": "about jane@example.test"}')
    assert (answer.outcome, answer.whole_account, "jane" in answer.detail) == (outcome, whole, False)


def test_an_address_that_is_not_verified_rests_the_account_and_fails_no_mail() -> None:
    told = b'{"message": "Email address is not verified. The following identities failed the check: jane@example.test"}'
    answer = classify(400, {"x-amzn-errortype": "MessageRejected"}, told)
    assert (answer.outcome, answer.whole_account, answer.detail) == (Outcome.NOT_SENT, True, "400 MessageRejected")


def certificate(*, days: int = 30) -> bytes:
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")]), datetime.now(UTC)
    begun = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(SIGNER.public_key()).serial_number(1)
    made = begun.not_valid_before(now - timedelta(days=60)).not_valid_after(now + timedelta(days=days)).sign(SIGNER, SHA256())
    return made.public_bytes(Encoding.PEM)


def signed(told: dict[str, Any], *, version: str = "2") -> dict[str, Any]:
    names = ("Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type")
    text = "".join(f"{name}\n{told[name]}\n" for name in names if name in told)
    signature = SIGNER.sign(text.encode(), padding.PKCS1v15(), SHA256() if version == "2" else SHA1())
    return told | {"SignatureVersion": version, "Signature": base64.b64encode(signature).decode(), "SigningCertURL": CERTIFICATE}


def about(message: Message, **more: Any) -> dict[str, Any]:
    event = {
        "eventType": "Bounce", "mail": {"tags": {"boomerang": [message.public_id.hex]}},
        "bounce": {"bounceType": "Permanent", "bounceSubType": "NoEmail", "timestamp": "2026-03-02T12:00:05.000Z"},
    }  # fmt: skip
    return {
        "Type": "Notification", "MessageId": "n1", "TopicArn": TOPIC, "Timestamp": clock.now().isoformat(), "Message": json.dumps(event),
    } | more  # fmt: skip


@pytest.fixture
def sent(store: Any, sink: Any) -> Message:
    make_ready(1, now=clock.now())
    send(store, now=clock.now())
    sns.keep_certificate(CERTIFICATE, certificate())
    message: Message = Message.objects.get()
    return message


def report(told: Any, **settings: str) -> Any:
    made = Connection.objects.filter(provider="ses").first() or Connection.objects.create(
        channel="email", provider="ses", name="Amazon SES", settings={"topic_arn": TOPIC} | settings
    )
    address = reverse("email_reports", args=[made.public_id])
    return Client().post(address, json.dumps(told), content_type="text/plain; charset=UTF-8")


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["1", "2"])
def test_a_final_bounce_signed_by_amazon_blocks_the_address_once(sent: Message, version: str) -> None:
    told = signed(about(sent), version=version)
    assert [report(told).content for _ in range(2)] == [b"1 new\n", b"0 new\n"]
    assert is_suppressed(sent.customer.email, channel="email")
    assert Message.objects.get().bounced_at is not None


@pytest.mark.django_db
def test_what_amazon_said_a_month_ago_is_somebody_s_repeat(sent: Message) -> None:
    old = (clock.now() - timedelta(days=26)).isoformat()
    assert report(signed(about(sent, Timestamp=old))).status_code == 403
    assert Message.objects.get().bounced_at is None


@pytest.mark.django_db
def test_whatever_is_not_amazon_s_word_about_the_shop_s_topic_is_refused(sent: Message) -> None:
    good = signed(about(sent))
    other_event = json.loads(good["Message"]) | {"eventType": "Complaint", "complaint": {}}
    refused = [
        good | {"Message": json.dumps(other_event)},
        good | {"Signature": good["Signature"][:-8] + "AAAAAAA="},
        signed(about(sent, TopicArn=TOPIC + "x")),
        signed(about(sent, Type="Odd")),
        *({**good, "SigningCertURL": url} for url in FOREIGN),
        signed(about(sent, Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://evil.example.test/")),
    ]
    assert [report(told).status_code for told in refused] == [403] * len(refused)
    sns.keep_certificate(CERTIFICATE, certificate(days=-1))
    assert report(good).status_code == 403, "its certificate is over"
    assert not ProviderReport.objects.exists()
    assert not is_suppressed(sent.customer.email, channel="email")
    assert report([1]).status_code == 400


FOREIGN = (
    "http://sns.eu-central-1.amazonaws.com/a.pem", "https://sns.eu-central-1.amazonaws.com.evil.test/a.pem",
    "https://evil.test/sns.eu-central-1.amazonaws.com/a.pem", "https://a@sns.eu-central-1.amazonaws.com/a.pem",
    "https://sns.eu-central-1.amazonaws.com:8443/a.pem", "https://s3.eu-central-1.amazonaws.com/a.pem", "https://[::1", "",
)  # fmt: skip


@pytest.mark.parametrize("url", FOREIGN)
def test_only_amazon_s_own_host_is_asked_for_a_certificate(url: str) -> None:
    host = sns.host_of(TOPIC)
    assert not sns.is_at(url, host=host)
    assert sns.is_at(CERTIFICATE, host=host)


@pytest.mark.parametrize("topic", ["", "lumen", "arn:aws:sns::1:x", "arn:aws:s3:eu-central-1:1:x", "arn:aws:sns:s3-us-west-2.x:1:x"])
def test_what_is_no_topic_has_no_host_that_speaks_for_it(topic: str) -> None:
    assert sns.host_of(topic) == ""
    assert not sns.is_at("https:///a.pem", host="")


def test_the_host_follows_the_region_of_the_topic() -> None:
    assert sns.host_of("arn:aws-cn:sns:cn-north-1:1:x") == "sns.cn-north-1.amazonaws.com.cn"
    assert not sns.is_at("https://sns.us-east-1.amazonaws.com/a.pem", host=sns.host_of(TOPIC))


@pytest.mark.parametrize("told", ["0001-01-01T00:00:00+23:00", "9999-01-01T00:00:00+00:00", "2026-03-02T12:00:00"])
def test_a_moment_no_calendar_has_is_now(told: str) -> None:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert sns.not_after(datetime.fromisoformat(told), now) == now
