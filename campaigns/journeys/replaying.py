"""A draft and the last days: what it would have done with what people really did, counted in slices of people, beside the live journeys.

Nothing is sent and nobody enters. How far it has come stands in `JourneyReplay`, with the sums of everybody before; a process that ends in
between does one slice again. `found` holds numbers only:

    {"days": {"2026-11-01": 12, ...}, "entered": 340, "again": 20, "sent": {"email": [would, allowed now], ...}, "people": {"email": 18},
     "twice": 9, "met": {"<public id of a journey>": 23}, "met_people": 25, "ends": {"": 200, "Order Completed": 90, "still": 50},
     "deeds": {"draw": 3}, "cut": 0, "many": 0}

people: who would have been written to on a channel they do not allow now. twice: who would have had two messages of it within 24 hours.
met: who would have had one of another live journey within 24 hours of one of it. many: people of whose events only the newest were read.
cut: runs that were not followed to their end, also those of the journeys beside it, because they asked for more looks than a person gets.

A slice ends after a few seconds with the person it is at. One that fails is tried again, and after three tries the replay ends as it is.
"""

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q

from campaigns.journeys.definition import Definition, read_definition
from campaigns.journeys.engine import Happened
from campaigns.journeys.facts import Asked, facts_of
from campaigns.journeys.occasions import is_public_id
from campaigns.journeys.simulating import Budget, Life, Past, live_through
from campaigns.journeys.steps import Needs
from campaigns.journeys.steps.wait_date import BIRTHDAY
from campaigns.journeys.versions import live_journeys
from campaigns.models import Journey, JourneyReplay
from retention.customers.changes import VIEWS
from retention.customers.models import AttributeValue, Customer, CustomerEvent
from retention.kit.stored_json import read_json
from retention.orders.models import Cart
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import require_store_id
from segments.models import Segment, SegmentMember

WORK = "journey_replay"
DAYS = 90
SLICE = 100
MOST_EVENTS = 500
MOST_OTHERS = 20
NEAR = timedelta(hours=24)
MOST_SECONDS = 5.0  # a slice computes: no statement is made meanwhile, and PostgreSQL ends a transaction that is idle for a minute
MOST_TRIES = 3
STUCK_AFTER = timedelta(minutes=10)
# The newest of what each of these people did that one of the journeys listens to.
_EVENTS = """
    SELECT event.customer_id, event.id, event.kind, event.name, event.properties, event.occurred_at
    FROM unnest(%(people)s::bigint[]) AS who(id) CROSS JOIN LATERAL (
        SELECT id, customer_id, kind, name, properties, occurred_at FROM customers_customerevent
        WHERE store_id = (SELECT %(store)s::bigint) AND customer_id = who.id AND occurred_at > %(since)s AND occurred_at <= %(until)s
            AND refusal = '' AND projected_at IS NOT NULL
            AND ((kind IN ('track', 'own') AND name = ANY(%(names)s)) OR kind = ANY(%(views)s))
        ORDER BY occurred_at DESC, id DESC LIMIT %(most)s
    ) AS event
    ORDER BY event.occurred_at, event.id
"""


@dataclass(frozen=True)
class Other:
    """A live journey beside the one that is replayed."""

    journey_id: int
    public_id: str
    definition: Definition


def begin(journey: Journey, data: Mapping[str, Any], *, now: datetime, days: int = DAYS) -> bool:
    """Let a sound definition be replayed over the last days; say no where a replay of this journey is under way and moves."""
    with transaction.atomic():
        Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
        before = replay_of(journey)
        if before is not None and not may_replace(before, now=now):
            return False
        values = {"definition": data, "days": days, "reached": 0, "people_count": 0, "found": {}, "asked_at": now, "finished_at": None}
        values |= {"tries": 0, "moved_at": None, "gave_up": False}
        JourneyReplay.objects.update_or_create(journey=journey, defaults=values)
        StoreWork.ring(WORK, store_id=journey.store_id, due_at=now)
    return True


def replay_of(journey: Journey) -> JourneyReplay | None:
    """Return the newest replay of a journey, under way or done."""
    found: JourneyReplay | None = JourneyReplay.objects.filter(journey=journey).first()
    return found


def may_replace(replay: JourneyReplay, *, now: datetime) -> bool:
    """Say whether a new replay may begin in its place: it is done, or has not moved for ten minutes."""
    return replay.finished_at is not None or (replay.moved_at or replay.asked_at) <= now - STUCK_AFTER


def go_on(*, now: datetime) -> datetime | None:
    """Replay one more slice of people for the store's oldest waiting replay; return when to go on, None when nothing waits.

    Call it outside a transaction: the try is counted before the slice begins, so that one that ends its process or connection counts too.
    """
    with transaction.atomic():
        replay = _waiting().first()
        if replay is None:
            return None
        replay.tries += 1
        if replay.tries > MOST_TRIES:
            replay.finished_at, replay.gave_up = now, True
        replay.save(update_fields=["tries", "finished_at", "gave_up"])
    with transaction.atomic():
        replay = _waiting().filter(pk=replay.pk).first()
        if replay is not None:
            _slice(replay, now=now)
            replay.tries, replay.moved_at = 0, now
            replay.save(update_fields=["reached", "people_count", "found", "finished_at", "tries", "moved_at"])
    return now if JourneyReplay.objects.filter(finished_at=None).exists() else None


