"""A sender of events over kept connections, cheap enough to drive a server on the same machine; a program of its own.

Reads a plan as JSON from standard input and writes what it saw as JSON. Message ids follow from counted names, so the same are sent again.
"""

import base64
import hashlib
import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from tests.bench.measuring.events import json_of
from tests.serving import ROOT


@dataclass
class Plan:
    """What to send. keys: write keys in turns; size: events in a request; every: seconds between requests, 0 as fast as it goes."""

    port: int
    path: str
    keys: list[str]
    requests: int
    size: int
    connections: int
    prefix: str
    every: float = 0


@dataclass
class Seen:
    """What the sender saw: requests answered 200, others by status, seconds each took."""

    answered: int = 0
    turned_away: dict[str, int] = field(default_factory=dict)
    seconds: float = 0
    latencies: list[float] = field(default_factory=list)


def body_of(plan: Plan, number: int) -> bytes:
    """Return the body of one request."""
    first, moment = number * plan.size, datetime.now(UTC).isoformat()
    events = [json_of(_message_id(f"{plan.prefix}-{place}"), place, moment=moment) for place in range(first, first + plan.size)]
    return events[0] if plan.size == 1 else b'{"batch":[' + b",".join(events) + b"]}"


def _message_id(name: str) -> str:
    """Return the same id for the same name, as real clients write theirs: a UUID, whose digits may look like a number with an exponent."""
    digits = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class _Line:
    """One kept connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.begun = 0.0
        self.busy = False

    def ask(self, request: bytes) -> None:
        self.begun, self.busy = time.perf_counter(), True
        self.socket.sendall(request)

    def answer(self) -> str:
        """Return the status of the answer, once all of it is here."""
        data = self.socket.recv(65536)
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _gap, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        while len(body) < length:
            body += self._more()
        self.busy = False
        return head[9:12].decode()

    def _more(self) -> bytes:
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("The server closed the connection.")
        return part


def send(plan: Plan) -> Seen:
    """Send everything and wait for every answer."""
    requests = _requests(plan)
    lines = [_Line(plan.port) for _ in range(plan.connections)]
    by_number = {line.socket.fileno(): line for line in lines}
    poll = select.epoll()
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    seen, begin = Seen(), time.perf_counter()
    free, busy, sent, more = list(lines), 0, 0, True
    while busy or more:
        while more and free and (not plan.every or time.perf_counter() >= begin + sent * plan.every):
            request = next(requests, None)
            if request is None:
                more = False
                break
            line = free.pop()
            line.ask(request)
            busy, sent = busy + 1, sent + 1
        for number, _event in poll.poll(0.001 if plan.every else 1):
            line = by_number.pop(number)
            if not line.busy:  # the server closes a connection that nothing was asked on for half a minute
                free.remove(line)
                line.socket.close()
                line = _Line(plan.port)
                poll.register(line.socket.fileno(), select.EPOLLIN)
            else:
                _note(seen, line.answer(), line)
                busy -= 1
            by_number[line.socket.fileno()] = line
            free.append(line)
    seen.seconds = time.perf_counter() - begin
    return seen


def _note(seen: Seen, status: str, line: _Line) -> None:
    seen.latencies.append(time.perf_counter() - line.begun)
    if status != "200":
        seen.turned_away[status] = seen.turned_away.get(status, 0) + 1
    else:
        seen.answered += 1


def _requests(plan: Plan) -> Iterator[bytes]:
    for number in range(plan.requests):
        key = base64.b64encode(f"{plan.keys[number % len(plan.keys)]}:".encode()).decode()
        body = body_of(plan, number)
        head = f"POST {plan.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {key}\r\nContent-Length: {len(body)}\r\n"
        yield f"{head}Content-Type: application/json\r\n\r\n".encode() + body


def begin(plan: Plan) -> "subprocess.Popen[str]":
    """Start a process that carries out a plan; `seen_by` waits for its end."""
    command = [sys.executable, "-m", "tests.bench.measuring.sending"]
    sender = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert sender.stdin
    sender.stdin.write(json.dumps(asdict(plan)))
    sender.stdin.close()
    return sender


def seen_by(sender: "subprocess.Popen[str]") -> Seen:
    """Return what a sender saw, once it has sent everything."""
    assert sender.stdout
    said = sender.stdout.read()
    if sender.wait():
        raise RuntimeError("A sender ended before its plan was carried out.")
    return Seen(**json.loads(said))


def main() -> None:
    """Carry out the plan on standard input."""
    plan = Plan(**json.load(sys.stdin))
    seen = send(plan)
    json.dump(asdict(seen), sys.stdout)


if __name__ == "__main__":
    main()
