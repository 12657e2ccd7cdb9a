"""What the sending room and every channel agree on: what goes out, what the provider's answer means, what comes back later.

No database here: a provider gets plain values and returns a typed answer. Classification: reliability guide 2.3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable


class Outcome(StrEnum):
    """What is certain after a call."""

    ACCEPTED = "accepted"  # the provider took it
    NOT_SENT = "not_sent"  # surely not sent: nothing left, or only a beginning that cannot count
    LATER = "later"  # refused for now; try again at retry_after_seconds
    REFUSED = "refused"  # refused for good
    AMBIGUOUS = "ambiguous"  # it may or may not have been sent


@dataclass(slots=True)  # not frozen: there is one for every message, and a frozen one takes three times as long to make
class Answer:
    """One provider's answer to one message.

    bad_address: the address does not exist, so it goes to the suppressions; unsubscribed: so does one whose owner told the provider to
    stop. whole_account: nothing else of this account would fare better now. detail: the provider's words, shortened, without personal data.
    gone: names of those of a person's addresses (browsers) that are no more. kept: what waits for the person's next visit.
    """

    outcome: Outcome
    provider_message_id: str = ""
    retry_after_seconds: int = 0
    bad_address: bool = False
    unsubscribed: bool = False
    whole_account: bool = False
    detail: str = ""
    gone: tuple[str, ...] = ()
    kept: bytes = b""


@dataclass(slots=True)  # not frozen: there is one for every message, and a frozen one takes three times as long to make
class Outgoing:
    """One message, complete. `key` is ours: it travels as Message-ID or idempotency key and comes back in receipts.

    body: all of it, or pieces that leave one behind the other. What is the same in many mails is the same piece: to write a copy of 50 KB
    for each costs as much as handing it over. title: for people who look at it on the way. secrets: what else the recipient's side needs,
    such as the keys of a push subscription.
    dotless: known to have no line that begins with a dot, and no CR or LF alone; looking for one costs more than all the rest of handing a
    mail over.
    """

    key: str
    sender: str
    recipient: str
    body: bytes | tuple[bytes, ...]
    title: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    dotless: bool = False

    @property
    def content(self) -> bytes:
        """Return the whole message in one."""
        return self.body if isinstance(self.body, bytes) else b"".join(self.body)

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """Return what leaves one behind the other."""
        return (self.body,) if isinstance(self.body, bytes) else self.body


@dataclass(frozen=True)
class Receipt:
    """What a provider reports later about a message of ours. kind: delivered, bounced, complained, opened, clicked, unsubscribed, sent."""

    kind: str
    key: str
    at: datetime
    permanent: bool = False
    detail: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What a person wrote back. key: the provider's id of it. told: stop, help or start when the provider answered that itself."""

    key: str
    sender: str
    text: str
    told: str = ""


@dataclass(frozen=True)
class Account:
    """One provider account as plain values. trusted: ours (the test inbox), so it may stand on a private address.

    reports_url: the beginning of the addresses at which we hear from this provider; nothing for ours.
    """

    provider: str
    settings: Mapping[str, Any]
    credentials: Mapping[str, Any] = field(default_factory=dict, repr=False)
    from_name: str = ""
    from_address: str = ""
    trusted: bool = False
    connection_id: int | None = None
    reports_url: str = ""


class Session(Protocol):
    """One kept connection to a provider, used by one thread at a time."""

    def send(self, outgoing: Outgoing, *, deadline: float) -> Answer:
        """Hand over one message. deadline: on `time.monotonic()`, for everything together. Never raises for the network."""

    def close(self) -> None:
        """Let go of the connection."""


class Waiting(Protocol):
    """Messages that wait for whoever sends next; several sessions may take from the same."""

    def take(self) -> Outgoing | None:
        """Return the next one, or None when none waits any more."""

    def following(self) -> Outgoing | None:
        """Return the one behind it, or None when that is better left to another session."""

    def begin(self, outgoing: Outgoing) -> float | None:
        """Return until when this one may take, on `time.monotonic()`; None when it must not leave any more, and is answered already."""

    def answered(self, outgoing: Outgoing, answer: Answer) -> None:
        """Note what came of one that was taken."""


@runtime_checkable
class Streaming(Protocol):
    """A session that hands over many messages in fewer round trips than one by one."""

    def send_each(self, waiting: Waiting) -> None:
        """Hand over messages until none waits; each that was taken is answered. Never raises for the network."""


class Provider(Protocol):
    """One vendor kind. `keyed`: a repeat with the same key is recognised, so an ambiguous answer may be repeated."""

    key: str
    keyed: bool

    def open(self, account: Account) -> Session:
        """Return a session; it connects when it is first used."""


class Channel(Protocol):
    """One way to reach a person."""

    key: str

    def provider(self, key: str) -> Provider:
        """Return the vendor kind with this stored key."""

    def providers(self) -> Sequence[Provider]:
        """Return all of them."""
