"""The step that sends one message on one channel."""

from dataclasses import dataclass
from typing import ClassVar, Self

from campaigns.journeys.steps.base import Here, Outcome, Plain, Plan
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop

CHANNELS = ("email", "sms", "push", "onsite")
MOST_HOURS = 720
_SENTENCES = {
    "email": gettext_noop("Send the e-mail “%(template)s”"),
    "sms": gettext_noop("Send the SMS “%(template)s”"),
    "onsite": gettext_noop("Show “%(template)s” at their next visit"),
    "push": gettext_noop("Send the push message “%(template)s”"),
}


@dataclass(frozen=True)
class Send(Plain):
    """Send a template. After `expires_hours` without leaving, the message is too late and dies with that reason."""

    kind: ClassVar[str] = "send"
    channel: str
    template: str
    expires_hours: float = 24.0

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read {"channel": "email", "template": "<key>", "expires_hours": 24}."""
        return cls(step_id, *read_message(fields))

    @property
    def contacts(self) -> bool:
        """Say whether it writes to them; what is shown on the site does not disturb somebody who is there."""
        return self.channel != "onsite"

    def enter(self, here: Here) -> Outcome:
        """Plan the message and go on."""
        return Outcome(effects=(Plan(self.id, self.channel, self.template, self.expires_hours),))

    def describe(self) -> Phrase:
        """Name channel and template."""
        return Phrase(_SENTENCES[self.channel], {"template": self.template})


def read_message(fields: Fields) -> tuple[str, str, float]:
    """Read channel, template and expiry."""
    return (
        fields.choice("channel", CHANNELS),
        fields.text("template", longest=60),
        fields.number("expires_hours", low=0.25, high=MOST_HOURS, default=24),
    )