def _waiting() -> Any:
    waiting = JourneyReplay.objects.filter(finished_at=None).order_by("asked_at", "id")
    return waiting.select_for_update(skip_locked=True, of=("self",))


def _slice(replay: JourneyReplay, *, now: datetime) -> None:
    definition = read_definition(replay.definition)
    since = replay.asked_at - timedelta(days=replay.days)
    people = _people(definition, after=replay.reached, since=since, until=replay.asked_at)
    replay.found = replay.found or _nothing()
    if people:
        others = _others(replay.journey_id)
        zone = Store.objects.get(pk=require_store_id()).timezone
        found, done = _count(
            definition, others, people, journey_id=replay.journey_id, since=since, until=replay.asked_at, zone=zone, now=now
        )
        replay.found = merged(replay.found, found)
        replay.people_count += done
        replay.reached = people[done - 1]
        if done < len(people):
            return
    if len(people) < SLICE:
        replay.finished_at = now


def _others(journey_id: int) -> list[Other]:
    """Return the live journeys beside it, the oldest first; shadows write to nobody."""
    live = [one for one in live_journeys() if one.journey_id != journey_id]
    names = dict(Journey.objects.plain().filter(pk__in=[one.journey_id for one in live]).values_list("pk", "public_id"))
    return [Other(one.journey_id, str(names[one.journey_id]), one.definition) for one in live if one.journey_id in names][:MOST_OTHERS]


def _people(definition: Definition, *, after: int, since: datetime, until: datetime) -> list[int]:
    """Return the next people whom it could concern: who did what starts it, or has the date, or is in the segment."""
    calendar = definition.trigger.calendar
    if calendar is None:
        rows: Any = _happened(definition.trigger.event).filter(occurred_at__gt=since, occurred_at__lte=until)
        return list(rows.filter(customer_id__gt=after).order_by("customer_id").values_list("customer_id", flat=True).distinct()[:SLICE])
    people = Customer.objects.filter(pk__gt=after)
    if calendar.date == BIRTHDAY:
        people = people.filter(birth_md__isnull=False)
    elif calendar.date:
        people = people.filter(pk__in=AttributeValue.objects.filter(attribute__key=calendar.date).values("customer_id"))
    else:
        people = people.filter(pk__in=_members([calendar.segment]).values("customer_id"))
    return list(people.order_by("pk").values_list("pk", flat=True)[:SLICE])


def _happened(event: str) -> Any:
    views = [kind for kind, name in VIEWS.items() if name == event]
    named = Q(kind__in=["track", "own"], name=event)
    return CustomerEvent.objects.filter(named | Q(kind__in=views) if views else named, refusal="", customer_id__isnull=False)


def _members(segments: Collection[str]) -> Any:
    kept = Segment.objects.kept().filter(public_id__in=[one for one in segments if is_public_id(one)])
    return SegmentMember.objects.filter(segment__in=kept)


def _segments(definitions: Sequence[Definition], people: Sequence[int]) -> dict[int, frozenset[str]]:
    """Return which of the segments that calendars are for these people are in now, by public id."""
    wanted = {one.trigger.calendar.segment for one in definitions if one.trigger.calendar is not None and not _has_date(one)}
    rows = _members(wanted).filter(customer_id__in=people) if wanted else SegmentMember.objects.none()
    found: dict[int, set[str]] = {}
    for customer_id, public_id in rows.values_list("customer_id", "segment__public_id"):
        found.setdefault(customer_id, set()).add(str(public_id))
    return {customer_id: frozenset(theirs) for customer_id, theirs in found.items()}


def _count(
    definition: Definition, others: Sequence[Other], people: Sequence[int], *, journey_id: int, since: datetime, until: datetime,
    zone: ZoneInfo, now: datetime,
) -> tuple[dict[str, Any], int]:  # fmt: skip
    """Let these people live through the days with the draft and beside it with the live journeys, and count what is told of it.

    Return the count with how many people it is of: one at least, and no more than there is time for.
    """
    definitions = [definition, *(one.definition for one in others)]
    past = _pasts(definitions, people, since=since, until=until, now=now)
    ends_at = time.monotonic() + MOST_SECONDS
    store_id, found, done = require_store_id(), _nothing(), 0
    for one in people:
        budget = Budget()
        found["many"] += len(past[one].events) >= MOST_EVENTS
        mine = live_through(definition, past[one], since=since, until=until, store_id=store_id, journey_id=journey_id, budget=budget)
        theirs = {
            other.public_id: live_through(
                other.definition, past[one], since=since, until=until, store_id=store_id, journey_id=other.journey_id, budget=budget
            )
            for other in others
            if mine.sent
        }
        if mine.entered:
            _add(found, mine, theirs, past[one].facts.may, zone)
        done += 1
        if time.monotonic() >= ends_at:
            break
    return found, done


