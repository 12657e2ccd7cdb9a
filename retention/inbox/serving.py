"""The SMTP server of the test inbox, and the addresses that answer as difficult servers do.

`bounce@` is refused for good (550), `busy@` for now (451), `slow@` answers after three seconds, `hangup@` takes the mail and hangs
up before it says so. Signing in is optional: a store's user name is its public id, and its mail goes to its own folder.
"""

import asyncio
import logging
import signal
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from retention.inbox.keeping import FOLDER_NAME, PRODUCT, keep
from retention.inbox.passwords import opens

LARGEST_MAIL = 25 * 1024 * 1024
SLOW_SECONDS = 3.0
BOUNCE = "550 5.1.1 There is nobody with this address here"
BUSY = "451 4.3.2 Try again later"

log = logging.getLogger("boomerang.inbox")


class Keeper:
    """What the server does with each mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        """Take or refuse one recipient."""
        script = _script_of(address)
        if script == "bounce":
            return BOUNCE
        if script == "busy":
            return BUSY
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail and say 250 only when it is on the disk."""
        scripts = {_script_of(address) for address in envelope.rcpt_tos}
        if "slow" in scripts:
            await asyncio.sleep(SLOW_SECONDS)
        name = session.auth_data if isinstance(session.auth_data, str) else PRODUCT
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content or "").encode()
        try:
            file = await asyncio.to_thread(
                keep, self._folder, name=name, content=content, sender=envelope.mail_from or "", recipients=list(envelope.rcpt_tos)
            )
        except OSError:
            log.exception("a mail could not be kept")
            return BUSY
        if "hangup" in scripts and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return f"250 2.0.0 Kept as {file.stem}"


def sign_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    """Let a store in with its public id and derived password."""
    if not isinstance(data, LoginPassword):
        return AuthResult(success=False, handled=False)
    store, password = data.login.decode("utf-8", "replace"), data.password.decode("utf-8", "replace")
    if FOLDER_NAME.fullmatch(store) and store != PRODUCT and password.isascii() and opens(store, password):
        return AuthResult(success=True, auth_data=store)
    return AuthResult(success=False, handled=False)


def serve_forever(*, host: str, port: int, folder: Path) -> None:
    """Take mail until SIGTERM or SIGINT."""
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_serve(host=host, port=port, folder=folder))


async def _serve(*, host: str, port: int, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    server = await loop.create_server(lambda: _protocol(folder, loop=loop), host, port)
    async with server:
        await ended.wait()


def _protocol(folder: Path, *, loop: asyncio.AbstractEventLoop) -> SMTP:
    return SMTP(
        Keeper(folder),
        hostname="inbox.localhost",
        ident="Boomerang test inbox",
        data_size_limit=LARGEST_MAIL,
        enable_SMTPUTF8=True,
        auth_require_tls=False,
        authenticator=sign_in,
        loop=loop,
    )


def _script_of(address: str) -> str:
    """Return the scripted part of an address: `bounce` for bounce@... and bounce+anything@..."""
    return address.partition("@")[0].partition("+")[0].lower()
