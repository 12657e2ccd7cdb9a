"""Whether a customer's address on a channel must not be written to: it does not exist, they complained, said no, or the store blocked it.

What is blocked is an address, kept as a digest; who has it now is worked out where the rule is asked. Who has no address is not blocked.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from retention.customers.changes import CONSENT, of_field
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import Ask, Asks, Told, ask_window, choices
from segments.rules.base import Condition
from segments.rules.blocked import Blocked
from segments.rules.facts import Needs, Person
from segments.rules.sql import Fragment, negated, piece
from segments.rules.terms import At, Terms
from segments.rules.windows import EVER, Span, Window, holds, passed

CHANNELS = {"email": gettext_noop("e-mail address"), "sms": gettext_noop("phone number")}
REASONS = {
    "bounced": gettext_noop("it does not exist"), "complained": gettext_noop("they complained"),
    "unsubscribed": gettext_noop("they said no"), "manual": gettext_noop("the store blocked it"),
}  # fmt: skip
_FIELDS = {"email": of_field("email"), "sms": of_field("phone")}
_WAYS = {"true": gettext_noop("is blocked"), "false": gettext_noop("is not blocked")}
_SENTENCES = {
    True: gettext_noop("have a blocked %(address)s%(why)s%(when)s"),
    False: gettext_noop("have no blocked %(address)s%(why)s%(when)s"),
}


@dataclass(frozen=True, slots=True)
class Suppression(Condition):
    """An address that is blocked, or is not. reason: only for this one; window: when it was blocked."""

    kind: ClassVar[str] = "suppression"
    label: ClassVar[str] = gettext_noop("Address is blocked: bounced, complained, said no")
    also: ClassVar[str] = gettext_noop("unsubscribed, bounce, spam, email")
    channel: str
    wanted: bool
    reason: str = ""
    window: Window = EVER

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "suppression", "channel": "email", "blocked": true, "reason": "bounced", "window": {...}}."""
        channel, wanted = fields.choice("channel", tuple(CHANNELS)), fields.flag("blocked", default=True)
        reason = fields.choice("reason", tuple(REASONS)) if fields.told("reason") else ""
        window = Window.read(fields.part("window")) if fields.told("window") else EVER
        return cls(channel, wanted, reason, window)

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask which address, blocked or not, why and when."""
        yield Ask("channel", "choice", gettext_noop("the"), choices(CHANNELS), "email")
        yield Ask("blocked", "flag", gettext_noop("how"), choices(_WAYS), default=True)
        yield Ask("reason", "choice", gettext_noop("because"), [("", gettext_noop("of anything")), *choices(REASONS)], is_optional=True)
        yield from ask_window(told)

    def sql(self, at: At) -> Fragment:
        """Compare with the customers whose address is blocked, found before the statement runs."""
        there = self._there(self.window.span(at.now, at.terms.zone))
        return there if self.wanted else negated(there)

    def holds(self, person: Person, at: At) -> bool:
        """Ask the loaded block."""
        blocked = person.suppressions.get(self.channel)
        fits = blocked is not None and self.reason in {"", blocked.reason}
        return (fits and holds(self.window.span(at.now, at.terms.zone), blocked.created_at if blocked else None)) == self.wanted

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: have a blocked e-mail address because it does not exist, blocked in the last 30 days."""
        words = self.window.phrase()
        when: Phrase | str = Phrase(gettext_noop(", blocked %(when)s"), {"when": words}) if words else ""
        why: Phrase | str = Phrase(gettext_noop(" because %(reason)s"), {"reason": Phrase(REASONS[self.reason])}) if self.reason else ""
        return Phrase(_SENTENCES[self.wanted], {"address": Phrase(CHANNELS[self.channel]), "why": why, "when": when})

    def reads(self) -> frozenset[str]:
        """Return the news of blocks, and the address itself."""
        return frozenset({CONSENT, _FIELDS[self.channel]})

    def needs(self, at: At) -> Needs:
        """Return blocks."""
        return Needs(suppressions=True)

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those whose address was blocked at an edge of the window."""
        spans = [self.window.span(one.now, one.terms.zone) for one in (before, after)]
        moved = passed(before=spans[0], after=spans[1])
        return self._there(*moved) if moved else None

    def found(self, person: Person, at: At) -> Phrase | None:
        """Say since when it is blocked, and why."""
        blocked = person.suppressions.get(self.channel)
        if blocked is None:
            return Phrase(gettext_noop("It is not blocked"))
        values = {"day": f"{blocked.created_at.astimezone(at.terms.zone):%Y-%m-%d}", "reason": Phrase(REASONS[blocked.reason])}
        return Phrase(gettext_noop("Blocked since %(day)s because %(reason)s"), values)

    def _there(self, *spans: Span) -> Fragment:
        return piece("customer.id = ANY(%s)", Blocked(self.channel, self.reason, spans))
