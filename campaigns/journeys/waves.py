"""Entering by the calendar: when it is the hour somewhere, everybody there who is meant enters, a page of people at a time.

A moment at which somebody is meant becomes a `Wave` row once, whoever looks and however often; how far it has come stands in the row, and
who entered is kept by the runs' own key. A moment that was missed for too long (a stop, a clock that jumped) is left out: it would come at
the wrong time of the day.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from campaigns.journeys.entering import Wish, enter
from campaigns.journeys.occasions import is_public_id
from campaigns.journeys.steps.wait_date import BIRTHDAY
from campaigns.journeys.triggers import Calendar
from campaigns.journeys.versions import LiveJourney, definitions_of, live_journeys
from campaigns.models import Journey, Wave
from campaigns.sending.pacing import first_instant, zone_of
from retention.customers.models import Attribute, AttributeValue, Customer
from retention.kit.zones import ZONES
from retention.stores.models import Store
from retention.tenancy.context import require_store_id
from segments.models import Segment, SegmentMember
from segments.rules.yeardays import between

PAGE = 5000
TOO_LATE = timedelta(hours=12)
KEPT_FOR = timedelta(days=30)
LOOKED_EVERY = timedelta(minutes=10)  # how long a look that found nothing need not be noted
_LAST = "\U0010ffff"


def make_waves(*, now: datetime) -> int:
    """Turn the moments that passed since the last look into waves, for every live journey people enter by the calendar."""
    made = 0
    for journey in live_journeys():
        if journey.definition.trigger.calendar is not None:
            made += _make(journey, journey.definition.trigger.calendar, now=now)
    return made


def next_wave(*, now: datetime) -> datetime | None:
    """Return when the calendar has work in the active store again: now while a wave goes on, else the next hour that is meant somewhere."""
    if Wave.objects.filter(finished_at=None, journey__state=Journey.State.LIVE).exists():
        return now
    calendars = [one.definition.trigger.calendar for one in live_journeys() if one.definition.trigger.calendar is not None]
    coming = (at for one in calendars for at, _day in _moments(one, since=now, until=now + timedelta(days=1)))
    return min(coming, default=now + timedelta(hours=12) if calendars else None)


def run_wave(*, now: datetime) -> int:
    """Let one page of people of the oldest wave in; return how many waves were worked on."""
    with transaction.atomic():
        waiting = Wave.objects.filter(finished_at=None, journey__state=Journey.State.LIVE).order_by("at", "id")
        wave: Wave | None = waiting.select_for_update(skip_locked=True, of=("self",)).first()
        if wave is None:
            return 0
        journey = _journey_of(wave) if wave.at > now - TOO_LATE else None
        calendar = journey.definition.trigger.calendar if journey is not None else None
        ids = list(_people(wave, calendar).order_by("pk").values_list("pk", flat=True)[:PAGE]) if calendar is not None else []
        wishes = [Wish(journey, pk, wave.at, {}, day=wave.day.isoformat()) for pk in ids] if journey is not None else []
        wave.entered_count += enter(wishes, now=now)
        wave.after_id = ids[-1] if ids else wave.after_id
        wave.finished_at = now if len(ids) < PAGE else None
        wave.save(update_fields=["entered_count", "after_id", "finished_at"])
    return 1


def _make(journey: LiveJourney, calendar: Calendar, *, now: datetime) -> int:
    with transaction.atomic():
        row: Journey = Journey.objects.select_for_update().get(pk=journey.journey_id)
        since = max(row.waves_until or journey.launched_at, now - TOO_LATE)
        if since >= now or row.state != Journey.State.LIVE:
            return 0
        moments = _moments(calendar, since=since, until=now)
        lived_in = {day: _lived_in(calendar, day) for day in {day for _at, day in moments}}
        if not moments and now - since < LOOKED_EVERY:
            return 0
        waves = [
            Wave(journey_id=row.pk, version_id=journey.version_id, day=day, at=at, zones=sorted(there))
            for (at, day), zones in moments.items()
            if (there := lived_in[day].intersection(zones))
        ]
        Wave.objects.bulk_create(waves, ignore_conflicts=True)
        Wave.objects.filter(journey_id=row.pk, finished_at__lt=now - KEPT_FOR).delete()
        Journey.objects.filter(pk=row.pk).update(waves_until=now)
    return len(waves)


def _moments(calendar: Calendar, *, since: datetime, until: datetime) -> dict[tuple[datetime, date], list[str]]:
    """Return the moments after `since` and up to `until` at which it is the hour on a day that is meant, with the zones where it is."""
    found: dict[tuple[datetime, date], list[str]] = {}
    day, last = since.date() - timedelta(days=1), until.date() + timedelta(days=1)
    while day <= last:
        if calendar.meant_on(day) is not None:
            for at, zones in _hours_of(day, calendar.at.isoformat()).items():
                if since < at <= until:
                    found.setdefault((at, day), []).extend(zones)
        day += timedelta(days=1)
    return found


@lru_cache(64)
def _hours_of(day: date, wall: str) -> Mapping[datetime, tuple[str, ...]]:
    """Return when a wall time comes on a day, all over the world: the zones by moment."""
    hour = datetime.fromisoformat(f"2000-01-01T{wall}").time()
    found: dict[datetime, list[str]] = {}
    for name in sorted(ZONES):
        found.setdefault(first_instant(day, hour, _zone(name)), []).append(name)
    return {at: tuple(names) for at, names in found.items()}


@lru_cache(1024)
def _zone(name: str) -> ZoneInfo:
    """Return a zone that stays in memory: the library keeps eight, and reading six hundred files takes a quarter of a second."""
    return ZoneInfo(name)


def _journey_of(wave: Wave) -> LiveJourney | None:
    """Return the journey as the wave's own version says it; None when this release cannot read it."""
    definition = definitions_of([wave.version_id]).get(wave.version_id)
    return None if definition is None else LiveJourney(wave.journey_id, wave.version_id, wave.at, definition)