def _pasts(definitions: Sequence[Definition], people: Sequence[int], *, since: datetime, until: datetime, now: datetime) -> dict[int, Past]:
    """Return what is known of these people."""
    needs = Needs(zone=True, channels=True, dates=frozenset(one.trigger.calendar.date for one in definitions if _has_date(one)))  # type: ignore[union-attr]
    for one in definitions:
        needs = needs | one.all_needs
    facts = facts_of([Asked(pk, pk, needs) for pk in people], now=now)
    events = _events(definitions, people, since=since, until=until)
    baskets = _baskets(people) if any(one.guards for one in definitions) else {}
    segments = _segments(definitions, people)
    return {pk: Past(pk, events.get(pk, []), facts[pk], baskets.get(pk, {}), segments.get(pk, frozenset())) for pk in people}


def _has_date(definition: Definition) -> bool:
    return definition.trigger.calendar is not None and bool(definition.trigger.calendar.date)


def _events(definitions: Sequence[Definition], people: Sequence[int], *, since: datetime, until: datetime) -> dict[int, list[Happened]]:
    names = set().union(*(one.events for one in definitions))
    values: dict[str, Any] = {
        "store": require_store_id(), "people": list(people), "since": since, "until": until, "names": sorted(names),
        "views": [kind for kind, name in VIEWS.items() if name in names], "most": MOST_EVENTS,
    }  # fmt: skip
    found: dict[int, list[Happened]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, values)
        for customer_id, pk, kind, name, properties, at in cursor.fetchall():
            found.setdefault(customer_id, []).append(Happened(VIEWS.get(kind, name), read_json(properties) or {}, at, pk))
    return found


def _baskets(people: Collection[int]) -> dict[int, dict[str, datetime | None]]:
    """Return when each basket of these people closed, None for one that is open."""
    found: dict[int, dict[str, datetime | None]] = {}
    rows = Cart.objects.filter(customer_id__in=people).values_list("customer_id", "public_id", "state", "closed_at", "last_activity_at")
    for customer_id, public_id, state, closed_at, last in rows:
        found.setdefault(customer_id, {})[str(public_id)] = None if state == Cart.State.OPEN else closed_at or last
    return found


def _nothing() -> dict[str, Any]:
    numbers = dict.fromkeys(("entered", "again", "twice", "met_people", "cut", "many"), 0)
    return {**numbers, "days": {}, "sent": {}, "people": {}, "met": {}, "ends": {}, "deeds": {}}


def _add(found: dict[str, Any], mine: Life, theirs: Mapping[str, Life], may: frozenset[str], zone: ZoneInfo) -> None:
    """Add one person who would have entered."""
    found["entered"] += len(mine.entered)
    found["again"] += len(mine.entered) > 1
    found["cut"] += mine.cut + sum(life.cut for life in theirs.values())
    for at in mine.entered:
        _more(found["days"], at.astimezone(zone).date().isoformat())
    for name, counted in (("ends", mine.ends), ("deeds", mine.deeds)):
        for word, count in counted.items():
            _more(found[name], word, count)
    for one in mine.sent:
        would, allowed = found["sent"].get(one.channel, (0, 0))
        found["sent"][one.channel] = [would + 1, allowed + (one.channel in may)]
    for channel in {one.channel for one in mine.sent} - may:
        _more(found["people"], channel)
    moments = sorted(one.at for one in mine.sent if one.channel != "onsite")
    found["twice"] += any(after - before < NEAR for before, after in pairwise(moments))
    met = [name for name, life in theirs.items() if _near(moments, [one.at for one in life.sent if one.channel != "onsite"])]
    found["met_people"] += bool(met)
    for name in met:
        _more(found["met"], name)


def _near(mine: Sequence[datetime], theirs: Sequence[datetime]) -> bool:
    return any(abs(one - other) < NEAR for one in mine for other in theirs)


def _more(counted: dict[str, int], name: str, count: int = 1) -> None:
    counted[name] = counted.get(name, 0) + count


def merged(before: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return two counts together."""
    if not before:
        return dict(more)
    together: dict[str, Any] = {}
    for name, value in more.items():
        there = before.get(name, type(value)())
        if name == "sent":
            pairs = Counter({(channel, at): number for channel, both in there.items() for at, number in enumerate(both)})
            pairs.update({(channel, at): number for channel, both in value.items() for at, number in enumerate(both)})
            together[name] = {channel: [pairs[channel, 0], pairs[channel, 1]] for channel in {*there, *value}}
        else:
            together[name] = dict(Counter(there) + Counter(value)) if isinstance(value, dict) else there + value
    return together
