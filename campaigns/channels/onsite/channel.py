"""The on-site channel, and its one provider: ourselves, who keep the message until the person's next visit."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.channels.base import Account, Answer, Outcome, Outgoing, Provider


class Site:
    """The shop's own pages. Keyed: a message is kept once, whoever hands it over again."""

    key = "site"
    keyed = True

    def open(self, account: Account) -> "SiteSession":
        """Return a session; there is nothing to connect to."""
        return SiteSession()


@dataclass
class SiteSession:
    """Hands every message back, to be kept in the transaction that records it as sent."""

    def send(self, outgoing: Outgoing, *, deadline: float) -> Answer:
        """Take one message."""
        return Answer(Outcome.ACCEPTED, kept=outgoing.content, detail="kept for the next visit")

    def close(self) -> None:
        """Do nothing: no connection is kept."""


class OnsiteChannel:
    """Messages that a shop's pages show."""

    key = "onsite"

    def provider(self, key: str) -> Provider:
        """Return the one there is."""
        return SITE

    def providers(self) -> Sequence[Provider]:
        """Return all of them."""
        return [SITE]


SITE = Site()
ONSITE = OnsiteChannel()
