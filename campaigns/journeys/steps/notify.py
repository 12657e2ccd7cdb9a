"""The step that tells the team by mail that somebody came here."""

from dataclasses import dataclass
from typing import ClassVar, Self

from campaigns.journeys.steps.base import Here, Notify, Outcome, Plain
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop

ROLES = ("owner", "manager", "marketer", "writer", "analyst", "support")
LONGEST = 1000


@dataclass(frozen=True)
class NotifyTeam(Plain):
    """Owe a mail to those of the team with one of these roles. It links to the customer and names nothing else about them."""

    kind: ClassVar[str] = "notify"
    roles: tuple[str, ...]
    subject: str
    text: str = ""

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read {"roles": ["support"], "subject": "Call them", "text": "..."}."""
        roles = fields.texts("roles", most=len(ROLES))
        if any(role not in ROLES for role in roles):
            fields.fault("roles", Phrase(gettext_noop("must be one of: %(allowed)s"), {"allowed": ", ".join(ROLES)}))
        return cls(step_id, roles, fields.text("subject", longest=120), fields.text("text", default="", longest=LONGEST))

    def enter(self, here: Here) -> Outcome:
        """Tell and go on."""
        return Outcome((Notify(self.id, self.roles, self.subject, self.text),))

    def describe(self) -> Phrase:
        """Name what is said."""
        return Phrase(gettext_noop("Tell the team: “%(subject)s”"), {"subject": self.subject})
