"""What triggers, exits and steps of a journey share: an event that counts, people who fit, a wall time, where paths lead. No database.

Everything here is read from JSON with every fault named by its place, like the definition it stands in.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from campaigns.sending.pacing import first_instant
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.properties import MOST, Property

MINUTES_A_DAY = 24 * 60
MOST_DAYS = 365
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WALL = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_UNITS = {"minutes": 1, "hours": 60, "days": MINUTES_A_DAY}


@dataclass(frozen=True)
class Occasion:
    """An event by name, what it must say of itself, and the property that says what it is about; no key means the customer."""

    event: str
    key: str = ""
    where: tuple[Property, ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read {"event": "Order Completed", "key": "cart_id", "where": [{"property": ..., "type": ..., "op": ..., "values": [...]}]}."""
        where = tuple(Property.read(part) for part in fields.parts("where", most=MOST))
        return cls(fields.text("event"), fields.text("key", default="", longest=40), where)

    def counts(self, event: str, properties: Mapping[str, Any]) -> bool:
        """Say whether an event is this one and says what it must."""
        return event == self.event and all(one.holds(properties) for one in self.where)

    def concerns(self, event: str, properties: Mapping[str, Any], *, about: str) -> bool:
        """Say whether an event counts for a run about something; one without a key counts whatever the run is about."""
        return self.counts(event, properties) and (not self.key or str(properties.get(self.key, "")) == about)


@dataclass(frozen=True)
class Who:
    """A question about a person as they are now: whether they are in a segment, or fit a rule (in the segments' language)."""

    segment: str = ""
    rule: str = ""  # as JSON with sorted keys, so that the same rule is asked once
    inside: bool = True

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read {"segment": "<public id>"} or {"rule": {"version": 1, "root": {...}}}, either with "inside": false for the others."""
        inside = fields.flag("inside", default=True)
        if fields.told("rule") == fields.told("segment"):
            fields.read |= {"rule", "segment"}
            fields.fault("segment", Phrase(gettext_noop("must name a segment, or a rule must stand here")))
            return cls()
        if fields.told("segment"):
            return cls(segment=fields.text("segment", longest=60), inside=inside)
        fields.read.add("rule")
        rule = fields.data["rule"]
        if not isinstance(rule, Mapping):
            fields.fault("rule", Phrase(gettext_noop("must be an object")))
            rule = {}
        return cls(rule=json.dumps(rule, sort_keys=True, ensure_ascii=False), inside=inside)

    @property
    def key(self) -> str:
        """Return the name of the fact that answers the plain question, whatever `inside` says."""
        return f"segment:{self.segment}" if self.segment else f"rule:{hashlib.blake2b(self.rule.encode(), digest_size=8).hexdigest()}"

    def fits(self, holds: Mapping[str, bool]) -> bool:
        """Say whether a person is meant; nobody is without an answer."""
        known = holds.get(self.key)
        return known is not None and known == self.inside


@dataclass(frozen=True)
class RuleText:
    """A rule inside a phrase: pages put its sentence there, which takes the words of the store. rule: as `Who` keeps it."""

    rule: str

    def __str__(self) -> str:
        return gettext_noop("fit a rule")


def is_public_id(text: str) -> bool:
    """Say whether a text can be the public id of something: only such a one may be looked for."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def read_people(fields: Fields, name: str) -> tuple[Who, ...]:
    """Read a list of questions that must all be answered as they are put."""
    found = []
    for part in fields.parts(name, most=MOST):
        found.append(Who.read(part))
        part.close()
    return tuple(found)


def read_minutes(fields: Fields, *, least: int = 1) -> int | None:
    """Read a length: `minutes`, `hours` or `days`, one of them; None where none is told, a fault where several are."""
    told = [unit for unit in _UNITS if fields.told(unit)]
    fields.read |= set(_UNITS)
    if len(told) > 1:
        fields.fault("hours", Phrase(gettext_noop("must say how long: minutes, hours or days, one of them")))
        return least
    if not told:
        return None
    factor = _UNITS[told[0]]
    return max(least, round(fields.number(told[0], low=least / factor, high=MOST_DAYS * MINUTES_A_DAY / factor) * factor))


