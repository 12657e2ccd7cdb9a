"""A real SMTP server that writes down every mail it accepts, for tests: what it holds is what was sent."""

import asyncio
import email
import email.policy
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

Script = Any


class Sink:
    """Accepts mails; `answer` may be replaced to refuse, delay or drop. What was accepted stands in `accepted`."""

    def __init__(self) -> None:
        self.accepted: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.users: set[str] = set()
        self.passwords: set[str] = set()
        self.rcpt_answer: Any = None
        self.data_answer: Any = None
        self.guard = threading.Lock()

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        """Take the recipient unless told otherwise."""
        refusal = self.rcpt_answer(address) if self.rcpt_answer else None
        if refusal:
            return str(refusal)
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Write the mail down, then answer."""
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content or "").encode()
        message = email.message_from_bytes(content, policy=email.policy.default)
        with self.guard:
            self.accepted.append(message)
            self.recipients.extend(envelope.rcpt_tos)
        if self.data_answer is None:
            return "250 taken"
        result = self.data_answer(message)
        return str(await result if asyncio.iscoroutine(result) else result)

    def sign_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Let everybody in and remember the name and the password."""
        self.users.add(data.login.decode())
        self.passwords.add(data.password.decode())
        return AuthResult(success=True)


def free_port() -> int:
    """Return a port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def smtp_sink() -> Iterator[tuple[Sink, int]]:
    """Run a sink on a free loopback port."""
    sink = Sink()
    port = free_port()
    controller = Controller(
        sink, hostname="127.0.0.1", port=port, authenticator=sink.sign_in, auth_required=False, auth_require_tls=False, ready_timeout=30
    )
    controller.start()
    try:
        yield sink, port
    finally:
        controller.stop()
