"""Who hands messages over: the caller's own thread where the account answers at once, threads where somebody must wait."""

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from campaigns.channels import Account, Answer, Outcome, Outgoing
from campaigns.channels.email.providers.smtp import SMTP
from campaigns.sending import handing_over, lines
from campaigns.sending.handing_over import ALONE, FEW_SENDERS, SENDERS, has_answered, is_slow, send_all
from tests.campaigns.relay import Relay, serving

OUTGOING = {number: Outgoing(f"k{number}", "shop@example.test", f"p{number}@example.test", b"x") for number in range(SENDERS)}


class Service:
    """A provider that answers over sockets, and says which threads waited for it. answers: says which connection does."""

    key, keyed = "service", False

    def __init__(self) -> None:
        self.name = uuid4().hex
        self.opened: list[Connection] = []
        self.threads: set[str] = set()
        self.answers: Callable[[Connection], bool] = lambda _one: True

    @property
    def account(self) -> Account:
        return Account("service", {"host": self.name})

    def open(self, _account: Account) -> "Connection":
        self.opened.append(Connection(self))
        return self.opened[-1]


class Connection:
    """One of its connections. It connects when it is first used."""

    def __init__(self, service: Service) -> None:
        self.service, self.connected, self.carried = service, False, 0
        self.ours, self.theirs = socket.socketpair()

    def send(self, outgoing: Outgoing, *, deadline: float) -> Answer:
        raise NotImplementedError

    def send_each(self, waiting: Any) -> Iterator[int | None]:
        while (one := waiting.take()) is not None:
            waiting.begin(one)
            if not self.connected:
                yield None
            self.connected = True
            if self.service.answers(self):
                self.theirs.send(b"y")
            yield self.ours.fileno()
            self.service.threads.add(threading.current_thread().name)
            assert self.ours.recv(1) == b"y"
            self.carried += 1
            waiting.answered(one, Answer(Outcome.ACCEPTED))

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(handing_over, "FEW_SECONDS", 0.5)  # a busy machine is no slow account
    yield Service()
    lines.close_all()


def hand_over(service: Service, *, most: int = SENDERS) -> dict[int, Answer]:
    service.threads.clear()
    return send_all(OUTGOING, provider=service, account=service.account, lease_ends=time.monotonic() + 60, most=most)


def connect(service: Service, *, most: int = SENDERS) -> None:
    """Hand over until it is known to answer at once, by as many connections as one thread serves."""
    until = time.monotonic() + 20
    while sum(one.connected for one in service.opened) < min(ALONE, most):
        assert time.monotonic() < until
        assert all_left(hand_over(service, most=most))


def all_left(answers: dict[int, Answer]) -> bool:
    return answers.keys() == OUTGOING.keys() and {one.outcome for one in answers.values()} == {Outcome.ACCEPTED}


def test_who_answers_at_once_is_served_by_one_thread_over_several_connections(service: Service) -> None:
    assert all_left(hand_over(service))
    assert threading.current_thread().name not in service.threads, "nobody knows yet whether it answers"
    assert has_answered(service.account)
    connect(service)
    assert all_left(hand_over(service))
    assert service.threads == {threading.current_thread().name}
    assert len(service.opened) == ALONE


def test_a_helper_has_no_more_connections_than_before(service: Service) -> None:
    connect(service, most=FEW_SENDERS)
    assert all_left(hand_over(service, most=FEW_SENDERS))
    assert service.threads == {threading.current_thread().name}
    assert len(service.opened) == FEW_SENDERS


def test_who_does_not_answer_waits_in_a_thread_and_keeps_nobody(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """One connection says nothing after its next message: all others leave meanwhile, then it speaks."""
    connect(service)
    monkeypatch.setattr(handing_over, "FEW_SECONDS", 0.1)
    silent, before = service.opened[0], sum(one.carried for one in service.opened)
    service.answers = lambda one: one is not silent

    def speak_at_the_end() -> None:
        while sum(one.carried for one in service.opened) - before < SENDERS - 1:
            time.sleep(0.01)
        time.sleep(5 * handing_over.FEW_SECONDS)
        silent.theirs.send(b"y")

    speaking = threading.Thread(target=speak_at_the_end)
    speaking.start()
    assert all_left(hand_over(service))
    speaking.join()
    assert len(service.threads) == 2, "this one, and the one that waited"
    assert not is_slow(service.account)


def test_an_account_that_falls_silent_gets_all_threads(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(service)
    monkeypatch.setattr(handing_over, "FEW_SECONDS", 0.05)
    known = set(service.opened)
    service.answers = lambda one: one not in known

    def speak_at_the_end() -> None:
        while sum(one.carried for one in service.opened if one not in known) < SENDERS - ALONE:
            time.sleep(0.01)
        for one in known:
            one.theirs.send(b"y")

    speaking = threading.Thread(target=speak_at_the_end)
    speaking.start()
    assert all_left(hand_over(service))
    speaking.join()
    assert threading.current_thread().name not in service.threads
    assert len(service.opened) > ALONE


def test_an_answer_that_came_in_time_counts_when_it_is_read_late() -> None:
    """Whoever goes on with another connection meanwhile may come back behind the deadline."""

    class Line:
        left, answered_ = [OUTGOING[0]], dict[str, Outcome]()

        def take(self) -> Outgoing | None:
            return self.left.pop() if self.left else None

        following = take

        def begin(self, _outgoing: Outgoing) -> float:
            return time.monotonic() + 0.5

        def answered(self, outgoing: Outgoing, answer: Answer) -> None:
            self.answered_[outgoing.key] = answer.outcome

    relay, line = Relay(), Line()
    with serving(relay) as port:
        session = SMTP.open(Account("smtp", {"host": "127.0.0.1", "port": port}, trusted=True))
        steps = session.send_each(line)
        assert next(steps) is None, "it connects"
        assert next(steps) == next(steps), "the replies to the envelope, and to the content"
        while not relay.accepted:
            time.sleep(0.01)
        time.sleep(0.6)
        deque(steps, maxlen=0)
        session.close()
    assert line.answered_ == {"k0": Outcome.ACCEPTED}
