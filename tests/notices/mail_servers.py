"""Mail servers for the tests: a real one that keeps what it got, and rude ones that break at a chosen word."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Keeper:
    """Keeps every mail it gets; answers `refuse_with` to RCPT when set."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.refuse_with = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuse_with:
            return self.refuse_with
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content))
        return "250 Kept"


@contextlib.contextmanager
def mail_server() -> Iterator[tuple[Keeper, str]]:
    """Run a real mail server; yield what it keeps and its URL."""
    keeper, port = Keeper(), free_port()
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield keeper, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


@contextlib.contextmanager
def rude_server(*, breaks_at: str, drips: bool = False) -> Iterator[str]:
    """Run a server that hangs up after the first line that begins with `breaks_at`, or drips its answer for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def talk(line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            line.sendall(b"220 rude\r\n")
            reader, in_data = line.makefile("rb"), False
            for word in reader:
                if word.upper().startswith(breaks_at.encode()):
                    while drips and not stop.is_set():
                        line.sendall(b"2")
                        time.sleep(0.05)
                    line.shutdown(socket.SHUT_RDWR)
                    return
                if in_data and word != b".\r\n":
                    continue
                in_data = word.upper().startswith(b"DATA")
                line.sendall(b"354 go\r\n" if in_data else b"250 ok\r\n")

    def accept() -> None:
        with contextlib.suppress(OSError):
            while not stop.is_set():
                threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        listener.close()
