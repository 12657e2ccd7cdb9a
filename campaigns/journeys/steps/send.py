"""The step that sends one message on one channel."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

from campaigns.journeys.steps.base import Outcome, Plan
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop

CHANNELS = ("email", "sms", "push", "onsite")
_SENTENCES = {
    "email": gettext_noop("Send the e-mail “%(template)s”"),
    "sms": gettext_noop("Send the SMS “%(template)s”"),
    "onsite": gettext_noop("Show “%(template)s” at their next visit"),
    "push": gettext_noop("Send the push message “%(template)s”"),
}


@dataclass(frozen=True)
class Send:
    """Send a template. After `expires_hours` without leaving, the message is too late and dies with that reason."""

    kind: ClassVar[str] = "send"
    id: str
    channel: str
    template: str
    expires_hours: float = 24.0

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read channel, template and expiry."""
        return cls(
            id=step_id,
            channel=fields.choice("channel", CHANNELS),
            template=fields.text("template", longest=60),
            expires_hours=fields.number("expires_hours", low=0.25, high=720, default=24),
        )

    def enter(self, now: datetime) -> Outcome:
        """Plan the message and go on."""
        return Outcome(effects=(Plan(self.id, self.channel, self.template, self.expires_hours),))

    def describe(self) -> Phrase:
        """Name channel and template."""
        return Phrase(_SENTENCES[self.channel], {"template": self.template})
