"""Push messages end to end: through the gate to a push service that checks and opens them, what it answers, whose browsers count."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.channels import Account, Outcome, Outgoing
from campaigns.channels.push.encrypting import BadSubscription
from campaigns.channels.push.endpoints import UnknownService
from campaigns.channels.push.providers import webpush
from campaigns.channels.push.vapid import new_pair
from campaigns.models import Click, Connection, Message, PushKeys, PushSubscription
from campaigns.sending.browsers import FORGOTTEN_AFTER, MOST_BROWSERS, as_secret, check_subscription, drop_subscription, keys_of_store
from campaigns.sending.reasons import words_of
from campaigns.sending.receipts import note_clicks
from retention.customers.consent import Said, may_write, record_consents
from retention.customers.identifying import Claim, identify
from retention.customers.models import Consent, ConsentRecord, Customer, CustomerEvent
from retention.kit import clock
from retention.kit.fetch import FetchFailed, FetchRefused
from retention.tenancy.context import store_context
from tests.campaigns.push_stage import (
    SUBJECT,
    Browser,
    PushService,
    claims_of,
    connect,
    push_ready,
    push_service,
    send_pushes,
    subscribe,
)
from tests.factories import make_store

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    """Run a push service and allow its port."""
    with push_service() as running:
        settings.FETCH_ALLOWED_PORTS = [running.port]
        yield running


def ending(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def names() -> list[str]:
    return sorted(CustomerEvent.objects.values_list("name", flat=True))


def test_a_push_message_leaves_once_encrypted_signed_and_with_our_link(store: Any, service: PushService, now: Any) -> None:
    connect(now=now)
    browser = service.browser()
    message = push_ready(subscribe(browser, now=now), picture="https://lumen.example.test/lamp.png", now=now)
    assert send_pushes(store, now=now).states == {"sent": 1}
    assert send_pushes(store, now=now).reserved == 0
    ((_path, headers, body),) = service.got
    told = browser.read(body)
    link = told.pop("url")
    assert told == {
        "v": 1,
        "tag": message.public_id.hex,
        "title": "Hello you",
        "body": "New lamps",
        "image": "https://lumen.example.test/lamp.png",
    }
    assert b"New lamps" not in body
    wanted = {"topic": message.public_id.hex, "ttl": "86400", "urgency": "normal", "content-encoding": "aes128gcm"}
    assert {name: headers[name] for name in wanted} == wanted
    claims = claims_of(headers["authorization"], public_key=keys_of_store(now=now).public_key)
    assert (claims["aud"], claims["sub"]) == (service.url, SUBJECT)
    assert (ending(message), message.provider_message_id, message.subject) == (("sent", ""), "1", "Hello you")
    assert message.targets == ["https://lumen.example.test/new?a=1&utm_source=boomerang&utm_medium=push&utm_campaign=campaign-1"]

    Message.objects.update(sent_at=clock.now() - timedelta(seconds=30))
    found = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux)"}).get(link.removeprefix("http://localhost:8000"))
    assert (found["Location"], Click.objects.count()) == (message.targets[0], 1)
    note_clicks(now=clock.now())
    assert "Push Clicked" in names()


def test_the_yes_of_a_browser_is_kept_with_its_proof_and_speaks_for_push_alone(store: Any, service: PushService, now: Any) -> None:
    person = subscribe(service.browser(), now=now)
    assert list(Consent.objects.values_list("channel", "status", "method")) == [("push", "granted", "browser")]
    record = ConsentRecord.objects.get()
    assert (record.text_version, record.ip, record.user_agent) == ("push-1", "192.0.2.1", "Firefox")
    assert record.proof == {"endpoint": PushSubscription.objects.get().endpoint_digest}
    assert may_write([person.pk], channel="email") == set()


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_let_go_and_told_so(store: Any, service: PushService, now: Any, status: int) -> None:
    connect(now=now)
    browser = service.browser()
    person = subscribe(browser, now=now)
    service.answers[browser.endpoint.removeprefix(service.url)] = (status, {})
    message = push_ready(person, now=now)
    send_pushes(store, now=now)
    assert ending(message) == ("failed", "bad_address")
    assert PushSubscription.objects.get().gone_at == now
    assert "Push Failed" in names()
    later = push_ready(person, now=now)
    send_pushes(store, now=now)
    assert (ending(later), len(service.got)) == (("suppressed", "no_address"), 1)
    assert str(words_of("no_address", channel="push").text) == "No push subscription"
    subscribe(browser, anonymous_id=PushSubscription.objects.get().anonymous_id, now=now + timedelta(days=1))
    again = push_ready(person, now=now)
    service.answers.clear()
    send_pushes(store, now=now)
    assert ending(again) == ("sent", ""), "the same browser may come back"


def test_every_browser_of_a_person_gets_it_and_the_gone_one_alone_is_let_go(store: Any, service: PushService, now: Any) -> None:
    connect(now=now)
    first, second = service.browser(), service.browser()
    person = subscribe(first, anonymous_id="one", now=now)
    subscribe(second, anonymous_id="one", now=now)
    service.answers[first.endpoint.removeprefix(service.url)] = (410, {})
    message = push_ready(person, now=now)
    send_pushes(store, now=now)
    assert (ending(message), len(service.got)) == (("sent", ""), 2)
    (live,) = PushSubscription.objects.filter(gone_at=None)
    assert live.endpoint == second.endpoint
    for _ in range(MOST_BROWSERS + 1):
        subscribe(service.browser(), anonymous_id="one", now=now)
    push_ready(person, now=now, source_id=2)
    Message.objects.filter(pk=message.pk).update(first_attempt_at=now - timedelta(days=8))
    send_pushes(store, now=now)
    assert len(service.got) == 2 + MOST_BROWSERS


def test_a_service_that_asks_to_wait_is_asked_again_then(store: Any, service: PushService, now: Any) -> None:
    connect(now=now)
    browser = service.browser()
    message = push_ready(subscribe(browser, now=now), now=now)
    service.answers[browser.endpoint.removeprefix(service.url)] = (429, {"Retry-After": "300"})
    send_pushes(store, now=now)
    assert (ending(message), message.due_at) == (("ready", "refused_for_now"), now + timedelta(seconds=300))
    service.answers.clear()
    send_pushes(store, now=now + timedelta(seconds=300))
    assert ending(message) == ("sent", "")


def test_silence_after_taking_it_is_asked_again_under_the_same_topic(store: Any, service: PushService, now: Any) -> None:
    connect(now=now)
    browser = service.browser()
    message = push_ready(subscribe(browser, now=now), now=now)
    service.hanging.add(browser.endpoint.removeprefix(service.url))
    send_pushes(store, now=now)
    assert ending(message)[0] == "ready"
    service.hanging.clear()
    send_pushes(store, now=now + timedelta(hours=1))
    assert ending(message) == ("sent", "")
    topics = {headers["topic"] for _path, headers, _body in service.got}
    tags = {browser.read(body)["tag"] for _path, _headers, body in service.got}
    assert (len(service.got), topics, tags) == (2, {message.public_id.hex}, {message.public_id.hex})


def test_too_much_for_a_push_service_fails_alone(store: Any, service: PushService, now: Any) -> None:
    connect(now=now)
    browser, other = service.browser(), service.browser()
    refused, long = push_ready(subscribe(browser, now=now), now=now), push_ready(subscribe(other, now=now), text="ä" * 2000, now=now)
    service.answers[browser.endpoint.removeprefix(service.url)] = (413, {})
    send_pushes(store, now=now)
    assert (ending(refused), ending(long)) == (("failed", "refused"), ("failed", "push_too_long"))
    assert PushSubscription.objects.filter(gone_at=None).count() == 2


def test_a_link_to_a_host_that_only_a_value_names_does_not_leave(store: Any, service: PushService, now: Any) -> None:
    connect(now=now)
    person = subscribe(service.browser(), now=now)
    Customer.objects.filter(pk=person.pk).update(first_name="https://evil.example/")
    message = push_ready(person, link="{{ profile.first_name }}", now=now)
    send_pushes(store, now=now)
    assert (ending(message), service.got) == (("failed", "link_refused"), [])


def test_no_consent_and_no_browser_hold_a_push_message_back(store: Any, service: PushService, now: Any) -> None:
    connect(now=now)
    person, stranger = subscribe(service.browser(), now=now), Customer(first_name="Bo", created_at=now)
    stranger.save()
    record_consents([Said(stranger.pk, "push", "granted", now)], now=now)
    record_consents([Said(person.pk, "push", "refused", now)], now=now)
    refused, nobody = push_ready(person, now=now), push_ready(stranger, now=now)
    send_pushes(store, now=now)
    assert (ending(refused), ending(nobody), service.got) == (("suppressed", "no_consent"), ("suppressed", "no_address"), [])


def test_a_browser_that_was_not_seen_for_long_is_not_written_to(store: Any, service: PushService, now: Any) -> None:
    connect(now=now)
    person = subscribe(service.browser(), now=now)
    PushSubscription.objects.update(seen_at=now - FORGOTTEN_AFTER)
    message = push_ready(person, now=now)
    send_pushes(store, now=now)
    assert ending(message) == ("suppressed", "no_address")


def test_a_stranger_who_types_an_address_the_server_knows_does_not_read_its_messages(store: Any, service: PushService, now: Any) -> None:
    connect(now=now)
    (ana,) = identify([Claim(external="c-1", email="ana@example.test", trusted=True)], now=now)
    subscribe(service.browser(), anonymous_id="stranger", now=now)
    identify([Claim(email="ana@example.test", anonymous="stranger")], now=now)
    assert PushSubscription.objects.get().customer_id == ana
    message = push_ready(Customer.objects.get(pk=ana), now=now)
    send_pushes(store, now=now)
    assert (ending(message), service.got) == (("suppressed", "no_address"), [])
    identify([Claim(external="c-1", anonymous="stranger", trusted=True)], now=now)
    proven = push_ready(Customer.objects.get(pk=ana), now=now)
    send_pushes(store, now=now)
    assert (ending(proven), len(service.got)) == (("sent", ""), 1)


@pytest.mark.parametrize(
    ("endpoint", "fault"),
    [
        ("http://fcm.googleapis.com/x", FetchRefused),
        ("https://fcm.googleapis.com:8443/x", FetchRefused),
        ("https://user@fcm.googleapis.com/x", FetchRefused),
        ("ftp://fcm.googleapis.com/x", FetchRefused),
        ("no address", FetchRefused),
        ("https://push.example.net/x", UnknownService),
        ("https://fcm.googleapis.com.evil.example/x", UnknownService),
        ("https://storage.googleapis.com/x", UnknownService),
        ("https://evil-push.apple.com/x", UnknownService),
        ("https://push.apple.com/x", UnknownService),
        ("https://127.0.0.1/x", UnknownService),
        ("https://169.254.169.254/latest/meta-data/", UnknownService),
        ("https://[::1]/x", UnknownService),
        ("https://localhost/x", UnknownService),
    ],
)
def test_only_addresses_of_push_services_are_kept(settings: Any, endpoint: str, fault: type[Exception]) -> None:
    settings.FETCH_POLICY = "public"
    settings.FETCH_ALLOW_HTTP = False
    with pytest.raises(fault) as refused:
        check_subscription(Browser(endpoint).subscription)
    assert fault is FetchRefused or str(refused.value).endswith(" is no push service we know.")


@pytest.mark.parametrize(
    "host",
    [
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "web.push.apple.com",
        "wns2-par02p.notify.windows.com",
        "PUSH.own.example",
        "a.b.own.test",
    ],
)
def test_every_browser_s_service_is_known_and_an_operator_may_name_more(settings: Any, host: str) -> None:
    settings.FETCH_POLICY = "public"
    settings.PUSH_SERVICES = ["push.own.example", ".own.test"]
    check_subscription(Browser(f"https://{host}/x").subscription)
    with pytest.raises(BadSubscription):
        check_subscription(Browser(f"https://{host}/x", auth=b"short").subscription)


def test_what_was_kept_of_a_host_that_is_no_push_service_is_not_called_and_leaves_nothing_unknown(
    store: Any, service: PushService, settings: Any, now: Any
) -> None:
    connect(now=now)
    browser = service.browser()
    message = push_ready(subscribe(browser, now=now), now=now)
    PushSubscription.objects.update(endpoint=f"https://localhost:{service.port}/send")
    send_pushes(store, now=now)
    assert (ending(message), service.got) == (("failed", "bad_address"), [])
    assert not PushSubscription.objects.filter(gone_at=None).exists()


def test_an_endpoint_inside_our_network_is_never_called(store: Any, service: PushService, settings: Any, now: Any) -> None:
    connect(now=now)
    settings.FETCH_POLICY = "public"
    settings.FETCH_ALLOW_HTTP = True
    browser = Browser("http://127.0.0.1/send")
    message = push_ready(subscribe(browser, now=now), now=now)
    send_pushes(store, now=now)
    assert (ending(message), PushSubscription.objects.filter(gone_at=None).exists()) == (("failed", "bad_address"), False)
    assert service.got == []


def test_a_store_has_one_key_pair_and_nobody_else_reads_it(store: Any, now: Any) -> None:
    first = keys_of_store(now=now)
    assert keys_of_store(now=now + timedelta(days=9)).public_key == first.public_key
    assert first.private() not in first.sealed
    other = make_store("Other")
    with store_context(other.pk):
        assert keys_of_store(now=now).public_key != first.public_key
        assert PushKeys.objects.count() == 1


def test_who_takes_the_permission_back_has_said_no(store: Any, service: PushService, now: Any) -> None:
    browser = service.browser()
    person = subscribe(browser, now=now)
    assert drop_subscription(browser.endpoint, now=now)
    assert not drop_subscription(browser.endpoint, now=now)
    assert may_write([person.pk], channel="push") == set()


def test_without_a_connection_a_push_message_goes_to_the_test_inbox(store: Any, service: PushService, sink: Any, now: Any) -> None:
    message = push_ready(subscribe(service.browser(), now=now), now=now)
    assert send_pushes(store, now=now).states == {"sent": 1}
    (mail,) = sink.accepted
    assert (mail["X-Boomerang-Channel"], mail["Subject"]) == ("push", "Hello you")
    told = json.loads(mail.get_content())
    assert (told["title"], told["body"], told["tag"]) == ("Hello you", "New lamps", message.public_id.hex)
    assert (ending(message), service.got, Connection.objects.count()) == (("sent", ""), [], 0)
    assert "Push Delivered" in names()


def test_no_browser_holds_a_sender_for_long(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.PUSH_SERVICES = ["slow.example.test"]
    given: list[float] = []

    def slow(_url: str, *, seconds: float, **_rest: Any) -> Any:
        given.append(seconds)
        raise FetchFailed("timeout", request_sent=True)

    monkeypatch.setattr(webpush, "fetch", slow)
    browsers = [Browser(f"https://slow.example.test/{number}").subscription for number in range(2)]
    account = Account("webpush", {"contact": "push@lumen.example.test"}, {"private_key": new_pair()[0]})
    outgoing = Outgoing("0" * 32, "", "", b"{}", secrets={webpush.SUBSCRIPTIONS: as_secret(browsers)})
    answer = webpush.WEBPUSH.open(account).send(outgoing, deadline=time.monotonic() + 20)
    assert answer.outcome is Outcome.AMBIGUOUS
    assert [seconds <= webpush.MOST_SECONDS for seconds in given] == [True, True]
