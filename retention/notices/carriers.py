"""Who carries a notice out of the house: our own mail server, or a carrier an upper room registers.

A carrier answers with what is known afterwards; it never raises for a refusal. Copy `SmtpCarrier` in `smtp.py` for a new one.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from retention.kit.register import Register


class Ending(StrEnum):
    """What is known after a try."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """The end of one try, with the partner's own words.

    NOT_SENT: surely did not leave, may be tried again. REFUSED: for good. UNKNOWN: may have arrived.
    """

    ending: Ending
    words: str = ""


@dataclass(frozen=True)
class Mail:
    """What a carrier needs to know: one person, one mail. `reference` is the same at every try of the same notice."""

    kind: str
    to: str
    subject: str
    text: str
    html: str
    reference: str


class Carrier(Protocol):
    """Something that can send mail. `seconds` is the total time for one mail; the carrier keeps to it."""

    def takes(self, mail: Mail) -> bool:
        """Say whether this carrier wants the mail; the first one that does gets it."""

    def send(self, mail: Mail, *, seconds: float) -> Outcome:
        """Try once and say what is known afterwards."""


carriers: Register[Carrier] = Register("carrier of notices")


def carrier_for(mail: Mail, *, otherwise: Carrier) -> Carrier:
    """Return the first registered carrier that takes the mail, or the house's own."""
    return next((carrier for carrier in carriers if carrier.takes(mail)), otherwise)
