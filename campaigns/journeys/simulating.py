"""One person's past with a journey that was not there then: which runs would have begun, and what they would have been sent when.

Thinks only, and lets the real engine answer. What is true of people is taken as it is told, at whatever moment: who was in a segment then
is not known. A basket is open as long as it really was.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from campaigns.journeys.definition import Definition
from campaigns.journeys.engine import RUNNING, Due, Happened, Standing, advance, begin, key_of, meaning
from campaigns.journeys.occasions import in_year
from campaigns.journeys.steps import Draw, Effect, Facts, Plan, Run, Withdraw
from campaigns.journeys.triggers import Calendar
from campaigns.sending.pacing import first_instant, zone_of

MOST_LOOKS = 500  # at one run: one that goes round for ever is cut there
MOST_LOOKS_A_PERSON = 2_000  # at all runs of one person, in all journeys that are lived through together
MOST_OPEN = 50  # runs of one person in one journey at a time
STILL = "still"


@dataclass(frozen=True)
class Past:
    """What is known of one person. events: in the order they happened; facts: as they are now; baskets: when each closed, None while open.

    segments: those they are in now, by public id, of all that calendars are for.
    """

    customer_id: int
    events: Sequence[Happened]
    facts: Facts
    baskets: Mapping[str, datetime | None] = field(default_factory=dict)
    segments: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Would:
    """One message that would have been planned."""

    at: datetime
    step: str
    channel: str


@dataclass
class Life:
    """What would have been. ends: how runs ended, by reason, "" for those that went through and "still" for those inside at the end."""

    entered: list[datetime] = field(default_factory=list)
    sent: list[Would] = field(default_factory=list)
    deeds: "Counter[str]" = field(default_factory=Counter)
    ends: "Counter[str]" = field(default_factory=Counter)
    cut: int = 0


@dataclass
class Budget:
    """How many looks at one person's runs are left, over all journeys that share it; runs that need more are cut."""

    looks: int = MOST_LOOKS_A_PERSON


@dataclass
class _Going:
    """A run that goes on."""

    run: Run
    standing: Standing
    began: Happened | None
    at: datetime
    looks: int = 0


def live_through(
    definition: Definition, past: Past, *, since: datetime, until: datetime, store_id: int, journey_id: int, budget: Budget | None = None
) -> Life:
    """Return what would have become of one person between two moments. budget: there is less of it afterwards; a whole one for None."""
    return _Living(definition, past, until, (store_id, journey_id), budget or Budget()).through(since)


