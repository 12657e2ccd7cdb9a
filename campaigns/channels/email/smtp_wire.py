"""The bytes of an SMTP connection: connect to a checked address, greet, secure, sign in, write, read replies.

Every wait is bounded by what is left of one deadline on `time.monotonic()`. what an answer means is decided in `providers/smtp.py`.
"""

import base64
import re
import socket
import ssl
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings

from campaigns.channels.base import Account
from retention.kit.fetch.addresses import is_loopback, is_public, read_address

_LONGEST_LINE = 4096
_MOST_LINES = 100
_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
_CONNECT_SECONDS = 10.0
_MOMENT, _SHORTEST = 0.25, 0.001
_MOST_PIECES = 1000  # in one call; Linux takes 1024


class WireBroken(Exception):
    """The other side closed, or spoke something that is not SMTP."""


class CannotConnect(Exception):
    """No usable connection came about, so nothing was sent. whole_account: waiting alone will not help (password, TLS)."""

    def __init__(self, detail: str, *, whole_account: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.whole_account = whole_account


class Reply(NamedTuple):
    """One reply: its code and text."""

    code: int
    text: str

    @property
    def enhanced(self) -> str:
        """Return the enhanced status code (RFC 3463), or nothing."""
        match = _ENHANCED.match(self.text)
        return match.group(1) if match else ""

    @property
    def short(self) -> str:
        """Return code and text for a log line, without addresses."""
        text = _ADDRESS.sub("[address]", self.text) if "@" in self.text else self.text
        return f"{self.code} {text}"[:200]


@dataclass
class Wire:
    """One open connection."""

    sock: socket.socket
    buffer: bytes = b""
    patience: float = -1.0  # the seconds the socket waits, as they were last set
    extensions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def connect(cls, account: Account, *, deadline: float) -> "Wire":
        """Connect, greet, secure and sign in; raises CannotConnect."""
        host, port = str(account.settings.get("host", "")), int(account.settings.get("port", 0))
        security = str(account.settings.get("security", "none"))
        try:
            wire = cls(_open_socket(host, port, trusted=account.trusted, deadline=deadline))
        except OSError as error:
            raise CannotConnect(f"no connection: {type(error).__name__}") from None
        try:
            wire._begin(account, host=host, security=security, deadline=deadline)
        except (ssl.SSLError, OSError, WireBroken) as error:
            wire.drop()
            raise CannotConnect(f"no usable connection: {type(error).__name__}", whole_account=isinstance(error, ssl.SSLError)) from None
        except CannotConnect:
            wire.drop()
            raise
        return wire

    def _begin(self, account: Account, *, host: str, security: str, deadline: float) -> None:
        if security == "tls":
            self._secure(host, deadline)
        greeting = self.read(deadline=deadline)
        if greeting.code != 220:
            raise CannotConnect(f"greeting: {greeting.short}")
        self._hello(deadline)
        if security == "starttls":
            if "STARTTLS" not in self.extensions or self.command("STARTTLS", deadline=deadline).code != 220:
                raise CannotConnect("the relay offers no STARTTLS", whole_account=True)
            self._secure(host, deadline)
            self._hello(deadline)
        if account.credentials.get("username"):
            self._sign_in(account.credentials, deadline)

    def _hello(self, deadline: float) -> None:
        name = "localhost"
        reply = self.command(f"EHLO {name}", deadline=deadline)
        if reply.code != 250:
            raise CannotConnect(f"EHLO: {reply.short}")
        lines = reply.text.split("\n")[1:]
        self.extensions = {word.upper(): rest for word, _, rest in (line.partition(" ") for line in lines)}

    def _secure(self, host: str, deadline: float) -> None:
        self.sock.settimeout(_left(deadline))
        self.patience = -1.0
        if self.buffer:
            raise WireBroken("bytes before TLS")  # CVE-2011-0411: nothing from before may be read after
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=host)

    def _sign_in(self, credentials: Any, deadline: float) -> None:
        user, password = str(credentials["username"]), str(credentials.get("password", ""))
        token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        reply = self.command(f"AUTH PLAIN {token}", deadline=deadline)
        if reply.code in {503, 504} or (reply.code >= 500 and "PLAIN" not in self.extensions.get("AUTH", "PLAIN").upper()):
            reply = self._login(user, password, deadline)
        if reply.code != 235:
            raise CannotConnect(f"sign-in: {reply.short}", whole_account=True)

    def _login(self, user: str, password: str, deadline: float) -> Reply:
        reply = self.command("AUTH LOGIN", deadline=deadline)
        for text in (user, password):
            if reply.code != 334:
                break
            reply = self.command(base64.b64encode(text.encode()).decode(), deadline=deadline)
        return reply

    def commands(self, commands: Sequence[str], *, deadline: float) -> list[Reply]:
        """Send commands, at once where the relay allows it; without pipelining stop at the first refusal."""
        together = self.ahead(commands)
        if together:
            self.write(together, deadline=deadline)
            return [self.read(deadline=deadline) for _ in commands]
        replies: list[Reply] = []
        for command in commands:
            replies.append(self.command(command, deadline=deadline))
            if replies[-1].code >= 400:
                break
        return replies

    def ahead(self, commands: Sequence[str]) -> bytes:
        """Return commands as they leave together, also behind a mail's content (RFC 2920); nothing where the relay does not allow it."""
        return "".join([f"{_line(command)}\r\n" for command in commands]).encode() if "PIPELINING" in self.extensions else b""

    def command(self, command: str, *, deadline: float) -> Reply:
        """Send one command and read its reply."""
        self.write(f"{_line(command)}\r\n".encode(), deadline=deadline)
        return self.read(deadline=deadline)

    def write(self, data: bytes, *, deadline: float) -> None:
        """Write everything before the deadline, however slowly the other side reads."""
        _taken, broken = self.write_what_goes((data,), deadline=deadline)
        if broken is not None:
            raise broken

    def write_what_goes(self, parts: Sequence[bytes], *, deadline: float) -> tuple[int, OSError | None]:
        """Write in as few calls as the system allows; return how many bytes it took, and what broke the connection before all were."""
        taken = 0
        try:
            if len(parts) <= _MOST_PIECES and not isinstance(self.sock, ssl.SSLSocket):  # which takes one piece only
                self._wait_until(deadline)
                taken = self.sock.sendmsg(parts)
            left = memoryview(b"".join(parts))[taken:] if taken < sum(map(len, parts)) else memoryview(b"")
            while left:
                self._wait_until(deadline)
                count = self.sock.send(left)
                taken, left = taken + count, left[count:]
        except BlockingIOError:
            return taken, _late()
        except OSError as error:
            return taken, error
        return taken, None

    def read(self, *, deadline: float) -> Reply:
        """Read one reply of one or more lines."""
        line = self._read_line(deadline)
        if line[3:4] == b" " and line[:3].isdigit():
            return Reply(int(line[:3]), line[4:].decode("utf-8", "replace"))
        texts: list[str] = []
        for place in range(_MOST_LINES):
            line = self._read_line(deadline) if place else line
            if len(line) < 3 or not line[:3].isdigit():
                raise WireBroken("not a reply")
            texts.append(line[4:].decode("utf-8", "replace"))
            if line[3:4] != b"-":
                return Reply(int(line[:3]), "\n".join(texts))
        raise WireBroken("endless reply")

    def _read_line(self, deadline: float) -> bytes:
        while True:
            if b"\n" in self.buffer:
                line, _, self.buffer = self.buffer.partition(b"\n")
                return line.rstrip(b"\r")
            if len(self.buffer) > _LONGEST_LINE:
                raise WireBroken("line too long")
            self._wait_until(deadline)
            try:
                chunk = self.sock.recv(4096)
            except BlockingIOError:
                raise _late() from None
            if not chunk:
                raise WireBroken("closed")
            self.buffer += chunk

    def _wait_until(self, deadline: float) -> None:
        """Let the socket wait no longer, give or take a moment: telling the system costs a call, and there are several a mail.

        A socket without TLS waits in the very call that writes or reads; Python's own timeout asks the system first each time.
        """
        left = _left(deadline)
        if left <= self.patience <= left + _MOMENT:
            return
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.settimeout(left)
        else:
            self.sock.settimeout(None)
            whole, rest = divmod(max(left, _SHORTEST), 1)
            for wait in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                self.sock.setsockopt(socket.SOL_SOCKET, wait, struct.pack("ll", int(whole), int(1e6 * rest)))
        self.patience = left

    def close(self) -> None:
        """Say QUIT without waiting long for an answer."""
        with suppress(OSError, WireBroken):
            self.command("QUIT", deadline=time.monotonic() + 1)
        self.drop()

    def drop(self) -> None:
        """Close the socket."""
        self.sock.close()


def _line(command: str) -> str:
    """Return a command line; line breaks inside would be a second command."""
    if "\r" in command or "\n" in command or "\0" in command:
        raise ValueError("A command must be one line.")
    return command


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise _late()
    return left


def _late() -> TimeoutError:
    return TimeoutError("deadline")


def _open_socket(host: str, port: int, *, trusted: bool, deadline: float) -> socket.socket:
    """Resolve, refuse forbidden addresses, and connect to one of those very addresses (S26)."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in entries))
    if not trusted:
        allowed = is_public if settings.FETCH_POLICY == "public" else is_loopback
        for text in addresses:
            address = read_address(text)
            if address is None or not allowed(address):
                raise PermissionError("address not allowed")
    last: OSError = ConnectionRefusedError("no address")
    for text in addresses[:4]:
        try:
            connected = socket.create_connection((text, port), timeout=min(_CONNECT_SECONDS, _left(deadline)))
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # commands are small and wait for nothing
            return connected
        except OSError as error:
            last = error
    raise last
