"""Sockets that know one deadline and one byte budget for the whole fetch, and how they are opened.

A per-read timeout is not enough: a server that sends one byte per second would hold us for hours. Every read and write here asks the
meter first, so the status line, headers, body and trailers together cannot outlive the deadline or outgrow memory.
"""

import socket
import ssl
import time
from collections.abc import Sequence
from ipaddress import IPv6Address
from typing import Any

from retention.kit.fetch.addresses import IPAddress
from retention.kit.fetch.errors import FetchFailed

_HEAD_ALLOWANCE = 256 * 1024
_LONGEST_PROXY_HEAD = 8 * 1024


class Meter:
    """The time and the bytes a fetch may still use; one meter covers look-up, connection, redirects and body."""

    def __init__(self, *, seconds: float, max_bytes: int) -> None:
        self._end = time.monotonic() + seconds
        # Twice the body leaves room for chunk framing; what it must stop is an endless header, chunk line or trailer.
        self._wire_left = 2 * max_bytes + _HEAD_ALLOWANCE
        self.request_sent = False

    def left(self) -> float:
        """Return the seconds left; raises FetchFailed (timeout) when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise FetchFailed("timeout", request_sent=self.request_sent)
        return left

    def spend(self, count: int) -> None:
        """Take received bytes off the budget; raises FetchFailed (too_large) when it is used up."""
        self._wire_left -= count
        if self._wire_left < 0:
            raise FetchFailed("too_large", request_sent=self.request_sent)


class MeteredSocket(socket.socket):
    """A TCP socket whose every read and write is held to the meter."""

    meter: Meter

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(self.meter.left())
        count = super().recv_into(buffer, nbytes, flags)
        self.meter.spend(count)
        return count

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        self.settimeout(self.meter.left())
        received = super().recv(bufsize, flags)
        self.meter.spend(len(received))
        return received

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.settimeout(self.meter.left())
        super().sendall(data, flags)


class MeteredTLS(ssl.SSLSocket):
    """The same over TLS; `ssl` makes it from a MeteredSocket through the context's `sslsocket_class`."""

    meter: Meter

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(self.meter.left())
        count = super().recv_into(buffer, nbytes, flags)
        self.meter.spend(count)
        return count

    def send(self, data: Any, flags: int = 0) -> int:
        self.settimeout(self.meter.left())  # SSLSocket.sendall calls send once per piece
        return super().send(data, flags)


def secure_context() -> ssl.SSLContext:
    """Make the TLS context: system trust, host name checked, TLS 1.2 or newer, metered sockets."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = MeteredTLS
    return context


def dial(addresses: Sequence[IPAddress], *, port: int, meter: Meter) -> MeteredSocket:
    """Connect to the first of these addresses that answers; no name is looked up here."""
    for place, address in enumerate(addresses):
        sock = MeteredSocket(socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET, socket.SOCK_STREAM)
        sock.meter = meter
        try:
            sock.settimeout(meter.left() / (len(addresses) - place))
            sock.connect((str(address), port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except FetchFailed:
            sock.close()
            raise
        except OSError:
            sock.close()
    meter.left()
    raise FetchFailed("connect")


def secure(sock: MeteredSocket, *, host: str, context: ssl.SSLContext) -> MeteredTLS:
    """Start TLS for the host's name on a connection to a checked address."""
    meter = sock.meter
    try:
        sock.settimeout(meter.left())  # the handshake as a whole gets what is left
        wrapped = context.wrap_socket(sock, server_hostname=host)
    except TimeoutError:
        sock.close()
        raise FetchFailed("timeout") from None
    except (OSError, ValueError):
        sock.close()
        raise FetchFailed("tls") from None
    assert isinstance(wrapped, MeteredTLS)  # noqa: S101 - tells mypy what sslsocket_class made
    wrapped.meter = meter
    return wrapped


def tunnel(address: IPAddress, *, port: int, proxy: MeteredSocket) -> MeteredSocket:
    """Ask an egress proxy for a connection to a checked address (CONNECT), for http and https alike."""
    place = f"[{address}]:{port}" if isinstance(address, IPv6Address) else f"{address}:{port}"
    try:
        proxy.sendall(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode("ascii"))
        status_line = _read_head(proxy).split(b"\r\n", 1)[0]
    except OSError:
        proxy.close()
        raise FetchFailed("proxy") from None
    except FetchFailed:
        proxy.close()
        raise
    if status_line.split(b" ")[1:2] != [b"200"]:
        proxy.close()
        raise FetchFailed("proxy")
    return proxy


def _read_head(sock: MeteredSocket) -> bytes:
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        received = sock.recv(1)  # one byte at a time: what follows the head belongs to the target
        if not received or len(head) > _LONGEST_PROXY_HEAD:
            raise FetchFailed("proxy")
        head += received
    return bytes(head)