class _Living:
    """One person going through the days, with the runs that go on and when each thing was left."""

    def __init__(self, definition: Definition, past: Past, until: datetime, ids: tuple[int, int], budget: Budget) -> None:
        self._definition, self._past, self._until = definition, past, until
        self._ids, self._budget = ids, budget
        self._going: dict[str, _Going] = {}
        self._left: dict[str, datetime] = {}
        self._entered: dict[str, datetime] = {}
        self._seen: datetime | None = None
        self.life = Life()

    def through(self, since: datetime) -> Life:
        """Go through what happened, the calendar's moments in between, and then to the end of the time."""
        moments: list[tuple[datetime, Happened | None]] = [(one.at, one) for one in self._past.events if since < one.at <= self._until]
        calendar = self._definition.trigger.calendar
        if calendar is not None:
            moments += [(at, None) for at in moments_of(calendar, self._past, since=since, until=self._until)]
        for at, happened in sorted(moments, key=lambda moment: (moment[0], moment[1] is None)):
            self._carry_on(at)
            if happened is None:
                self._enter(at, None)
                continue
            self._seen = at
            trigger = self._definition.trigger
            entered = self._enter(at, happened) if trigger.starts(happened.event, happened.properties) else ""
            self._tell(happened, but=entered)
        self._carry_on(self._until)
        self.life.ends[STILL] += len(self._going)
        return self.life

    def _enter(self, at: datetime, happened: Happened | None) -> str:
        """Begin a run where the journey lets somebody in; return what it is about, nothing where none began."""
        definition, told = self._definition, happened.properties if happened is not None else {}
        about = key_of(definition.trigger, told, customer_id=self._past.customer_id)
        if about is None or about in self._going or not all(who.fits(self._past.facts.holds) for who in definition.people):
            return ""
        if about in self._left and (definition.again.rule == "never" or at <= self._left[about]):
            return ""
        last = self._entered.get(about)
        if definition.again.rule == "after" and last is not None and at < last + timedelta(days=definition.again.days):
            return ""
        self._entered[about] = at
        self.life.entered.append(at)
        if len(self._going) >= MOST_OPEN or not self._budget.looks:
            self._cut(about, at)
            return about
        kept = {name: told[name] for name in definition.told if name in told}
        run = Run(*self._ids, self._past.customer_id, about)
        self._going[about] = _Going(run, begin(held_out=False, now=at, told=kept), happened, at)
        self._look(about, at, Due())
        return about

    def _carry_on(self, until: datetime) -> None:
        """Carry on what is due up to a moment, the longest waiting first."""
        while True:
            due = [(one.standing.due_at, about) for about, one in self._going.items() if one.standing.due_at is not None]
            first = min(due, default=None)
            if first is None or first[0] > until:
                return
            self._look(first[1], first[0], Due())

    def _tell(self, happened: Happened, *, but: str) -> None:
        for about in list(self._going):
            one = self._going[about]
            if about != but and happened.at >= one.at and meaning(self._definition, one.standing, happened, about=about):
                self._look(about, happened.at, happened)

    def _look(self, about: str, at: datetime, signal: Due | Happened) -> None:
        one = self._going[about]
        if not self._budget.looks:
            self._cut(about, at)
            return
        one.looks += 1
        self._budget.looks -= 1
        facts = replace(self._past.facts, holds={**self._past.facts.holds, "cart_open": self._is_open(about, at)}, seen_at=self._seen)
        standing, effects = advance(self._definition, one.standing, signal=signal, facts=facts, run=one.run, now=at)
        self._note(effects, at)
        if any(isinstance(effect, Draw) for effect in effects) and standing.status == RUNNING:
            standing = replace(standing, memory={**standing.memory, "got": True})
        if standing.status == RUNNING and one.looks < MOST_LOOKS:
            one.standing = standing
            return
        if standing.status == RUNNING:
            self._cut(about, at)
            return
        self.life.ends[standing.reason] += 1
        del self._going[about]
        self._left[about] = at

    def _cut(self, about: str, at: datetime) -> None:
        """Follow a run no further."""
        self.life.cut += 1
        self._going.pop(about, None)
        self._left[about] = at

    def _note(self, effects: Sequence[Effect], at: datetime) -> None:
        for effect in effects:
            if isinstance(effect, Plan):
                self.life.sent.append(Would(at, effect.step, effect.channel))
            elif not isinstance(effect, Withdraw):
                self.life.deeds[type(effect).__name__.lower()] += 1

    def _is_open(self, about: str, at: datetime) -> bool:
        if about not in self._past.baskets:
            return False
        closed = self._past.baskets[about]
        return closed is None or at < closed


def moments_of(calendar: Calendar, past: Past, *, since: datetime, until: datetime) -> list[datetime]:
    """Return when a person would have entered by the calendar, where they live."""
    zone = zone_of(past.facts.zone)
    found, day = [], since.date() - timedelta(days=1)
    while day <= until.date() + timedelta(days=1):
        meant = calendar.meant_on(day)
        if meant is not None and _is_meant(calendar, past, meant):
            at = first_instant(day, calendar.at, zone)
            if since < at <= until:
                found.append(at)
        day += timedelta(days=1)
    return found


def _is_meant(calendar: Calendar, past: Past, meant: date) -> bool:
    return _is_theirs(calendar, past.facts.dates.get(calendar.date), meant) if calendar.date else calendar.segment in past.segments


def _is_theirs(calendar: Calendar, theirs: date | None, meant: date) -> bool:
    if theirs is None:
        return False
    return (in_year(theirs, meant.year) if calendar.yearly else theirs) == meant