def _lived_in(calendar: Calendar, day: date) -> frozenset[str]:
    """Return the zones where somebody lives who is meant on a day; who says none lives in the store's."""
    meant = calendar.meant_on(day)
    zones = set(Customer.objects.filter(**_who(calendar, meant)).values_list("zone", flat=True).distinct()) if meant is not None else set()
    return frozenset(zone or _home() for zone in zones)


def _people(wave: Wave, calendar: Calendar) -> Any:
    """Return the people of a wave who have not entered yet: those who live there, and have the date or are in the segment."""
    meant = calendar.meant_on(wave.day)
    if meant is None:
        return Customer.objects.none()
    there = Q(zone__in=[*wave.zones, *([""] if _home() in wave.zones else [])])
    return Customer.objects.filter(there, pk__gt=wave.after_id, **_who(calendar, meant))


def _home() -> str:
    """Return the store's own zone."""
    return zone_of(str(Store.objects.values_list("zone", flat=True).get(pk=require_store_id()))).key


def _who(calendar: Calendar, meant: date) -> dict[str, Any]:
    """Return the condition for the people of a calendar on a day: by their birthday, by an attribute, or by a segment."""
    if calendar.date == BIRTHDAY:
        return {"birth_md__in": between(meant, meant + timedelta(days=1))}
    if calendar.date:
        values = AttributeValue.objects.filter(attribute__in=Attribute.objects.filter(key=calendar.date, kind=Attribute.Kind.DATE))
        return {"pk__in": values.filter(_on(meant, yearly=calendar.yearly)).values("customer_id")}
    segments = Segment.objects.live().filter(public_id__in=[calendar.segment] if is_public_id(calendar.segment) else [])
    return {"pk__in": SegmentMember.objects.filter(segment__in=segments).values("customer_id")}


def _on(meant: date, *, yearly: bool) -> Q:
    """Return the condition for a date on a day. It is compared as it was written, so one with a time counts by the shop's own day."""
    if not yearly:
        return Q(folded_value__gte=meant.isoformat(), folded_value__lt=meant.isoformat() + _LAST)
    found = Q(pk__in=[])
    for day in between(meant, meant + timedelta(days=1)):
        found |= Q(folded_value__regex=rf"^\d{{4}}-{day // 100:02}-{day % 100:02}")
    return found
