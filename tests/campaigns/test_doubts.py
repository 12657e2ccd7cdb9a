"""What may have left at a service that recognises a repeat: it is repeated there and nowhere else, and is never said to be held back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection as database

from campaigns.broadcasts.running import close_waiting
from campaigns.channels import Account, Answer, Outcome, Receipt
from campaigns.models import Campaign, Connection, Flight, Message
from campaigns.sending import doubts, gate
from campaigns.sending.dispatch import dispatch_slice
from campaigns.sending.hearing import take_receipt
from campaigns.sending.recording import MOST_ATTEMPTS, ending_of
from campaigns.sending.sweeping import sweep_store
from retention.customers.consent import Said, record_consents
from retention.kit import clock
from tests.campaigns.crowd import make_ready
from tests.campaigns.esp import YES, Service, playing

pytestmark = pytest.mark.django_db(transaction=True)
SILENT: tuple[int, Any, dict[str, str]] = (0, None, {})


@pytest.fixture
def service(settings: Any) -> Iterator[Service]:
    with playing() as running:
        settings.FETCH_ALLOWED_PORTS = [running.port]
        running.answer = SILENT
        yield running


def connect(service: Service, vendor: str = "resend") -> Connection:
    made = Connection(channel="email", provider=vendor, name=vendor, settings={"api_url": service.url}, from_address="a@lumen.example.test")
    made.save()
    made.keep_credentials({"api_key": "s3cret"} if vendor == "resend" else {"server_token": "s3cret"})
    made.save()
    return made


def send(store: Any, *, after: timedelta = timedelta()) -> None:
    now = clock.now() + after
    dispatch_slice(store, channel="email", clock=lambda: now)


def doubtful(store: Any, service: Service) -> Message:
    """Return a message the service took without a word."""
    connect(service)
    (message,) = make_ready(1, now=clock.now())
    send(store)
    message.refresh_from_db()
    assert (message.state, message.reason) == ("ready", "no_answer")
    assert message.provider_key.startswith("resend ")
    return message


def ending(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def test_a_repeat_says_the_same_under_the_same_key(store: Any, service: Service) -> None:
    message = doubtful(store, service)
    service.answer = YES["resend"]
    send(store, after=timedelta(minutes=2))
    assert ending(message) == ("sent", "")
    assert message.provider_key == ""
    (_, first, one), (_, second, other) = service.asked
    assert first["idempotency-key"] == second["idempotency-key"] == message.public_id.hex
    assert one == other


def test_links_lead_where_the_first_build_led_when_the_repeat_was_built_otherwise(store: Any, service: Service) -> None:
    message = doubtful(store, service)
    first = ["https://lumen.example.test/as-it-was"]
    Message.objects.filter(pk=message.pk).update(targets=first, link_set=None)
    service.answer = YES["resend"]
    send(store, after=timedelta(minutes=2))
    assert ending(message) == ("sent", "")
    assert (message.targets, message.link_set_id) == (first, None)


@pytest.mark.parametrize(("vendor", "state"), [("resend", "ready"), ("postmark", "unknown")])
def test_a_killed_sender_leaves_a_repeat_only_where_it_is_recognised(store: Any, service: Service, vendor: str, state: str) -> None:
    connect(service, vendor)
    (message,) = make_ready(1, now=clock.now())
    send_and_die(store)
    assert sweep_store(now=clock.now()) == 1
    assert ending(message) == (state, "worker_lost")
    service.answer = YES[vendor]
    send(store, after=timedelta(minutes=1))
    assert ending(message)[0] == ("sent" if state == "ready" else "unknown")
    assert len(service.asked) == (2 if state == "ready" else 1)


def send_and_die(store: Any) -> None:
    """Send, and leave the row as a process that was killed before the answer leaves it: marked, its lease run out."""
    send(store)
    Flight.objects.create(message_ids=list(Message.objects.values_list("pk", flat=True)))
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_message SET state = 'sending', finished_at = NULL, reason = '', "
            "lease_until = clock_timestamp() - interval '1 second'"
        )


def test_a_repeat_is_not_made_when_the_service_has_forgotten(store: Any, service: Service) -> None:
    message = doubtful(store, service)
    service.answer = YES["resend"]
    send(store, after=doubts.RECOGNISED_FOR + timedelta(minutes=1))
    assert ending(message) == ("unknown", "no_answer")
    assert len(service.asked) == 1


def test_a_repeat_is_not_made_at_another_account(store: Any, service: Service) -> None:
    message = doubtful(store, service)
    service.answer = YES["postmark"]
    Connection.objects.update(active=False)
    connect(service, "postmark")
    send(store, after=timedelta(minutes=2))
    assert ending(message) == ("unknown", "no_answer")
    assert len(service.asked) == 1


def test_what_may_have_left_is_not_said_to_be_held_back(store: Any, service: Service) -> None:
    message = doubtful(store, service)
    record_consents([Said(message.customer_id, "email", "refused", clock.now())], now=clock.now())
    send(store, after=timedelta(minutes=2))
    assert ending(message) == ("unknown", "no_answer")
    assert len(service.asked) == 1


def test_what_may_have_left_is_not_said_to_be_called_off(store: Any, service: Service) -> None:
    message = doubtful(store, service)
    (waiting,) = make_ready(1, now=clock.now())
    close_waiting(Campaign(pk=message.source_id, store_id=store.pk), now=clock.now())
    assert ending(message) == ("unknown", "no_answer")
    assert ending(waiting) == ("suppressed", "called_off")


def test_with_other_keys_it_is_another_account() -> None:
    account = Account("resend", {}, {"api_key": "one"}, connection_id=1)
    assert doubts.mark_of(account, keyed=True) == doubts.mark_of(replace(account, from_name="Lumen"), keyed=True)
    assert doubts.mark_of(account, keyed=True) != doubts.mark_of(replace(account, credentials={"api_key": "two"}), keyed=True)
    assert doubts.mark_of(account, keyed=False) == ""


def test_a_new_pace_price_or_proof_is_no_other_account() -> None:
    account = Account("resend", {"api_url": "https://one.example.test"}, {"api_key": "one"}, connection_id=1)
    later = replace(account, settings={**account.settings, "per_second": 5, "part_price": "0.07", "contact": "a@lumen.example.test"})
    later = replace(later, credentials={"api_key": "one", "report_secret": "two"})
    assert doubts.mark_of(later, keyed=True) == doubts.mark_of(account, keyed=True)
    other = replace(account, settings={"api_url": "https://other.example.test"})
    assert doubts.mark_of(other, keyed=True) != doubts.mark_of(account, keyed=True)


def test_a_doubt_is_repeated_by_its_own_connection_when_another_is_added(store: Any, service: Service) -> None:
    message = doubtful(store, service)
    Connection.objects.update(weight=1)
    other = connect(service, "postmark")
    Connection.objects.filter(pk=other.pk).update(weight=100)
    service.answer = YES["resend"]
    send(store, after=timedelta(minutes=2))
    assert ending(message) == ("sent", "")
    assert message.connection_id != other.pk


def test_a_report_settles_what_waits_for_a_repeat(store: Any, service: Service) -> None:
    message = doubtful(store, service)
    report = Receipt("delivered", message.public_id.hex, clock.now(), data={"id": "e1"})
    Message.objects.filter(pk=message.pk).update(holder=uuid4(), lease_until=clock.now())
    assert take_receipt(Connection.objects.get(), report, now=clock.now())
    assert ending(message) == ("sent", "")
    assert (message.provider_key, message.holder, message.lease_until) == ("", None, None)
    assert message.delivered_at is not None
    service.answer = YES["resend"]
    send(store, after=timedelta(minutes=2))
    assert len(service.asked) == 1


def test_what_may_have_left_counts_into_a_persons_budget(store: Any, service: Service) -> None:
    """Two doubts are as much as a day may hold: a third message waits. They do not count against themselves."""
    first = doubtful(store, service)
    for step in ("b", "c"):
        copy = Message.objects.get(pk=first.pk)
        copy.pk, copy.step, copy.public_id = None, step, uuid4()
        if step == "c":
            copy.provider_key, copy.first_attempt_at, copy.attempts, copy.reason = "", None, 0, ""
        copy.save(force_insert=True)
    fresh = Message.objects.get(step="c")
    Message.objects.filter(pk=fresh.pk).update(due_at=clock.now() - timedelta(minutes=1))
    service.answer = YES["resend"]
    send(store)
    assert ending(fresh)[0] == "ready"
    assert fresh.due_at > clock.now() + timedelta(hours=1)
    assert len(service.asked) == 1
    plan = contacts_plan(store, first)
    assert "message_contacted" in plan
    assert "message_waiting" not in plan


def contacts_plan(store: Any, message: Message) -> str:
    parameters = {
        "$10": "NULL::bigint",
        "$1": "%(ids)s::bigint[]", "$2": "%(digests)s::text[]", "$3": "%(store)s", "$4": "%(since)s", "$5": "interval '12 hours'",
        "$6": "'{sms}'::text[]", "$7": "now()", "$8": "now() - interval '2 hours'", "$9": "'{kettle}'::text[]",
    }  # fmt: skip
    text = gate._FACTS.statement
    for name, parameter in parameters.items():
        text = text.replace(name, parameter)
    values = {"store": store.pk, "ids": [message.pk], "digests": [""], "since": clock.now() - timedelta(days=7)}
    with database.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_sort = off")  # with so few rows any way is as good
        cursor.execute("EXPLAIN " + text, values)
        told = " ".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan; RESET enable_sort")
    return told


@pytest.mark.parametrize(
    ("outcome", "attempts", "state"),
    [
        (Outcome.ACCEPTED, 2, "sent"),
        (Outcome.REFUSED, 2, "unknown"),
        (Outcome.LATER, 2, "ready"),
        (Outcome.LATER, MOST_ATTEMPTS, "unknown"),
        (Outcome.NOT_SENT, MOST_ATTEMPTS, "unknown"),
    ],
)
def test_after_a_doubt_only_a_yes_is_certain(outcome: Outcome, attempts: int, state: str) -> None:
    found = ending_of(Answer(outcome), attempts=attempts, keyed=True, doubtful=True, now=clock.now())
    assert (found.state, found.doubtful) == (state, state == "ready")
