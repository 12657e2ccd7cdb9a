"""The built-in test inbox as provider of channels that are no e-mail: each message is handed over as a mail that names its channel.

The inbox is a real SMTP server, so accepting, refusing and falling silent are what they are for e-mail.
"""

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as MAIL_POLICY
from email.utils import formataddr

from campaigns.channels.base import Account, Answer, Outgoing, Session
from campaigns.channels.email.providers.smtp import SMTP

CHANNEL_HEADER = "X-Boomerang-Channel"
_HOST = "inbox.example.test"
_LONGEST_TITLE = 120


class Inbox:
    """The test inbox for one channel. Keyless, like the SMTP server it is."""

    key = "inbox"
    keyed = False

    def __init__(self, channel: str) -> None:
        self.channel = channel

    def open(self, account: Account) -> "InboxSession":
        """Return a session that connects when it is first used."""
        return InboxSession(self.channel, account, SMTP.open(account))


@dataclass
class InboxSession:
    """A kept connection to the inbox."""

    channel: str
    account: Account
    wire: Session

    def send(self, outgoing: Outgoing, *, deadline: float) -> Answer:
        """Hand over one message as a mail."""
        local = re.sub(r"[^0-9a-z]+", "", outgoing.recipient.lower())[:40] or "nobody"
        mail = self._mail(outgoing).as_bytes(policy=MAIL_POLICY.clone(cte_type="7bit"))
        recipient = f"{local}@{self.channel}.{_HOST}"
        return self.wire.send(Outgoing(outgoing.key, self.account.from_address, recipient, mail), deadline=deadline)

    def close(self) -> None:
        """Let go of the connection."""
        self.wire.close()

    def _mail(self, outgoing: Outgoing) -> EmailMessage:
        text = outgoing.content.decode("utf-8", "replace")
        mail = EmailMessage()
        mail["Message-ID"] = f"<{outgoing.key}@{_HOST}>"
        mail["From"] = formataddr((self.account.from_name, self.account.from_address))
        mail["To"] = formataddr((_one_line(outgoing.recipient), f"{self.channel}@{_HOST}"))
        mail["Subject"] = _one_line(outgoing.title or text)[:_LONGEST_TITLE]
        mail[CHANNEL_HEADER] = self.channel
        mail.set_content(text or " ", cte="base64")
        return mail


def _one_line(text: str) -> str:
    return " ".join(text.split())
