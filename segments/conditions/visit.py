"""Visits of a customer in a window: how many, or how many days from one to the next on average; from where, and on which device.

A visit is views of pages or screens with no silence of more than half an hour between them. One view that says so is enough for a visit to
count as from there. Only what shops send is known: the address of the page before, the campaign of a link, what the browser calls itself.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Self

from retention.customers.changes import VIEWS, of_event
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.asks import NUMBERS, TEXTS, Ask, Asks, Told, ask_number, ask_window, choices
from segments.rules.base import Condition
from segments.rules.comparing import NumberTest, listed
from segments.rules.counted import COUNT_OPS, counted, is_any, is_none
from segments.rules.facts import Needs, Person, ViewFact, exact
from segments.rules.sql import Fragment, all_of, any_of, piece
from segments.rules.terms import At, Terms
from segments.rules.visits import KINDS, VIEW_COLUMNS, small, views, visits, visits_of
from segments.rules.windows import EVER, Window, holds, turns, within

DEVICES = {"mobile": gettext_noop("phone"), "tablet": gettext_noop("tablet"), "desktop": gettext_noop("computer")}
ORIGINS = {"referrer": gettext_noop("page before"), "source": gettext_noop("source (utm)"), "campaign": gettext_noop("campaign (utm)")}
MATCHES = ("contains", "is")
_MEASURES = {"count": gettext_noop("visits"), "interval": gettext_noop("days from one to the next")}
_GAP_OPS = ("at_most", "at_least", "more", "less", "between")
_DAY = timedelta(days=1) // timedelta(microseconds=1)
_CAME, _CAME_NOT = gettext_noop("came%(how)s%(when)s"), gettext_noop("did not come%(how)s%(when)s")
_TIMES, _ONCE = gettext_noop("came %(times)s times%(how)s%(when)s"), gettext_noop("came %(times)s time%(how)s%(when)s")
_GAP = gettext_noop("came back after %(times)s days on average%(how)s%(when)s")
_FROM = {
    "contains": gettext_noop(" from a %(origin)s that contains %(values)s%(when)s"),
    "is": gettext_noop(" from the %(origin)s %(values)s%(when)s"),
}


@dataclass(frozen=True, slots=True)
class Visit(Condition):
    """Visits counted, or the time between them compared. origin, match, values: what one of their views must say; device: on which."""

    kind: ClassVar[str] = "visit"
    label: ClassVar[str] = gettext_noop("Visits: how many, how often, from where, on which device")
    also: ClassVar[str] = gettext_noop("utm, source, campaign, device, phone, page")
    measure: str
    amount: NumberTest
    window: Window
    device: str = ""
    origin: str = ""
    match: str = "contains"
    values: tuple[str, ...] = ()

    @classmethod
    def read(cls, fields: Fields, terms: Terms) -> Self:
        """Read {"is": "visit", "op": "at_least", "value": 2, "device": "mobile", "from": "source", "match": "is", "values": ["google"]}."""
        measure = fields.choice("measure", tuple(_MEASURES), default="count")
        ops = COUNT_OPS if measure == "count" else _GAP_OPS
        amount = NumberTest.read(fields, ops=ops, whole=measure == "count")
        window = Window.read(fields.part("window")) if fields.told("window") else EVER
        device = fields.choice("device", tuple(DEVICES)) if fields.told("device") else ""
        if not fields.told("from"):
            return cls(measure, amount, window, device)
        origin, match = fields.choice("from", tuple(ORIGINS)), fields.choice("match", MATCHES, default="contains")
        return cls(measure, amount, window, device, origin, match, tuple(small(one) for one in fields.texts("values", longest=300)))

    @classmethod
    def asks(cls, told: Told, terms: Terms) -> Asks:
        """Ask how many or how often, on which device, from where, and when."""
        yield Ask("measure", "choice", gettext_noop("count"), choices(_MEASURES), "count")
        if told.word("measure") == "interval":
            yield Ask("op", "choice", gettext_noop("is"), choices(NUMBERS, _GAP_OPS), "at_most")
            yield Ask("value", "number", gettext_noop("days"), default=7)
            if told.word("op") == "between":
                yield Ask("to", "number", gettext_noop("up to"), default=14)
        else:
            yield from ask_number(told, ops=COUNT_OPS, label=gettext_noop("how often"), kind="whole", is_count=True)
        yield Ask("device", "choice", gettext_noop("on"), [("", gettext_noop("anything")), *choices(DEVICES)], is_optional=True)
        yield Ask("from", "choice", gettext_noop("from"), [("", gettext_noop("anywhere")), *choices(ORIGINS)], is_optional=True)
        if told.word("from"):
            yield Ask("match", "choice", gettext_noop("that"), choices(TEXTS, MATCHES), "contains")
            yield Ask("values", "texts", gettext_noop("what"), offers=f"views:{told.word('from')}")
        yield from ask_window(told)

    def sql(self, at: At) -> Fragment:
        """Ask the views; whether there was a visit at all needs no counting."""
        when = within("event.occurred_at", self.window.span(at.now, at.terms.zone))
        fits = self._fits()
        if self.measure == "interval":
            rows = piece("customer.id IN (SELECT visit.customer_id ") + visits(when, at, fits=fits)
            return rows + " GROUP BY visit.customer_id HAVING count(*) > 1 AND " + self._gap_sql() + ")"
        if is_any(self.amount) or is_none(self.amount):
            return counted(views(when, at, more=[fits] if fits else []), self.amount, customer="event.customer_id")
        return counted(visits(when, at, fits=fits), self.amount, customer="visit.customer_id")

    def holds(self, person: Person, at: At) -> bool:
        """Count the visits among the loaded views."""
        span = self.window.span(at.now, at.terms.zone)
        found = [visit for visit in visits_of([one for one in person.views if holds(span, one.at)]) if any(map(self._is_from, visit))]
        if self.measure == "count":
            return self.amount.holds(len(found))
        if len(found) < 2:
            return False
        passed = (found[-1][0].at - found[0][0].at) // timedelta(microseconds=1)
        return self._gap_holds(passed, len(found) - 1)

    def phrase(self, terms: Terms) -> Phrase:
        """Say it: came at least 2 times on a phone from a page before that contains “google” in the last 30 days."""
        words = self.window.phrase()
        when: Phrase | str = Phrase(gettext_noop(" %(when)s"), {"when": words}) if words else ""
        if self.origin:
            when = Phrase(_FROM[self.match], {"origin": Phrase(ORIGINS[self.origin]), "values": listed(self.values), "when": when})
        how: Phrase | str = Phrase(gettext_noop(" on a %(device)s"), {"device": Phrase(DEVICES[self.device])}) if self.device else ""
        values = {"times": self.amount.amount(), "how": how, "when": when}
        if self.measure == "interval":
            return Phrase(_GAP, values)
        times = _ONCE if self.amount.is_one else _TIMES
        return Phrase(_CAME if is_any(self.amount) else _CAME_NOT if is_none(self.amount) else times, values)

    @property
    def is_personal(self) -> bool:
        """Say so of every piece of an address: a shop may write who somebody is into its links."""
        return bool(self.values)

    def reads(self) -> frozenset[str]:
        """Return both kinds of views."""
        return frozenset({of_event(name) for name in VIEWS.values()})

    def needs(self, at: At) -> Needs:
        """Return the views since the window began."""
        since = self.window.span(at.now, at.terms.zone)[0]
        return Needs(views=dict.fromkeys(KINDS, since))

    def turns(self, before: At, after: At) -> Fragment | None:
        """Return those of whom a view came into the window or left it."""
        spans = (self.window.span(one.now, one.terms.zone) for one in (before, after))
        moved = turns("event.occurred_at", before=next(spans), after=next(spans))
        return None if moved is None else piece("customer.id IN (SELECT event.customer_id ") + views(moved, after) + ")"

    def found(self, person: Person, at: At) -> Phrase | None:
        """Say how many visits there were."""
        span = self.window.span(at.now, at.terms.zone)
        then = [one for one in person.views if holds(span, one.at)]
        return Phrase(gettext_noop("Visits then: %(count)s"), {"count": len(visits_of(then))})

    def _fits(self) -> Fragment | None:
        """Return what a view must say, or None where any will do."""
        wanted = [piece(f"{VIEW_COLUMNS['device']} = %s", self.device)] if self.device else []
        if self.origin:
            column = VIEW_COLUMNS[self.origin]
            if self.match == "is":
                wanted.append(piece(f"{column} = ANY(%s)", list(self.values)))
            else:
                wanted.append(any_of(piece(f"strpos({column}, %s) > 0", value) for value in self.values))
        return all_of(wanted) if wanted else None

    def _is_from(self, view: ViewFact) -> bool:
        if self.device and view.device != self.device:
            return False
        if not self.origin:
            return True
        told = {"referrer": view.referrer, "source": view.source, "campaign": view.campaign}[self.origin]
        return told in self.values if self.match == "is" else any(value in told for value in self.values)

    @property
    def _gap(self) -> tuple[int, int]:
        """Return the bounds of the time between two visits in microseconds."""
        return round(exact(self.amount.low) * _DAY), round(exact(self.amount.high) * _DAY)

    def _gap_holds(self, passed: int, gaps: int) -> bool:
        low, high = self._gap
        return NumberTest(self.amount.op, False, low * gaps, high * gaps).holds(passed)

    def _gap_sql(self) -> Fragment:
        low, high = self._gap
        passed = "(extract(epoch FROM max(visit.began) - min(visit.began)) * 1000000)"
        if self.amount.op == "between":
            return piece(f"{passed} BETWEEN %s * (count(*) - 1) AND %s * (count(*) - 1)", low, high)
        sign = {"more": ">", "at_least": ">=", "less": "<", "at_most": "<="}[self.amount.op]
        return piece(f"{passed} {sign} %s * (count(*) - 1)", low)
