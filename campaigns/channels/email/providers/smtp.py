"""Our own SMTP provider for any relay: kept connection, pipelining, STARTTLS or implicit TLS, AUTH, one total deadline.

Answers are classified by phase: until the final dot is written a failure means surely not sent, from there on it is
ambiguous. Source: reliability guide 2.3 and 2.5; RFC 5321, 2920, 3207, 4954.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.channels.base import Account, Answer, Outcome, Outgoing
from campaigns.channels.email.smtp_wire import CannotConnect, Reply, Wire, WireBroken

_RETRY_SECONDS = 60
_REST_SECONDS = 300
_FINAL_DOT = b".\r\n"


class Smtp:
    """The SMTP vendor kind. Keyless: a relay does not recognise a repeat."""

    key = "smtp"
    keyed = False

    def open(self, account: Account) -> "SmtpSession":
        """Return a session that connects when it is first used."""
        return SmtpSession(account)


@dataclass
class SmtpSession:
    """One kept connection. After any doubt it is thrown away and the next message gets a new one."""

    account: Account
    wire: Wire | None = None

    def send(self, outgoing: Outgoing, *, deadline: float) -> Answer:
        """Hand over one message within the deadline."""
        kept = self.wire is not None
        answer, retry = self._attempt(outgoing, deadline)
        if kept and retry:
            answer, retry = self._attempt(outgoing, deadline)  # a kept connection may have been closed while it was idle
        return answer

    def close(self) -> None:
        """Say goodbye if there is anybody."""
        if self.wire is not None:
            self.wire.close()
            self.wire = None

    def _attempt(self, outgoing: Outgoing, deadline: float) -> tuple[Answer, bool]:
        """Try once; the second value says that the connection broke before the relay took any command of this message."""
        try:
            wire = self._connected(deadline)
        except CannotConnect as error:
            self._drop()
            seconds = _REST_SECONDS if error.whole_account else _RETRY_SECONDS
            return Answer(Outcome.NOT_SENT, retry_after_seconds=seconds, whole_account=True, detail=error.detail), False
        try:
            refusal, opened = _envelope(wire, outgoing, deadline)
        except (OSError, WireBroken) as error:
            self._drop()
            return Answer(
                Outcome.NOT_SENT, retry_after_seconds=_RETRY_SECONDS, detail=f"connection lost before the content: {type(error).__name__}"
            ), True
        if refusal is not None and opened:
            self._drop()  # the relay waits for a content although it refused the recipient; nothing can be delivered
            return refusal, False
        if refusal is not None:
            self._reset(deadline)
            return refusal, False
        return self._content(wire, outgoing, deadline), False

    def _content(self, wire: Wire, outgoing: Outgoing, deadline: float) -> Answer:
        content = stuffed(outgoing.content)
        taken, broken = wire.write_what_goes(content + _FINAL_DOT, deadline=deadline)
        if broken is not None and taken <= len(content):  # not one byte of the dot: nobody can take this for a whole mail
            self._drop()
            return Answer(
                Outcome.NOT_SENT,
                retry_after_seconds=_RETRY_SECONDS,
                detail=f"connection lost before the final dot: {type(broken).__name__}",
            )
        try:
            if broken is not None:
                raise broken
            reply = wire.read(deadline=deadline)
        except (OSError, WireBroken) as error:
            self._drop()
            return Answer(Outcome.AMBIGUOUS, detail=f"no answer after the final dot: {type(error).__name__}")
        return after_the_dot(reply)

    def _connected(self, deadline: float) -> Wire:
        if self.wire is None:
            self.wire = Wire.connect(self.account, deadline=deadline)
        return self.wire

    def _reset(self, deadline: float) -> None:
        """Make the connection fit for the next message; a relay that cannot do that gets a new connection."""
        try:
            if self.wire is not None and self.wire.command("RSET", deadline=deadline).code != 250:
                self._drop()
        except (OSError, WireBroken):
            self._drop()

    def _drop(self) -> None:
        if self.wire is not None:
            self.wire.drop()
            self.wire = None


def _envelope(wire: Wire, outgoing: Outgoing, deadline: float) -> tuple[Answer | None, bool]:
    """Say from, to and DATA: the refusal, if any, and whether the relay now waits for the content."""
    commands = (f"MAIL FROM:<{outgoing.sender}>", f"RCPT TO:<{outgoing.recipient}>", "DATA")
    replies = wire.commands(commands, deadline=deadline)
    return before_content(replies), replies[-1].code == 354


def before_content(replies: Sequence[Reply]) -> Answer | None:
    """Classify the answers to MAIL, RCPT and DATA."""
    for name, reply, wanted in zip(("from", "to", "data"), replies, (250, 250, 354), strict=False):
        if reply.code == wanted or (name == "to" and reply.code == 251):
            continue
        detail = f"{name}: {reply.short}"
        if 400 <= reply.code < 500:
            return Answer(Outcome.LATER, retry_after_seconds=_RETRY_SECONDS, whole_account=reply.code == 421, detail=detail)
        bad_address = name == "to" and reply.code in {550, 551, 553} and not reply.enhanced.startswith("5.7")
        return Answer(Outcome.REFUSED, bad_address=bad_address, detail=detail)
    return None


def after_the_dot(reply: Reply) -> Answer:
    """Classify the answer to the whole content. A 4xx here may follow an acceptance, so it is never repeated."""
    if 200 <= reply.code < 300:
        return Answer(Outcome.ACCEPTED, provider_message_id=reply.text[:200], detail=reply.short)
    if 500 <= reply.code < 600:
        return Answer(Outcome.REFUSED, detail=f"content: {reply.short}")
    return Answer(Outcome.AMBIGUOUS, detail=f"content: {reply.short}")


def stuffed(content: bytes) -> bytes:
    """Double the dots at the beginning of lines and end with a line end (RFC 5321, 4.5.2)."""
    if content.startswith(b"."):
        content = b"." + content
    if b"\r\n." in content:
        content = content.replace(b"\r\n.", b"\r\n..")
    return content if content.endswith(b"\r\n") else content + b"\r\n"


SMTP = Smtp()
