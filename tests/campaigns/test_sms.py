"""SMS end to end: through the gate to a real HTTP server, what comes back, replies, short links, and the test inbox."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from campaigns.channels import Account
from campaigns.channels.inbox import Inbox
from campaigns.models import Click, Message, ProviderReport
from campaigns.personalization.short_links import read_short, short_url
from campaigns.personalization.short_texts import compile_sms
from campaigns.sending import lines
from campaigns.sending.lines import close_all, line
from campaigns.sending.reasons import words_of
from campaigns.sending.receipts import note_clicks
from campaigns.tasks import dispatch
from retention.customers.consent import Said, is_suppressed, may_write, record_consents, suppress
from retention.customers.models import ConsentRecord, CustomerEvent
from retention.kit import clock
from retention.kit.secrets import BadLink
from retention.stores.models import StoreWork
from tests.campaigns.crowd import make_ready
from tests.campaigns.twilio_stage import PHONE, accepts, call, connect, make_reader, posted, refuses, send_texts, text_ready
from tests.kit.stage import Stage, answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(settings: Any) -> Iterator[Stage]:
    """Run an HTTP server where Twilio would be."""
    with Stage(address="127.0.0.1") as running:
        settings.FETCH_ALLOWED_PORTS = [running.port]
        accepts(running)
        yield running


def ending(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def names() -> list[str]:
    return sorted(CustomerEvent.objects.values_list("name", flat=True))


def reply(connection: Any, body: str, *, sid: str = "SMr1", **more: str) -> str:
    found = call(connection, "reply", {"MessageSid": sid, "From": PHONE, "Body": body, **more})
    assert found.status_code == 200
    return str(found.content.decode())


def test_a_text_leaves_once_with_a_short_link_and_a_word_on_how_to_stop(store: Any, stage: Stage, now: Any) -> None:
    connection = connect(stage)
    message = text_ready(make_reader(now=now), "“Hi” {{ profile.first_name }}: https://lumen.example.test/sale?a=1", now=now)
    assert send_texts(store, now=now).states == {"sent": 1}
    assert send_texts(store, now=now).reserved == 0
    (form,) = posted(stage)
    link = short_url(message.pk, 0, store_id=store.pk)
    assert form["Body"] == f'"Hi" Ana: {link}\nReply STOP to opt out'
    assert len(link.rpartition("/")[2]) <= 24
    assert (form["To"], form["From"]) == (PHONE, "+15005550006")
    assert form["StatusCallback"] == f"http://localhost:8000/hooks/twilio/{connection.public_id}/status?m={message.public_id.hex}"
    assert "Basic QUMxOmF1dGgtdG9rZW4tb2YtdGhlLXRlc3Q=" in stage.requests[0]
    message.refresh_from_db()
    assert (message.provider_message_id, message.delivered_at) == ("SM1", None)

    browser = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux)"})
    Message.objects.update(sent_at=clock.now() - timedelta(seconds=30))
    found = browser.get(link.removeprefix("http://localhost:8000"))
    assert found["Location"].startswith("https://lumen.example.test/sale?a=1&utm_source=boomerang&utm_medium=sms")
    assert Click.objects.count() == 1
    note_clicks(now=clock.now())
    assert "SMS Link Clicked" in names()
    Message.objects.update(planned_at=clock.now() - timedelta(days=401))
    assert browser.get(link.removeprefix("http://localhost:8000")).status_code == 404


def test_a_changed_short_link_leads_nowhere(store: Any) -> None:
    token = short_url(10**12, 7, store_id=store.pk).rpartition("/")[2]
    assert read_short(token) == (store.pk, 10**12, 7)
    for place in range(len(token)):
        sign = "A" if token[place] != "A" else "B"
        with pytest.raises(BadLink):
            read_short(token[:place] + sign + token[place + 1 :])
    for other in ("", "x", "ä", "A" * 200):
        with pytest.raises(BadLink):
            read_short(other)


@pytest.mark.parametrize(
    ("sender", "more", "wanted"),
    [
        ("whatsapp:+15005550006", {}, {"To": f"whatsapp:{PHONE}", "From": "whatsapp:+15005550006"}),
        ("", {"messaging_service_sid": "MG1"}, {"To": PHONE, "MessagingServiceSid": "MG1"}),
    ],
)
def test_whatsapp_and_messaging_services(store: Any, stage: Stage, now: Any, sender: str, more: Any, wanted: dict[str, str]) -> None:
    connect(stage, sender=sender, **more)
    text_ready(make_reader(now=now), now=now)
    assert send_texts(store, now=now).states == {"sent": 1}
    (form,) = posted(stage)
    assert {name: form[name] for name in wanted} == wanted
    assert ("From" in form) is ("From" in wanted)


def test_a_sender_without_replies_offers_a_link_instead(store: Any, stage: Stage, now: Any) -> None:
    connect(stage, sender="LUMEN")
    text_ready(make_reader(now=now), now=now)
    send_texts(store, now=now)
    assert "Opt out: http://localhost:8000/u/" in posted(stage)[0]["Body"]


@pytest.mark.parametrize(
    ("facts", "reason", "words"),
    [
        ({"phone": ""}, "no_address", "No phone number"),
        ({"consent": False}, "no_consent", "No SMS consent"),
        ({"blocked": True}, "suppressed", "Number blocked"),
    ],
)
def test_the_gate_holds_for_texts(store: Any, stage: Stage, now: Any, facts: dict[str, Any], reason: str, words: str) -> None:
    connect(stage)
    reader = make_reader(now=now, **{name: value for name, value in facts.items() if name != "blocked"})
    if "blocked" in facts:
        suppress(PHONE, channel="sms", reason="manual", now=now)
    message = text_ready(reader, now=now)
    send_texts(store, now=now)
    assert (ending(message), stage.requests) == (("suppressed", reason), [])
    assert str(words_of(reason, channel="sms").text) == words


def test_quiet_hours_hold_a_text_until_morning(store: Any, stage: Stage, now: Any) -> None:
    connect(stage)
    message = text_ready(make_reader(now=now), now=now)
    evening = now.replace(hour=21)
    send_texts(store, now=evening)
    assert ending(message) == ("ready", "quiet_hours")
    assert message.due_at == (now + timedelta(days=1)).replace(hour=8)  # nine in Berlin


def test_too_long_or_empty_a_text_fails_alone(store: Any, stage: Stage, now: Any) -> None:
    connect(stage)
    long, empty = text_ready(make_reader(now=now), "я" * 700, now=now), text_ready(make_reader(phone="+15005550001", now=now), " ", now=now)
    send_texts(store, now=now)
    assert (ending(long), ending(empty), stage.requests) == (("failed", "sms_too_long"), ("failed", "empty_text"), [])
    assert compile_sms(" Hi {{ profile.first_name }} ").text == "Hi {{ profile.first_name }}"


def test_who_told_twilio_to_stop_is_never_written_to_again(store: Any, stage: Stage, now: Any) -> None:
    connect(stage)
    reader = make_reader(now=now)
    refuses(stage, 400, 21610)
    message = text_ready(reader, now=now)
    send_texts(store, now=now)
    assert ending(message) == ("failed", "unsubscribed")
    assert PHONE not in message.detail
    assert is_suppressed(PHONE, channel="sms")
    assert may_write([reader.pk], channel="sms") == set()
    assert "Unsubscribed" in names()


def test_a_number_that_does_not_exist_is_blocked(store: Any, stage: Stage, now: Any) -> None:
    connect(stage)
    refuses(stage, 400, 21211)
    message = text_ready(make_reader(now=now), now=now)
    send_texts(store, now=now)
    assert ending(message) == ("failed", "bad_address")
    assert (is_suppressed(PHONE, channel="sms"), "SMS Failed" in names()) == (True, True)


def test_an_account_that_is_shut_stops_the_slice_and_loses_nothing(store: Any, stage: Stage, now: Any) -> None:
    connect(stage)
    refuses(stage, 401, 20003)
    message = text_ready(make_reader(now=now), now=now)
    assert send_texts(store, now=now).stopped
    assert ending(message) == ("ready", "not_sent")


@pytest.mark.parametrize("script", [answer(500, b"oops"), answer(200, b"<html>hello</html>"), lambda sock, _head: sock.close()])
def test_no_clear_answer_is_unknown_until_a_report_settles_it(store: Any, stage: Stage, now: Any, script: Any) -> None:
    connection = connect(stage)
    stage.play("/2010-04-01/Accounts/AC1/Messages.json", script)
    message = text_ready(make_reader(now=now), now=now)
    send_texts(store, now=now)
    assert ending(message) == ("unknown", "no_answer")
    send_texts(store, now=now + timedelta(hours=3))
    assert len(stage.requests) == 1
    call(connection, f"status?m={message.public_id.hex}", {"MessageSid": "SM9", "MessageStatus": "delivered"})
    assert ending(message) == ("sent", "")
    assert (message.provider_message_id, message.delivered_at is None) == ("SM9", False)


def test_reports_count_once_and_only_when_signed(store: Any, stage: Stage, now: Any) -> None:
    connection = connect(stage)
    message = text_ready(make_reader(now=now), now=now)
    send_texts(store, now=now)
    what, form = f"status?m={message.public_id.hex}", {"MessageSid": "SM1", "MessageStatus": "delivered"}
    assert call(connection, what, form, token="another").status_code == 403
    assert call(connection, what, {"MessageSid": "SM77", "MessageStatus": "delivered"}).status_code == 204  # another message's id
    assert (names(), ProviderReport.objects.count()) == ([], 0)
    for _ in range(3):
        assert call(connection, what, form).status_code == 204
    assert names() == ["SMS Delivered"]
    assert Client().post(f"/hooks/twilio/{uuid4()}/status", form).status_code == 404


def test_a_report_of_failure_blocks_a_number_only_when_it_is_lost(store: Any, stage: Stage, now: Any) -> None:
    connection = connect(stage)
    message = text_ready(make_reader(now=now), now=now)
    send_texts(store, now=now)
    what = f"status?m={message.public_id.hex}"
    call(connection, what, {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"})
    assert (is_suppressed(PHONE, channel="sms"), names()) == (False, ["SMS Failed"])
    Message.objects.update(bounced_at=None, provider_message_id="SM2")
    call(connection, what, {"MessageSid": "SM2", "MessageStatus": "undelivered", "ErrorCode": "30005"})
    assert is_suppressed(PHONE, channel="sms")


def test_stop_takes_effect_at_once_and_is_confirmed_once(store: Any, stage: Stage, now: Any) -> None:
    connection, reader = connect(stage), make_reader(now=now)
    waiting = text_ready(reader, now=now)
    assert call(connection, "reply", {"MessageSid": "SMx", "From": PHONE, "Body": "STOP"}, token="forged").status_code == 403
    assert may_write([reader.pk], channel="sms") == {reader.pk}
    first = reply(connection, "Pls STOP!!")
    assert "<Message>Lumen: You will get no more messages" in first
    assert "<Message>" not in reply(connection, "Pls STOP!!")  # the same call again
    assert "<Message>" not in reply(connection, "stop", sid="SMr2")
    assert (may_write([reader.pk], channel="sms"), is_suppressed(PHONE, channel="sms")) == (set(), True)
    send_texts(store, now=now)
    assert (ending(waiting)[0], stage.requests) == ("suppressed", [])
    assert names() == ["SMS Received", "SMS Received", "Unsubscribed"]
    assert CustomerEvent.objects.filter(name="SMS Received").order_by("pk")[0].properties["text"] == "Pls STOP!!"


def test_start_undoes_a_stop_and_nothing_else(store: Any, stage: Stage, now: Any) -> None:
    connection, reader = connect(stage), make_reader(now=now)
    reply(connection, "STOP", sid="SM1")
    assert "You get our messages again" in reply(connection, "START", sid="SM2")
    assert (may_write([reader.pk], channel="sms"), is_suppressed(PHONE, channel="sms")) == ({reader.pk}, False)
    record_consents([Said(reader.pk, "sms", "refused", clock.now(), method="preferences")], now=clock.now())
    suppress(PHONE, channel="sms", reason="manual", now=now)
    assert "<Message>" not in reply(connection, "START", sid="SM3")
    assert (may_write([reader.pk], channel="sms"), is_suppressed(PHONE, channel="sms")) == (set(), True)
    never = make_reader("Ben", phone="+15005550002", consent=False, now=now)
    for word, sid in (("STOP", "SM4"), ("START", "SM5")):
        call(connection, "reply", {"MessageSid": sid, "From": never.phone, "Body": word})
    assert not ConsentRecord.objects.filter(customer=never, status="granted").exists()


def test_help_names_the_shop_and_other_replies_are_kept(store: Any, stage: Stage, now: Any) -> None:
    connection, reader = connect(stage), make_reader(now=now)
    assert "<Message>Lumen: You get messages because you allowed it." in reply(connection, "help", sid="SM1")
    assert "<Message>" not in reply(connection, "Is it <b>red</b>?", sid="SM2")
    assert CustomerEvent.objects.order_by("-pk")[0].properties == {"channel": "sms", "text": "Is it <b>red</b>?"}
    assert may_write([reader.pk], channel="sms") == {reader.pk}
    assert "<Message>" not in reply(connection, "STOP", sid="SM3", OptOutType="STOP")  # Twilio answered that itself
    assert may_write([reader.pk], channel="sms") == set()


def test_a_stranger_who_says_stop_is_blocked_before_we_know_them(store: Any, stage: Stage, now: Any) -> None:
    assert "<Message>" in reply(connect(stage), "STOP")
    assert is_suppressed(PHONE, channel="sms")


def test_without_a_connection_texts_go_to_the_test_inbox_beside_mails(store: Any, sink: Any, now: Any) -> None:
    text_ready(make_reader(now=now), "Hi {{ profile.first_name }}, 20% off", now=now)
    make_ready(1, now=now)
    StoreWork.ring("dispatch", store_id=store.pk, due_at=now)
    for message in Message.objects.all():
        message.due_at, message.expires_at = clock.now() - timedelta(minutes=1), None
        message.save()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: now + timedelta(days=365))
        dispatch()
    by_channel = {str(mail["X-Boomerang-Channel"] or "email"): mail for mail in sink.accepted}
    assert set(by_channel) == {"email", "sms"}
    assert by_channel["sms"].get_content().strip() == "Hi Ana, 20% off\nReply STOP to opt out"
    assert "+4915112345678" in str(by_channel["sms"]["To"])
    assert sorted(Message.objects.values_list("channel", "state")) == [("email", "sent"), ("sms", "sent")]
    assert {"Email Delivered", "SMS Delivered"} <= set(names())


def test_a_kept_line_to_the_test_inbox_says_the_channel_it_was_opened_for() -> None:
    account = Account("inbox", {"host": "127.0.0.1", "port": 9})
    for channel in ("push", "sms", "push"):
        with line(Inbox(channel), account) as session:
            assert session.channel == channel
    close_all()


def test_lines_that_were_idle_for_too_long_are_closed_and_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    old, young = (Account("inbox", {"host": "127.0.0.1", "port": port}) for port in (8, 9))
    closed = []
    for account in (old, young):
        with line(Inbox("sms"), account) as session:
            monkeypatch.setattr(session, "close", lambda port=account.settings["port"]: closed.append(port))
        if account is old:
            monkeypatch.setattr(lines, "IDLE_SECONDS", -1.0)
            lines.close_stale()
            monkeypatch.undo()
    lines.close_stale()
    assert closed == [8]
    close_all()
