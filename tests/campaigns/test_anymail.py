"""E-mail services with an API: our mail arrives there whole, and every answer means what the reliability guide says."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from campaigns.channels.base import Account, Answer, Outcome, Outgoing
from campaigns.channels.email.mime import Mail, build
from campaigns.channels.email.providers import PROVIDERS
from campaigns.channels.email.vendors import VENDORS
from tests.campaigns.conftest import NOW
from tests.campaigns.esp import YES, Service, playing

NOBODY = 9
KEY = "4f9d0d2e6b1c4e6f9a3b2c1d0e8f7a6b"


@pytest.fixture
def service(settings: Any) -> Iterator[Service]:
    with playing() as running:
        settings.FETCH_ALLOWED_PORTS = [running.port, NOBODY]
        yield running


def outgoing() -> Outgoing:
    mail = Mail(
        message_id=KEY, host="localhost", from_name="Lumen", from_address="hello@lumen.example.test", to_name="Jäne",
        to_address="jane@example.test", subject="Grüße, dein Korb wartet", text="Hallo Jäne\n", html="<p>Hallo <b>Jäne</b></p>",
        date=NOW, unsubscribe_url="https://shop.example.test/u/abc",
    )  # fmt: skip
    return Outgoing(KEY, "hello@lumen.example.test", "jane@example.test", build(mail))


def send(service: Service, vendor: str = "postmark", *, seconds: float = 5.0) -> Answer:
    credentials = {name: "s3cret" for one in VENDORS if one.key == vendor for name in one.secrets}
    settings = {"api_url": service.url, **({"sender_domain": "mg.lumen.example.test"} if vendor == "mailgun" else {})}
    session = PROVIDERS[vendor].open(Account(vendor, settings, credentials))
    return session.send(outgoing(), deadline=time.monotonic() + seconds)


@pytest.mark.parametrize("vendor", sorted(YES))
def test_mail_arrives_whole_at_each_service(service: Service, vendor: str) -> None:
    service.answer = YES[vendor]
    answer = send(service, vendor)
    assert answer.outcome is Outcome.ACCEPTED, answer
    assert answer.provider_message_id
    assert len(service.asked) == 1
    _path, headers, body = service.asked[0]
    text = body.decode("utf-8", "replace")
    assert "s3cret" not in text or vendor == "sendgrid"
    for part in ("jane@example.test", "hello@lumen.example.test", KEY, "List-Unsubscribe", "/u/abc"):
        assert part in text.replace("\\/", "/").replace("%2F", "/").replace("%40", "@"), part
    assert ("idempotency-key" in headers) == (vendor == "resend")


def test_every_service_is_played() -> None:
    assert set(YES) == {vendor.key for vendor in VENDORS}


@pytest.mark.parametrize(
    ("status", "headers", "outcome", "seconds", "whole"),
    [
        (429, {"Retry-After": "17"}, Outcome.LATER, 17, True),
        (503, {"Retry-After": "40"}, Outcome.LATER, 40, True),
        (503, {}, Outcome.AMBIGUOUS, 0, False),
        (500, {}, Outcome.AMBIGUOUS, 0, False),
        (408, {}, Outcome.AMBIGUOUS, 0, False),
        (401, {}, Outcome.NOT_SENT, 300, True),
        (403, {}, Outcome.NOT_SENT, 300, True),
        (400, {}, Outcome.REFUSED, 0, False),
        (413, {}, Outcome.REFUSED, 0, False),
    ],
)
def test_what_a_status_means(service: Service, status: int, headers: dict[str, str], outcome: Outcome, seconds: int, whole: bool) -> None:
    service.answer = (status, {"message": "no"}, headers)
    answer = send(service, "resend")
    assert (answer.outcome, answer.retry_after_seconds, answer.whole_account) == (outcome, seconds, whole)


@pytest.mark.parametrize("told", [b"<html>hello</html>", b"", b"[]", b'{"odd": 1}', b'{"id":'])
@pytest.mark.parametrize("vendor", ["brevo", "mailgun", "mailjet", "postmark", "resend", "sparkpost"])
def test_a_yes_nobody_can_read_is_never_repeated(service: Service, vendor: str, told: bytes) -> None:
    service.answer = (200, told, {})
    assert send(service, vendor).outcome is Outcome.AMBIGUOUS


def test_a_line_that_goes_dead_after_the_request_is_ambiguous(service: Service) -> None:
    service.answer = (0, None, {})
    assert send(service).outcome is Outcome.AMBIGUOUS


def test_nobody_there_means_surely_not_sent(service: Service) -> None:
    service.port = NOBODY
    answer = send(service)
    assert (answer.outcome, answer.whole_account) == (Outcome.NOT_SENT, True)


def test_an_address_the_service_calls_invalid_is_a_bad_address(service: Service) -> None:
    service.answer = (422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'jane@example.test'."}, {})
    answer = send(service)
    assert (answer.outcome, answer.bad_address) == (Outcome.REFUSED, True)


def test_an_address_inside_our_network_is_never_asked(service: Service, settings: Any) -> None:
    settings.FETCH_POLICY = "public"
    answer = send(service)
    assert (answer.outcome, service.asked) == (Outcome.NOT_SENT, [])
