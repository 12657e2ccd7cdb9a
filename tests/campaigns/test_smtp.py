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
from campaigns.channels.email.smtp_wire import Wire
from tests.campaigns.relay import Relay, serving
from tests.campaigns.sink import free_port, smtp_sink

MAIL = Outgoing(key="k", sender="shop@example.test", recipient="ana@example.test", body=b"Subject: x\r\n\r\nHello\r\n.dot\r\n")


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


@pytest.mark.parametrize("count", [3, 2_500])
@pytest.mark.parametrize("dotless", [True, False])
def test_a_mail_in_pieces_arrives_as_one(*, count: int, dotless: bool) -> None:
    lines = [f"{'' if dotless else '.'}line {number}\r\n".encode() for number in range(count)]
    mail = Outgoing("k", MAIL.sender, MAIL.recipient, (b"Subject: x\r\n", b"\r\n", *lines), dotless=dotless)
    with smtp_sink() as (sink, port):
        assert send(port, mail=mail).outcome is Outcome.ACCEPTED
        assert sink.accepted[0].get_payload() == b"".join(lines).decode()
    assert mail.content == b"Subject: x\r\n\r\n" + b"".join(lines)


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


@pytest.mark.parametrize(("count", "lines"), [(400_000, 1), (3, 140_000)])
def test_a_relay_that_stops_reading_is_left_in_time(*, count: int, lines: int) -> None:
    pieces = [(b"x" * 70 + b"\r\n") * lines] * count
    mail = Outgoing("k", MAIL.sender, MAIL.recipient, (b"Subject: x\r\n\r\n", *pieces), dotless=True)
    with scripted(b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", then=threading.Event()) as port:
        begin = time.monotonic()
        answer = send(port, seconds=0.7, mail=mail)
        assert (answer.outcome, answer.detail) == (Outcome.NOT_SENT, "connection lost before the final dot: TimeoutError")
        assert time.monotonic() - begin < 3


def test_a_relay_that_reads_on_and_on_slowly_is_left_in_time() -> None:
    left = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = Wire(socket.create_connection(listener.getsockname()))
        relay, _ = listener.accept()

        def read() -> None:
            while not left.wait(0.02):
                relay.recv(65536)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        with pytest.raises(TimeoutError):
            wire.write(b"x" * 20_000_000, deadline=time.monotonic() + 0.7)
        left.set()
        reader.join()
        relay.close()
        wire.drop()


def test_nobody_there_is_surely_not_sent() -> None:
    answer = send(free_port())
    assert (answer.outcome, answer.whole_account) == (Outcome.NOT_SENT, True)


@contextmanager
def scripted(*lines: bytes, then: threading.Event | None = None) -> Iterator[int]:
    """Answer each line of the client with the next scripted bytes; b"" hangs up. then: what is waited for behind the last, unread."""
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
                    if then is not None:
                        then.wait()
        except OSError:
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        if then is not None:
            then.set()
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


class Line:
    """Mails that wait."""

    def __init__(self, *names: str) -> None:
        self.left = [Outgoing(name, "shop@example.test", f"{name}@example.test", b"Subject: x\r\n\r\n.dot\r\n") for name in names]
        self.answers: dict[str, Outcome] = {}

    def take(self) -> Outgoing | None:
        return self.left.pop(0) if self.left else None

    following = take

    def begin(self, outgoing: Outgoing) -> float | None:
        if outgoing.key == "late":
            self.answers["late"] = Outcome.NOT_SENT
            return None
        return time.monotonic() + 5

    def answered(self, outgoing: Outgoing, answer: Answer) -> None:
        assert outgoing.key not in self.answers
        self.answers[outgoing.key] = answer.outcome


NAMES = ("ana", "nobody", "bo", "spam", "doubt", "late", "cy", "last", "dee")
OUTCOMES = dict.fromkeys(NAMES, Outcome.ACCEPTED) | {
    "nobody": Outcome.REFUSED, "spam": Outcome.REFUSED, "doubt": Outcome.AMBIGUOUS, "late": Outcome.NOT_SENT,
}  # fmt: skip


@pytest.mark.parametrize("refused", [b"503 nobody to send it to", b"354 go on all the same"])
@pytest.mark.parametrize("most", [1, 2, 99])
@pytest.mark.parametrize("names", [NAMES, NAMES[1:], NAMES[::-1]])
def test_a_line_of_mails_ends_as_each_would_by_itself(refused: bytes, most: int, names: tuple[str, ...]) -> None:
    relay, line = Relay(refused=refused, most=most), Line(*names)
    with serving(relay) as port:
        session = SMTP.open(account(port))
        session.send_each(line)
        session.close()
    assert line.answers == {name: OUTCOMES[name] for name in names}
    assert relay.accepted == [name for name in names if OUTCOMES[name] is Outcome.ACCEPTED]


def test_the_next_envelope_leaves_with_the_content() -> None:
    relay, line = Relay(slow=True), Line("ana", "bo", "cy")
    with serving(relay) as port:
        session = SMTP.open(account(port))
        session.send_each(line)
    assert (relay.accepted, relay.connections) == (["ana", "bo", "cy"], 1)
    assert set(line.answers.values()) == {Outcome.ACCEPTED}
