"""Our own SMTP provider for any relay: kept connection, pipelining, STARTTLS or implicit TLS, AUTH, one total deadline.

Where the relay allows it, the next mail's envelope leaves with this one's content: the relay takes nothing of it before its own content.

Answers are classified by phase: until the final dot is written a failure means surely not sent, from there on it is
ambiguous. Source: reliability guide 2.3 and 2.5; RFC 5321, 2920, 3207, 4954.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.channels.base import Account, Answer, Outcome, Outgoing, Waiting
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
        refusal = self._open(outgoing, deadline)
        return refusal if refusal is not None else self._content(outgoing, deadline)[0]

    def send_each(self, waiting: Waiting) -> None:
        """Hand over messages until none waits. The envelope of the next leaves with the content of this one: one round trip a mail."""
        one, opened = waiting.take(), False
        while one is not None:
            deadline = waiting.begin(one)
            if deadline is None:
                if opened:
                    self._drop()
                one, opened = waiting.take(), False
                continue
            refusal = None if opened else self._open(one, deadline)
            if refusal is not None:
                waiting.answered(one, refusal)
                one, opened = waiting.take(), False
                continue
            following = waiting.following()
            answer, opened, refusal = self._content(one, deadline, following)
            waiting.answered(one, answer)
            if refusal is not None and following is not None:
                waiting.answered(following, refusal)
                following = None
            one = following or waiting.take()

    def close(self) -> None:
        """Say goodbye if there is anybody."""
        if self.wire is not None:
            self.wire.close()
            self.wire = None

    def _open(self, outgoing: Outgoing, deadline: float) -> Answer | None:
        """Bring a message so far that the relay waits for its content, or return why not.

        A kept connection may be closed, or the relay ends it: then the message gets a new one.
        """
        kept = self.wire is not None
        refusal, broke = self._try_to_open(outgoing, deadline)
        if kept and broke:
            refusal, broke = self._try_to_open(outgoing, deadline)
        return refusal

    def _try_to_open(self, outgoing: Outgoing, deadline: float) -> tuple[Answer | None, bool]:
        """Try once; the second value says that the connection ended before the relay took any command of this message."""
        try:
            wire = self._connected(deadline)
        except CannotConnect as error:
            self._drop()
            seconds = _REST_SECONDS if error.whole_account else _RETRY_SECONDS
            return Answer(Outcome.NOT_SENT, retry_after_seconds=seconds, whole_account=True, detail=error.detail), False
        try:
            replies = wire.commands(_envelope(outgoing), deadline=deadline)
        except (OSError, WireBroken) as error:
            self._drop()
            return Answer(
                Outcome.NOT_SENT, retry_after_seconds=_RETRY_SECONDS, detail=f"connection lost before the content: {type(error).__name__}"
            ), True
        if replies[0].code == 421:  # it ends the session: perhaps only because this one has carried enough
            self._drop()
            return before_content(replies), True
        return self._refusal(replies, deadline), False

    def _refusal(self, replies: Sequence[Reply], deadline: float) -> Answer | None:
        """Return what the replies to an envelope refuse, with the connection fit for the next message; None: it waits for the content."""
        refusal = before_content(replies)
        if refusal is not None and replies[-1].code == 354:
            self._drop()  # the relay waits for a content although it refused the recipient; nothing can be delivered
        elif refusal is not None:
            self._reset(deadline)
        return refusal

    def _content(self, outgoing: Outgoing, deadline: float, following: Outgoing | None = None) -> tuple[Answer, bool, Answer | None]:
        """Hand over a content, and with it the next message's envelope where the relay allows it.

        Second value: it waits for that one's content; third: why it refuses it. Neither: that one is begun anew.
        """
        wire = self.wire
        if wire is None:
            return Answer(Outcome.NOT_SENT, retry_after_seconds=_RETRY_SECONDS, detail="no relay waits for it"), False, None
        envelope = wire.ahead(_envelope(following)) if following is not None else b""
        pieces = outgoing.pieces
        if not (outgoing.dotless and pieces[-1].endswith(b"\r\n")):
            pieces = (stuffed(outgoing.content),)
        taken, broken = wire.write_what_goes((*pieces, _FINAL_DOT + envelope), deadline=deadline)
        if broken is not None and taken <= sum(map(len, pieces)):  # not one byte of the dot: nobody can take this for a whole mail
            self._drop()
            detail = f"connection lost before the final dot: {type(broken).__name__}"
            return Answer(Outcome.NOT_SENT, retry_after_seconds=_RETRY_SECONDS, detail=detail), False, None
        try:
            if broken is not None:
                raise broken
            reply = wire.read(deadline=deadline)
        except (OSError, WireBroken) as error:
            self._drop()
            return Answer(Outcome.AMBIGUOUS, detail=f"no answer after the final dot: {type(error).__name__}"), False, None
        opened, refusal = self._followed(wire, deadline) if envelope else (False, None)
        return after_the_dot(reply), opened, refusal

    def _followed(self, wire: Wire, deadline: float) -> tuple[bool, Answer | None]:
        """Read what the relay says to an envelope that left with the content before it. One that ends the session has not refused it."""
        try:
            replies = [wire.read(deadline=deadline)]
            if replies[0].code == 421:
                raise WireBroken("the relay ends the session")
            replies += [wire.read(deadline=deadline) for _ in range(2)]
        except (OSError, WireBroken):
            self._drop()
            return False, None
        refusal = self._refusal(replies, deadline)
        return refusal is None, refusal

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


def _envelope(outgoing: Outgoing) -> tuple[str, ...]:
    return f"MAIL FROM:<{outgoing.sender}>", f"RCPT TO:<{outgoing.recipient}>", "DATA"


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
    """Double the dots at the beginning of lines and end with a line end (RFC 5321, 4.5.2).

    A CR or LF alone becomes a line end first: some relays take it for one, and with a dot behind it for the end of the mail.
    """
    if not content.count(b"\r") == content.count(b"\n") == content.count(b"\r\n"):
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    if content.startswith(b"."):
        content = b"." + content
    if b"\r\n." in content:
        content = content.replace(b"\r\n.", b"\r\n..")
    return content if content.endswith(b"\r\n") else content + b"\r\n"


SMTP = Smtp()