def read_wall(fields: Fields, name: str = "at") -> time | None:
    """Read a time of the day such as 09:00; None where none is told. One that clocks leave out on a day is the first moment after it."""
    if not fields.told(name):
        fields.read.add(name)
        return None
    found = _WALL.fullmatch(fields.text(name, longest=5))
    if found is None:
        fields.fault(name, Phrase(gettext_noop("must be a time of the day from 00:00 to 23:59")))
        return time()
    return time(int(found[1]), int(found[2]))


def read_weekdays(fields: Fields) -> frozenset[int]:
    """Read a list of weekdays in English, as numbers from 0 for Monday; none stands for all of them."""
    if not fields.told("weekdays"):
        fields.read.add("weekdays")
        return frozenset()
    names = fields.texts("weekdays", most=7)
    if any(name not in WEEKDAYS for name in names):
        fields.fault("weekdays", Phrase(gettext_noop("must be weekdays: %(allowed)s"), {"allowed": ", ".join(WEEKDAYS)}))
        return frozenset()
    return frozenset(WEEKDAYS.index(name) for name in names)


def coming(after: datetime, *, wall: time | None, weekdays: frozenset[int], zone: ZoneInfo) -> datetime:
    """Return the first moment from `after` on that is this wall time on one of these weekdays in a zone.

    Without a wall time any moment of such a day is right. Where clocks leave a time out it is the first moment after it; where they
    repeat it, the first pass.
    """
    day = after.astimezone(zone).date()
    for ahead in range(9):
        there = day + timedelta(days=ahead)
        if weekdays and there.weekday() not in weekdays:
            continue
        if wall is None and ahead == 0:
            return after
        moment = first_instant(there, wall or time(), zone)
        if moment >= after:
            return moment
    return after + timedelta(days=1)  # cannot be reached: nine days hold each weekday twice


def anniversary(of: date, *, days: int, wall: time, zone: ZoneInfo, after: datetime) -> datetime:
    """Return the next moment from `after` on that lies so many days from a day of the year; 29 February is the 28th in other years."""
    year = after.astimezone(zone).year
    for ahead in range(-1, 4):
        moment = first_instant(in_year(of, year + ahead) + timedelta(days=days), wall, zone)
        if moment >= after:
            return moment
    raise ValueError("A day of the year comes every year.")


def in_year(of: date, year: int) -> date:
    """Return a day of the year in a year; 29 February is the 28th where there is none."""
    try:
        return of.replace(year=year)
    except ValueError:
        return of.replace(year=year, day=28)


def length_words(minutes: int) -> Phrase:
    """Say a length in the largest unit that fits."""
    if minutes % MINUTES_A_DAY == 0:
        return _counted(minutes // MINUTES_A_DAY, gettext_noop("%(count)s day"), gettext_noop("%(count)s days"))
    if minutes % 60 == 0:
        return _counted(minutes // 60, gettext_noop("%(count)s hour"), gettext_noop("%(count)s hours"))
    return _counted(minutes, gettext_noop("%(count)s minute"), gettext_noop("%(count)s minutes"))


def _counted(count: int, one: str, many: str) -> Phrase:
    return Phrase(one if count == 1 else many, {"count": count})


def people_words(who: Iterable[Who]) -> Phrase:
    """Say who is meant. A segment is named by its public id and a rule by itself; pages put its name and its sentence there."""
    parts = [_one(one) for one in who]
    said: Phrase = parts[0]
    for part in parts[1:]:
        said = Phrase(gettext_noop("%(first)s, and %(second)s"), {"first": said, "second": part})
    return said


def _one(who: Who) -> Phrase:
    if not who.segment:
        said = gettext_noop("they %(rule)s") if who.inside else gettext_noop("it is not true that they %(rule)s")
        return Phrase(said, {"rule": RuleText(who.rule)})
    inside, outside = gettext_noop("they are in the segment “%(segment)s”"), gettext_noop("they are not in the segment “%(segment)s”")
    return Phrase(inside if who.inside else outside, {"segment": who.segment})
