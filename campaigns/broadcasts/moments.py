"""When a campaign begins and when each person's message is due: wall times become moments here, by `sending/pacing.py`."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.sending.pacing import first_instant, zone_of

_EARLIEST = ZoneInfo("Etc/GMT-14")  # UTC+14, where a day begins first


def first_moment(when: str, *, day: date | None, wall: time | None, zone: ZoneInfo, now: datetime) -> datetime:
    """Return when the first message of a campaign may be due. when: now, at (in `zone`) or local (in each person's own zone)."""
    if when == "now" or day is None or wall is None:
        return now
    return first_instant(day, wall, zone) if when == "at" else max(now, first_instant(day, wall, _EARLIEST))


def moments_of_zones(zones: Iterable[str], *, day: date, wall: time, store_zone: str, confirmed_at: datetime) -> dict[str, datetime]:
    """Return when it is this wall time in each zone; where that had passed when a person said "send", the next day's.

    A zone that does not exist counts as the store's.
    """
    return {zone: _coming(day, wall, zone_of(zone, store_zone), after=confirmed_at) for zone in {*zones, store_zone}}


def _coming(day: date, wall: time, zone: ZoneInfo, *, after: datetime) -> datetime:
    moment = first_instant(day, wall, zone)
    if moment >= after:
        return moment
    today = max(day, after.astimezone(zone).date())
    moment = first_instant(today, wall, zone)
    return moment if moment >= after else first_instant(today + timedelta(days=1), wall, zone)
