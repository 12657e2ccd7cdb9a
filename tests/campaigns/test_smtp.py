"""Our SMTP provider against real servers that answer well, badly, slowly or not at all: every ending is classified by its phase."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from campaigns.channels import Account, Answer, Outcome, Outgoing
from campaigns.channels.email.providers.smtp import SMTP, stuffed
from tests.campaigns.sink import free_port, smtp_sink

MAIL = Outgoing(key="k", sender="shop@example.test", recipient="ana@example.test", content=b"Subject: x\r\n\r\nHello\r\n.dot\r\n")


def account(port: int, **settings: Any) -> Account:
    return Account("smtp", {"host": "127.0.0.1", "port": port} | settings, trusted=True)


def send(port: int, *, seconds: float = 5, mail: Outgoing = MAIL, **settings: Any) -> Answer:
    session = SMTP.open(account(port, **settings))
    try:
        return session.send(mail, deadline=time.monotonic() + seconds)
    finally:
        session.close()


def test_accepted_mail_arrives_as_it_was() -> None:
    with smtp_sink() as (sink, port):
        assert send(port).outcome is Outcome.ACCEPTED
        assert sink.accepted[0].get_payload() == "Hello\r\n.dot\r\n"


def test_one_connection_serves_many_mails() -> None:
    with smtp_sink() as (sink, port):
        session = SMTP.open(account(port))
        for _ in range(5):
            assert session.send(MAIL, deadline=time.monotonic() + 5).outcome is Outcome.ACCEPTED
        session.close()
        assert len(sink.accepted) == 5


@pytest.mark.parametrize(
    ("reply", "outcome", "bad_address"),
    [
        ("550 5.1.1 nobody here", Outcome.REFUSED, True),
        ("550 5.7.1 we do not like you", Outcome.REFUSED, False),
        ("552 full", Outcome.REFUSED, False),
        ("451 4.7.1 greylisted", Outcome.LATER, False),
    ],
)
def test_refused_recipient(reply: str, outcome: Outcome, bad_address: bool) -> None:
    with smtp_sink() as (sink, port):
        sink.rcpt_answer = lambda _address: reply
        answer = send(port)
        assert (answer.outcome, answer.bad_address, sink.accepted) == (outcome, bad_address, [])


def test_refusal_does_not_harm_the_next_mail_on_the_connection() -> None:
    with smtp_sink() as (sink, port):
        session = SMTP.open(account(port))
        sink.rcpt_answer = lambda _address: "550 5.1.1 no"
        assert session.send(MAIL, deadline=time.monotonic() + 5).outcome is Outcome.REFUSED
        sink.rcpt_answer = None
        assert session.send(MAIL, deadline=time.monotonic() + 5).outcome is Outcome.ACCEPTED
        session.close()


@pytest.mark.parametrize(("reply", "outcome"), [("554 spam", Outcome.REFUSED), ("451 try later", Outcome.AMBIGUOUS)])
def test_answer_after_the_final_dot(reply: str, outcome: Outcome) -> None:
    with smtp_sink() as (sink, port):
        sink.data_answer = lambda _mail: reply
        assert send(port).outcome is outcome


def test_silence_after_the_final_dot_is_ambiguous() -> None:
    async def silence() -> str:
        await asyncio.sleep(3)
        return "250 late"

    with smtp_sink() as (sink, port):
        sink.data_answer = lambda _mail: silence()
        begin = time.monotonic()
        assert send(port, seconds=0.7).outcome is Outcome.AMBIGUOUS
        assert time.monotonic() - begin < 2


def test_nobody_there_is_surely_not_sent() -> None:
    answer = send(free_port())
    assert (answer.outcome, answer.whole_account) == (Outcome.NOT_SENT, True)


@contextmanager
def scripted(*lines: bytes) -> Iterator[int]:
    """Answer each line of the client with the next scripted bytes; b"" hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(b"220 hello\r\n")
                    for line in lines:
                        if not connection.recv(65536) or not line:
                            break
                        connection.sendall(line)
        except OSError:
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ([b""], Outcome.NOT_SENT),
        ([b"250 hi\r\n", b""], Outcome.NOT_SENT),
        ([b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b""], Outcome.NOT_SENT),
        ([b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b""], Outcome.AMBIGUOUS),
        ([b"<html>Bad gateway</html>\r\n"], Outcome.NOT_SENT),
        ([b"250-PIPELINING\r\n250 hi\r\n"], Outcome.NOT_SENT),
        ([b"250-hi\r\n250 PIPELINING\r\n", b"250 ok\r\n550 5.1.1 no\r\n354 go\r\n"], Outcome.REFUSED),
        ([b"250 hi\r\n", b"421 closing\r\n"], Outcome.LATER),
        ([b"250-" + b"x" * 9000], Outcome.NOT_SENT),
    ],
)
def test_broken_conversation(lines: list[bytes], outcome: Outcome) -> None:
    with scripted(*lines) as port:
        assert send(port, seconds=1.5).outcome is outcome


def test_address_with_a_line_break_is_never_a_command() -> None:
    evil = Outgoing("k", "a@example.test", "b@example.test>\r\nRCPT TO:<c@example.test", b"x")
    with smtp_sink() as (_sink, port), pytest.raises(ValueError, match="one line"):
        send(port, mail=evil)


def test_merchants_relay_on_a_private_address_is_refused(settings: Any) -> None:
    settings.FETCH_POLICY = "public"
    with smtp_sink() as (sink, port):
        session = SMTP.open(Account("smtp", {"host": "127.0.0.1", "port": port}))
        assert session.send(MAIL, deadline=time.monotonic() + 2).outcome is Outcome.NOT_SENT
        assert sink.accepted == []


def test_dots_are_doubled() -> None:
    assert stuffed(b".a\r\n.b") == b"..a\r\n..b\r\n"
