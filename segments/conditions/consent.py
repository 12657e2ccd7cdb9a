"""What a customer said of a channel: yes, no, not confirmed, never asked; and how, where and when."""

from dataclasses import dataclass
from typing import ClassVar, Self

from retention.customers.changes import CONSENT
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import Ask, Asks, Told, ask_window, choices
from segments.rules.base import Answer, Condition
from segments.rules.comparing import listed
from segments.rules.facts import Needs, Person
from segments.rules.sql import Fragment, all_of, negated, piece
from segments.rules.terms import At, Terms
from segments.rules.windows import EVER, Window, holds, kept, turns, within

CHANNELS = {
    "email": gettext_noop("e-mail"), "sms": gettext_noop("SMS"), "push": gettext_noop("push messages"),
    "onsite": gettext_noop("messages on the site"),
}  # fmt: skip
_SENTENCES = {
    "granted": gettext_noop("allow %(channel)s%(how)s"),
    "refused": gettext_noop("said no to %(channel)s%(how)s"),
    "pending": gettext_noop("did not confirm %(channel)s%(how)s"),
    "never": gettext_noop("were never asked about %(channel)s%(how)s"),
    "not_granted": gettext_noop("do not allow %(channel)s%(how)s"),
}

_STATUSES = {
    "granted": gettext_noop("yes"),
    "not_granted": gettext_noop("anything but yes"),
    "refused": gettext_noop("no"),
    "pending": gettext_noop("not confirmed"),
    "never": gettext_noop("never asked"),
}


@dataclass(frozen=True, slots=True)
class Consent(Condition):
    """The word that holds now. methods, sources: one of these, where told; window: when it was said."""

    kind: ClassVar[str] = "consent"
    label: ClassVar[str] = gettext_noop("May we write: e-mail, SMS, push, on the site")
    also: ClassVar[str] = gettext_noop("permission, opt-in, subscribed, newsletter, email, allowed")
    channel: str
    status: str
    methods: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    window: Window = EVER

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "consent", "channel": "email", "status": "granted", "window": {...}}."""
        channel, status = fields.choice("channel", tuple(CHANNELS)), fields.choice("status", tuple(_SENTENCES))
        if status in {"never", "not_granted"}:
            return cls(channel, status)
        methods = fields.texts("methods", longest=40) if fields.told("methods") else ()
        sources = fields.texts("sources", longest=120) if fields.told("sources") else ()
        window = Window.read(fields.part("window")) if fields.told("window") else EVER
        return cls(channel, status, methods, sources, window)

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask about which channel, what they said, and how and when."""
        yield Ask("channel", "choice", gettext_noop("channel"), choices(CHANNELS), "email")
        yield Ask("status", "choice", gettext_noop("answer"), choices(_STATUSES), "granted")
        if told.word("status") in {"never", "not_granted"}:
            return
        yield Ask("methods", "texts", gettext_noop("asked how"), is_optional=True, offers="consent_methods")
        yield Ask("sources", "texts", gettext_noop("asked where"), is_optional=True, offers="consent_sources")
        yield from ask_window(told)

    def sql(self, at: At) -> Fragment:
        """Ask the row of the channel."""
        if self.status in {"never", "not_granted"}:
            status = piece("consent.status = 'granted'") if self.status == "not_granted" else piece("true")
            return negated(self._there(status, at))
        return self._there(self._said(at), at)

    def rows(self, at: At) -> Fragment | None:
        """Read the rows of the channel where there must be one."""
        if self.status in {"never", "not_granted"}:
            return None
        return piece("SELECT consent.customer_id AS id ") + self._rows(at) + self._said(at)

    def holds(self, person: Person, at: At) -> bool:
        """Ask the loaded word."""
        return self.answer()(person, at)

    def answer(self) -> Answer:
        """Ask the loaded word."""
        channel, status, methods, sources, span = self.channel, self.status, self.methods, self.sources, kept(self.window.at)

        def lacks(person: Person, at: At) -> bool:
            said = person.consents.get(channel)
            return said is None or (status == "not_granted" and said.status != "granted")

        def answer(person: Person, at: At) -> bool:
            said = person.consents.get(channel)
            if said is None or said.status != status or (methods and said.method not in methods):
                return False
            return (not sources or said.source in sources) and holds(span(at), said.changed_at)

        return lacks if status in {"never", "not_granted"} else answer

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: allow e-mail, said in the last 30 days."""
        words = self.window.phrase()
        how: Phrase | str = Phrase(gettext_noop(", said %(when)s"), {"when": words}) if words else ""
        if self.methods or self.sources:
            how = Phrase(gettext_noop(" by %(ways)s%(when)s"), {"ways": listed((*self.methods, *self.sources)), "when": how})
        return Phrase(_SENTENCES[self.status], {"channel": Phrase(CHANNELS[self.channel]), "how": how})

    def reads(self) -> frozenset[str]:
        """Return consents."""
        return frozenset({CONSENT})

    def needs(self, at: At) -> Needs:
        """Return consents."""
        return Needs(consents=True)

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those whose word came into the window or left it."""
        spans = (self.window.span(one.now, one.terms.zone) for one in (before, after))
        moved = turns("consent.changed_at", before=next(spans), after=next(spans))
        return None if moved is None else self._there(moved, after)

    def _said(self, at: At) -> Fragment:
        wanted = [piece("consent.status = %s", self.status), within("consent.changed_at", self.window.span(at.now, at.terms.zone))]
        wanted += [piece("consent.method = ANY(%s)", list(self.methods))] if self.methods else []
        wanted += [piece("consent.source = ANY(%s)", list(self.sources))] if self.sources else []
        return all_of(wanted)

    def _there(self, condition: Fragment, at: At) -> Fragment:
        return piece("EXISTS (SELECT 1 ") + self._rows(at) + "consent.customer_id = customer.id AND " + condition + ")"

    def _rows(self, at: At) -> Fragment:
        return piece(
            "FROM customers_consent AS consent WHERE consent.store_id = %s AND consent.channel = %s AND ", at.terms.store_id, self.channel
        )
