"""The house's own carrier: one SMTP conversation per mail, over Django's mail connection, and an exact account of how it ended.

The one question that matters is whether the mail's bytes had left when it broke: before, it is surely not sent; after, nobody knows.
"""

import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

from retention.notices.carriers import Ending, Mail, Outcome

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtp+ssl": 465, "smtps": 465}
_CONNECT_SECONDS = 5.0


@dataclass(frozen=True)
class Route:
    """Where the mail server is and how to speak to it."""

    host: str
    port: int
    user: str
    password: str
    starttls: bool
    ssl: bool


def route_of(url: str) -> Route:
    """Read smtp://user:password@host:port, smtp+starttls:// or smtp+ssl:// (or `?tls=1`, `?ssl=1`); raises ImproperlyConfigured."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ImproperlyConfigured("MAIL_URL must look like smtp+starttls://user:password@mail.example.com:587.")
    asked = parse_qs(parts.query)
    return Route(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "smtp+starttls" or asked.get("tls") == ["1"],
        ssl=parts.scheme in {"smtp+ssl", "smtps"} or asked.get("ssl") == ["1"],
    )


def own_route() -> Route | None:
    """Return the mail server of this installation: MAIL_URL, else the test inbox; None when there is neither."""
    url = settings.MAIL_URL or settings.INBOX_SMTP_URL
    return route_of(url) if url else None


class SmtpCarrier:
    """Sends over one mail server."""

    def __init__(self, route: Route) -> None:
        self.route = route

    def takes(self, mail: Mail) -> bool:
        """Take everything."""
        return True

    def send(self, mail: Mail, *, seconds: float) -> Outcome:
        """Open a connection, send, close, all within `seconds`; say how it ended."""
        backend = _Backend(self.route, seconds=min(_CONNECT_SECONDS, seconds))
        with _deadline(backend, seconds=seconds):
            try:
                return self._converse(backend, mail)
            finally:
                _close(backend)

    def _converse(self, backend: "_Backend", mail: Mail) -> Outcome:
        try:
            backend.open()
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(Ending.NOT_SENT, _words(error))
        try:
            backend.send_messages([_message(mail)])
        except (OSError, smtplib.SMTPException) as error:
            return _ending(error, left=backend.line.bytes_left)
        except ValueError as error:  # a header or an address no server would take
            return Outcome(Ending.REFUSED, _words(error))
        return Outcome(Ending.SENT)


def _ending(error: Exception, *, left: bool) -> Outcome:
    """Classify what went wrong after the connection stood; see the table in the reliability guide, 2.3.

    A refused sender is our own configuration, not the person's address, so it is tried again.
    """
    if isinstance(error, smtplib.SMTPSenderRefused):
        return Outcome(Ending.NOT_SENT, _words(error))
    code = _code(error)
    if code is not None:
        return Outcome(Ending.NOT_SENT if 400 <= code < 500 else Ending.REFUSED, _words(error))
    return Outcome(Ending.UNKNOWN if left else Ending.NOT_SENT, _words(error))


def _code(error: Exception) -> int | None:
    """Return the server's own answer, when the error is one."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return min((code for code, _text in error.recipients.values()), default=None)
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0:
        return int(error.smtp_code)
    return None


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_plain(text)}" for code, text in error.recipients.values())[:300]
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_plain(error.smtp_error)}"[:300]
    return f"{type(error).__name__}: {error}"[:300]


def _plain(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _message(mail: Mail) -> EmailMultiAlternatives:
    sender = settings.DEFAULT_FROM_EMAIL
    domain = sender.rpartition("@")[2].rstrip(">") or "localhost"
    headers = {
        "Message-ID": f"<{mail.reference}@{domain}>",
        "Date": formatdate(),
        "Auto-Submitted": "auto-generated",
        "X-Boomerang-Kind": mail.kind,
    }
    message = EmailMultiAlternatives(mail.subject, mail.text, sender, [mail.to], headers=headers)
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


class _Line:
    """What is known of one conversation: its socket (`plug`), from the first moment on, and whether the mail itself was begun."""

    plug: socket.socket | None = None
    bytes_left = False

    def cut(self) -> None:
        """Close the socket under the conversation, wherever it is."""
        if self.plug is not None:
            with suppress(OSError):
                self.plug.shutdown(socket.SHUT_RDWR)


class _Watched(smtplib.SMTP):
    """Tells its line what happens."""

    def __init__(self, *args: Any, line: _Line, **kwargs: Any) -> None:
        self._line = line
        super().__init__(*args, **kwargs)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._line.plug = made
        return made

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the mail's bytes; from here on a broken line means: not known."""
        self._line.bytes_left = True
        return super().data(msg)


class _WatchedSSL(_Watched, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


class _Backend(EmailBackend):
    """Django's SMTP connection, watched."""

    def __init__(self, route: Route, *, seconds: float) -> None:
        super().__init__(
            host=route.host,
            port=route.port,
            username=route.user,
            password=route.password,
            use_tls=route.starttls,
            use_ssl=route.ssl,
            timeout=seconds,
            fail_silently=False,
        )
        self.line = _Line()

    @property
    def connection_class(self) -> Any:
        """Return our watched class, where Django would take smtplib's."""
        return partial(_WatchedSSL if self.use_ssl else _Watched, line=self.line)


@contextmanager
def _deadline(backend: _Backend, *, seconds: float) -> Iterator[None]:
    """Cut the line when the time is over: a timeout of the socket alone would wait for every single byte anew."""
    timer = threading.Timer(seconds, backend.line.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _close(backend: _Backend) -> None:
    """Say goodbye; the mail's fate is known already, so an error here changes nothing."""
    with suppress(OSError, smtplib.SMTPException):
        backend.close()
