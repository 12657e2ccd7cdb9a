"""Messages people got, added up person by person: how many each had, who had most or more than the budget, and what left a day. Pure.

What was added so far is plain data, so that a count of many people can stop and go on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, NamedTuple

PERIODS = (7, 30)
"""Days for which it is said how many messages people had."""
MOST = 10
"""So many messages or more are one group."""
BUSIEST = 20
DAYS = 42
"""For so many days it is kept how many messages left each day."""


class Got(NamedTuple):
    """One marketing message a person got, or may have got."""

    customer_id: int
    channel: str
    kind: str
    source_id: int
    at: datetime
    complained: bool


@dataclass(frozen=True)
class Counting:
    """By what is counted. per_day, per_week: the store's budget; zone: whose days are counted; now: when the count began."""

    per_day: int
    per_week: int
    zone: tzinfo
    now: datetime


def empty() -> dict[str, Any]:
    """Return a count of nothing.

    people: by days and channel ("" is all), how many people had 0, 1, ... `MOST` or more. over: people who had more than the budget at
    some moment of 30 days. busiest: [messages in 30 days, in 7, customer]. noes: by messages in 30 days, [people, said no, complained].
    days: by date and "kind:source:channel", how many messages left.
    """
    people: dict[str, Any] = {str(days): {} for days in PERIODS}
    return {"people": people, "written": 0, "over": 0, "busiest": [], "noes": [[0, 0, 0] for _ in range(MOST + 1)], "days": {}}


def add(count: dict[str, Any], rows: Iterable[Got], *, refused: Iterable[int], by: Counting) -> None:
    """Add everything some people got in `DAYS` days. rows: those of a person follow each other. refused: who of them said no in 30 days."""
    said_no = frozenset(refused)
    person: list[Got] = []
    for row in rows:
        if person and person[0].customer_id != row.customer_id:
            _add_person(count, person, said_no, by)
            person = []
        person.append(row)
    if person:
        _add_person(count, person, said_no, by)


def _add_person(count: dict[str, Any], got: Sequence[Got], said_no: frozenset[int], by: Counting) -> None:
    _add_days(count["days"], got, by)
    lately = {days: [one for one in got if one.at > by.now - timedelta(days=days)] for days in PERIODS}
    for days, rows in lately.items():
        channels = [one.channel for one in rows]
        for channel in {"", *channels} if rows else ():
            _bump(count["people"][str(days)], channel, len(rows) if not channel else channels.count(channel))
    month = lately[PERIODS[-1]]
    if not month:
        return
    customer_id = month[0].customer_id
    count["written"] += 1
    count["over"] += exceeds([one.at for one in month], per_day=by.per_day, per_week=by.per_week)
    group = count["noes"][min(len(month), MOST)]
    group[0] += 1
    group[1] += customer_id in said_no
    group[2] += any(one.complained for one in month)
    busiest = [*count["busiest"], [len(month), len(lately[PERIODS[0]]), customer_id]]
    count["busiest"] = sorted(busiest, key=lambda one: (-one[0], -one[1], one[2]))[:BUSIEST]


def exceeds(moments: Sequence[datetime], *, per_day: int, per_week: int) -> bool:
    """Say whether there was ever more than a budget allows within 24 hours or 7 days."""
    sorted_ = sorted(moments)
    return any(
        later - earlier < window
        for cap, window in ((per_day, timedelta(days=1)), (per_week, timedelta(days=7)))
        for earlier, later in zip(sorted_, sorted_[cap:], strict=False)
    )


def _bump(channels: dict[str, list[int]], channel: str, messages: int) -> None:
    channels.setdefault(channel, [0] * (MOST + 1))[min(messages, MOST)] += 1


def _add_days(days: dict[str, dict[str, int]], got: Sequence[Got], by: Counting) -> None:
    for one in got:
        sources = days.setdefault(one.at.astimezone(by.zone).date().isoformat(), {})
        key = f"{one.kind}:{one.source_id}:{one.channel}"
        sources[key] = sources.get(key, 0) + 1
