"""A relay written out by hand, for what no library's server does: pipelining, refusals in odd places, lines that end at any LF."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Relay:
    """Speaks SMTP with pipelining. refused: what it says to DATA behind a refused recipient; most: mails a connection takes before 421.

    slow: it answers a content only once the next envelope has begun to arrive. lines: of the contents it took, each as it came;
    as many relays do, it ends one at any LF.
    """

    def __init__(self, *, refused: bytes = b"503 nobody to send it to", most: int = 99, slow: bool = False) -> None:
        self.refused, self.most, self.slow = refused, most, slow
        self.accepted: list[str] = []
        self.lines: list[bytes] = []
        self.connections = 0

    def talk(self, connection: socket.socket) -> None:
        """Serve one connection."""
        self.connections += 1
        lines, recipient, mails = connection.makefile("rb"), "", 0
        connection.sendall(b"220 relay\r\n")
        while line := lines.readline():
            verb, answer = line[:4], b"250 ok"
            if verb == b"EHLO":
                answer = b"250-relay\r\n250 PIPELINING"
            elif verb == b"MAIL" and mails == self.most:
                connection.sendall(b"421 enough\r\n")
                return
            elif verb == b"RCPT":
                recipient = line.decode().partition("<")[2].partition("@")[0]
                answer = b"550 5.1.1 nobody" if recipient == "nobody" else answer
            elif verb == b"DATA":
                connection.sendall((self.refused if recipient == "nobody" else b"354 go") + b"\r\n")
                if recipient == "nobody" and not self.refused.startswith(b"354"):
                    continue
                answer, mails = self._content(lines, connection, recipient), mails + 1
            connection.sendall(answer + b"\r\n")
            if recipient == "last" and mails and verb == b"DATA":
                return

    def _content(self, lines: Any, connection: socket.socket, recipient: str) -> bytes:
        for line in lines:
            if line == b".\r\n":
                break
            self.lines.append(line)
        else:
            return b""
        if self.slow and recipient != "cy":
            lines.peek()  # waits for the next envelope, and ends the connection when none comes
        answer = {"spam": b"554 spam", "doubt": b"451 later"}.get(recipient, b"250 taken")
        if answer.startswith(b"250"):
            self.accepted.append(recipient)
        return answer


@contextmanager
def serving(relay: Relay) -> Iterator[int]:
    """Serve one connection after the other."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.settimeout(2)
                with connection, suppress(OSError):
                    relay.talk(connection)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
