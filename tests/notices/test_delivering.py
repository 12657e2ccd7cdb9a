"""Claim, send, settle: what leaves, what waits, what is never sent twice."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from retention.notices import delivering, tasks
from retention.notices.carriers import Ending, Mail, Outcome, carriers
from retention.notices.delivering import claim, deliver_due, erase_old, next_state, settle, sweep_abandoned
from retention.notices.models import Notice
from retention.notices.owing import owe
from retention.notices.smtp import SmtpCarrier, route_of
from tests.lasting import take_statistics
from tests.notices.mail_servers import free_port, mail_server, rude_server

pytestmark = pytest.mark.django_db(transaction=True)


def owe_one(key: str = "reset:1", *, may_repeat: bool = False) -> Notice:
    owe(
        "reset",
        to="nora@example.test",
        subject="A new password",
        text="https://boomerang.example.test/secret",
        html="<p>secret</p>",
        key=key,
        may_repeat=may_repeat,
    )
    return Notice.objects.get(key=key)


def through(url: str, *, seconds: float = 5.0) -> Notice:
    deliver_due(SmtpCarrier(route_of(url)), seconds=seconds)
    return Notice.objects.get()


def test_mail_reaches_a_real_server_with_both_bodies(settings):
    settings.DEFAULT_FROM_EMAIL = "Boomerang <hello@boomerang.example.test>"
    owe_one()
    with mail_server() as (keeper, url):
        notice = through(url)
    [mail] = keeper.mails
    assert (mail["To"], mail["Subject"], mail["From"]) == (
        "nora@example.test",
        "A new password",
        "Boomerang <hello@boomerang.example.test>",
    )
    assert mail["Message-ID"] == f"<notice-{notice.pk}@boomerang.example.test>"
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert (notice.state, notice.attempts, notice.token) == ("sent", 1, 1)


def test_task_sends_through_the_configured_server(settings):
    owe_one()
    with mail_server() as (keeper, url):
        settings.MAIL_URL, settings.INBOX_SMTP_URL = "", url
        assert tasks.deliver() == 1
        assert tasks.deliver() == 0
    assert len(keeper.mails) == 1


def test_nothing_is_claimed_without_a_server(settings):
    settings.MAIL_URL = settings.INBOX_SMTP_URL = ""
    owe_one()
    assert tasks.deliver() == 0
    assert Notice.objects.get().attempts == 0


def test_refused_connection_waits_and_tries_again():
    owe_one()
    notice = through(f"smtp://127.0.0.1:{free_port()}")
    assert notice.state == "ready"
    assert notice.due_at > timezone.now()
    assert "refused" in notice.error.lower()


@pytest.mark.parametrize(("answer", "state"), [("550 No such person", "failed"), ("450 Come back later", "ready")])
def test_servers_own_answer_decides(answer, state):
    owe_one()
    with mail_server() as (keeper, url):
        keeper.refuse_with = answer
        notice = through(url)
    assert (notice.state, notice.error) == (state, answer)
    assert keeper.mails == []


@pytest.mark.parametrize(("breaks_at", "may_repeat", "state"), [("RCPT", False, "ready"), (".", False, "unknown"), (".", True, "ready")])
def test_broken_line_is_unknown_only_after_the_mail_was_begun(breaks_at, may_repeat, state):
    owe_one(may_repeat=may_repeat)
    with rude_server(breaks_at=breaks_at) as url:
        assert through(url).state == state


def test_unknown_is_never_sent_again():
    owe_one()
    with rude_server(breaks_at=".") as url:
        through(url)
    with mail_server() as (keeper, url):
        assert through(url).state == "unknown"
    assert keeper.mails == []


def test_dripping_server_is_cut_off_at_the_deadline(monkeypatch):
    monkeypatch.setattr(delivering, "SEND_SECONDS", 0.6)
    owe_one()
    began = timezone.now()
    with rude_server(breaks_at="MAIL", drips=True) as url:
        assert through(url).state == "ready"
    assert timezone.now() - began < timedelta(seconds=5)


def test_many_workers_send_each_notice_once():
    for number in range(12):
        owe_one(f"reset:{number}")

    def work(url: str) -> None:
        deliver_due(SmtpCarrier(route_of(url)), seconds=20)
        connection.close()

    with mail_server() as (keeper, url):
        threads = [threading.Thread(target=work, args=(url,)) for _ in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    assert sorted(Notice.objects.values_list("state", flat=True)) == ["sent"] * 12
    assert len({mail["Message-ID"] for mail in keeper.mails}) == len(keeper.mails) == 12


@pytest.mark.parametrize(("may_repeat", "state"), [(True, "ready"), (False, "unknown")])
def test_notice_of_a_dead_worker_is_settled(may_repeat, state):
    owe_one(may_repeat=may_repeat)
    claim()
    assert sweep_abandoned() == 0
    Notice.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert sweep_abandoned() == 1
    assert Notice.objects.get().state == state


def test_late_worker_may_turn_unknown_into_sent_but_not_a_later_claim():
    owe_one()
    old = claim()
    Notice.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    sweep_abandoned()
    assert settle(old, Outcome(Ending.SENT))
    Notice.objects.update(state="ready")
    claim()
    assert not settle(old, Outcome(Ending.REFUSED, "too late"))
    assert Notice.objects.get().state == "sending"


@pytest.mark.parametrize(
    ("ending", "attempts", "may_repeat", "state"),
    [
        (Ending.SENT, 12, False, "sent"),
        (Ending.NOT_SENT, 1, False, "ready"),
        (Ending.NOT_SENT, 12, True, "failed"),
        (Ending.REFUSED, 1, True, "failed"),
        (Ending.UNKNOWN, 1, False, "unknown"),
        (Ending.UNKNOWN, 12, True, "unknown"),
    ],
)
def test_what_becomes_of_a_notice(ending, attempts, may_repeat, state):
    assert next_state(ending, attempts=attempts, may_repeat=may_repeat) == state


def test_bodies_are_erased_an_hour_after_sending():
    owe_one()
    now = timezone.now()
    Notice.objects.update(state="sent", sent_at=now - timedelta(minutes=59))
    assert erase_old() == 0
    Notice.objects.update(sent_at=now - timedelta(minutes=61))
    assert erase_old() == 1
    notice = Notice.objects.get()
    assert (notice.text, notice.html, notice.subject) == ("", "", "A new password")
    Notice.objects.update(created_at=now - timedelta(days=31))
    erase_old()
    assert Notice.objects.count() == 0


def test_registered_carrier_takes_what_is_its_own(monkeypatch):
    class Own:
        def takes(self, mail: Mail) -> bool:
            return mail.kind == "reset"

        def send(self, mail: Mail, *, seconds: float) -> Outcome:
            return Outcome(Ending.SENT)

    monkeypatch.setattr(carriers, "_items", {"own": Own()})
    owe_one()
    assert through("smtp://127.0.0.1:1").state == "sent"


@pytest.mark.parametrize(
    ("url", "port", "starttls", "ssl"),
    [
        ("smtp://mail.example.test", 25, False, False),
        ("smtp+starttls://me%40x:p%3Aw@mail.example.test", 587, True, False),
        ("smtp+ssl://mail.example.test:4650", 4650, False, True),
    ],
)
def test_reads_the_mail_url(url, port, starttls, ssl):
    route = route_of(url)
    assert (route.host, route.port, route.starttls, route.ssl) == ("mail.example.test", port, starttls, ssl)
    if "@" in url:
        assert (route.user, route.password) == ("me@x", "p:w")


def test_what_is_asked_every_few_seconds_and_at_an_erasure_is_found_by_an_index():
    old = timezone.now() - timedelta(days=3)
    Notice.objects.bulk_create(
        [
            Notice(key=f"k{number}", kind="x", to=f"p{number}@example.test", subject="S", text="", state="sent", sent_at=old)
            for number in range(5000)
        ]
    )
    take_statistics("notices_notice")
    asked = [*delivering.old_notices(timezone.now()), Notice.objects.filter(to__iexact="P7@example.test")]
    plans = [rows.explain() for rows in asked]
    assert [plan for plan in plans if "Seq Scan" in plan] == []
