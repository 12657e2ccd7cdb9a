"""Real servers for the tests of `kit.fetch`: a canary nobody may reach, and a stage that plays any answer.

The stage listens on 127.0.0.42, which `StagePolicy` takes for a public address; everything else is judged by the product's own tables.
"""

import ipaddress
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from retention.kit.fetch.addresses import IPAddress
from retention.kit.fetch.policy import Policy

STAGE_ADDRESS = "127.0.0.42"
Play = Callable[[socket.socket, str], None]


@dataclass(frozen=True)
class StagePolicy(Policy):
    """The public policy, with the stage's address counted as public."""

    def allows(self, address: IPAddress) -> bool:
        return address == ipaddress.ip_address(STAGE_ADDRESS) or super().allows(address)


class Canary:
    """Listens on every address of this machine, IPv4 and IPv6, and counts who connects."""

    def __init__(self) -> None:
        self._listener = _listen_everywhere()
        self.port: int = self._listener.getsockname()[1]
        self._counted = threading.Condition()
        self._seen: list[int] = []
        threading.Thread(target=self._count, daemon=True).start()

    def hits(self) -> int:
        """Return how many connections came in, our own probe not counted; the probe makes sure none still waits to be accepted."""
        with socket.create_connection(("127.0.0.1", self.port)) as probe:
            own = probe.getsockname()[1]
            with self._counted:
                assert self._counted.wait_for(lambda: own in self._seen, timeout=30)
                self._seen.remove(own)
                return len(self._seen)

    def forget(self) -> None:
        """Start counting anew."""
        self.hits()
        with self._counted:
            self._seen.clear()

    def close(self) -> None:
        self._listener.close()

    def _count(self) -> None:
        with suppress(OSError):
            while True:
                connection, peer = self._listener.accept()
                with self._counted:
                    self._seen.append(peer[1])
                    self._counted.notify_all()
                with suppress(OSError):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\ncanary")
                connection.close()


class Stage:
    """An HTTP server that plays a script per path and remembers the requests it got."""

    def __init__(self, *, address: str = STAGE_ADDRESS, tls: ssl.SSLContext | None = None) -> None:
        self._listener = socket.create_server((address, 0))
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[str] = []
        self._plays: dict[str, Play] = {}
        self._tls = tls
        threading.Thread(target=self._serve, daemon=True).start()

    def play(self, path: str, script: Play | bytes) -> None:
        """Answer a path with fixed bytes or with a function that gets the connection and the request's head."""
        self._plays[path] = script if callable(script) else _saying(script)

    def reset(self) -> None:
        """Forget scripts and requests."""
        self._plays.clear()
        self.requests.clear()

    def close(self) -> None:
        self._listener.close()

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            talking = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            with talking:
                head = _read_request(talking)
                self.requests.append(head)
                path = head.split(" ")[1].partition("?")[0] if head else ""
                self._plays.get(path, _saying(answer(404)))(talking, head)


def answer(status: int, body: bytes = b"", *, headers: str = "") -> bytes:
    """Return the bytes of a plain HTTP answer; `headers` is extra lines, each ended by CR LF."""
    return f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n".encode("latin-1") + body


def redirect(location: str, *, status: int = 302) -> bytes:
    """Return the bytes of a redirect."""
    return answer(status, headers=f"Location: {location}\r\n")


def resolver(**names: Sequence[str]) -> Callable[[str, int], Sequence[str]]:
    """Make a resolver that knows stage.example, localhost and these names (with _ for a dot), and nothing else."""
    known = {name.replace("_", "."): found for name, found in names.items()} | {
        "stage.example": [STAGE_ADDRESS],
        "localhost": ["127.0.0.1", "::1"],
    }

    def resolve(host: str, port: int) -> Sequence[str]:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return known[host]

    return resolve


class Rebinding:
    """A resolver that answers with the stage first and with the canary's address ever after."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return [STAGE_ADDRESS] if self.asked == 1 else ["127.0.0.1"]


_watchers: list[list[str]] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect" and _watchers:
        place = arguments[1]
        for watcher in list(_watchers):
            watcher.append(str(place[0]) if isinstance(place, tuple) else str(place))


sys.addaudithook(_hook)


@contextmanager
def watching_connects() -> Iterator[list[str]]:
    """Record the address of every connect() that Python makes inside the block, whichever library asks for it."""
    seen: list[str] = []
    _watchers.append(seen)
    try:
        yield seen
    finally:
        _watchers.remove(seen)


def _listen_everywhere() -> socket.socket:
    if socket.has_dualstack_ipv6():
        return socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=256)
    return socket.create_server(("0.0.0.0", 0), backlog=256)


def _saying(data: bytes) -> Play:
    return lambda connection, head: connection.sendall(data)


def _read_request(connection: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(65536)
        if not received:
            break
        data += received
    head, _, body = data.partition(b"\r\n\r\n")
    wanted = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < wanted:
        body += connection.recv(65536)
    return (head + b"\r\n\r\n" + body).decode("latin-1")
