"""Wall times in every zone there is: one run for each local date, and never a moment inside quiet hours. The small run takes a sample."""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from campaigns.broadcasts.moments import moments_of_zones
from campaigns.sending.pacing import USUAL, QuietHours, first_instant, next_allowed

ZONES = sorted(available_timezones() - {"Factory", "localtime"})
ODD = ["Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Chatham", "America/Nuuk", "Africa/Cairo", "Asia/Gaza"]
FIRST, DAYS = date(2026, 1, 1), 5 * 365 + 1
WALLS = (time(0, 0), time(2, 30), time(10, 0), time(23, 59))
QUIET = [*USUAL.values(), QuietHours(time(1), time(3)), QuietHours(time(22, 30), time(2, 30))]


def one_run_a_day(zone_name: str, days: int, *, first: date = FIRST) -> None:
    """Assert that each local date has one moment, in the order of the dates, at the wall time or the first valid one after it."""
    zone = ZoneInfo(zone_name)
    for wall in WALLS:
        last = datetime(1970, 1, 1, tzinfo=UTC)
        for offset in range(days):
            day = first + timedelta(days=offset)
            moment = first_instant(day, wall, zone)
            local = moment.astimezone(zone)
            assert moment > last, (zone_name, day, wall)
            assert local.date() == day, (zone_name, day, wall, local)
            assert local.time() >= wall or (moment + timedelta(minutes=1)).astimezone(zone).date() > day, (
                zone_name,
                day,
                wall,
            )
            assert local.time() == wall or not exists(day, wall, zone), (zone_name, day, wall, local)
            last = moment


def exists(day: date, wall: time, zone: ZoneInfo) -> bool:
    local = datetime.combine(day, wall, zone)
    return local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)


def never_quiet(zone_name: str, count: int) -> int:
    """Assert for moments of five years that what may leave is not in quiet hours, and is not later than it must be; return how many."""
    zone, chance = ZoneInfo(zone_name), random.Random(zone_name)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(count):
        now = begin + timedelta(minutes=chance.randrange(DAYS * 1440))
        for quiet in QUIET:
            moment = next_allowed(now, quiet=quiet, zone=zone)
            assert not quiet.covers(moment.astimezone(zone).time()), (zone_name, now, quiet, moment)
            assert now <= moment <= now + timedelta(hours=15), (zone_name, now, quiet, moment)
            assert moment == now or quiet.covers((moment - timedelta(seconds=1)).astimezone(zone).time()), (zone_name, now, quiet)
    return count * len(QUIET)


@pytest.mark.parametrize("zone_name", ODD)
def test_odd_zones_have_one_run_a_day_for_five_years(zone_name: str) -> None:
    one_run_a_day(zone_name, DAYS)


@pytest.mark.parametrize("zone_name", ODD)
def test_odd_zones_never_wake_anybody(zone_name: str) -> None:
    assert never_quiet(zone_name, 500) == 500 * len(QUIET)


def test_quiet_hours_that_end_in_the_repeated_hour_end_with_its_second_pass() -> None:
    zone, quiet = ZoneInfo("Australia/Sydney"), QuietHours(time(22, 30), time(2, 30))
    second_pass = datetime(2029, 3, 31, 16, 16, tzinfo=UTC)  # 02:16 for the second time
    assert next_allowed(second_pass, quiet=quiet, zone=zone) == datetime(2029, 3, 31, 16, 30, tzinfo=UTC)


@pytest.mark.deep
def test_all_zones_have_one_run_a_day_for_five_years() -> None:
    assert len(ZONES) > 400
    for zone_name in ZONES:
        one_run_a_day(zone_name, DAYS)


@pytest.mark.deep
def test_all_zones_never_wake_anybody() -> None:
    assert sum(never_quiet(zone_name, 1_000) for zone_name in ZONES) > 1_000_000


def test_everybodys_own_ten_oclock_is_ten_oclock_in_every_zone() -> None:
    day, wall = date(2026, 10, 25), time(10, 0)
    found = moments_of_zones(ZONES, day=day, wall=wall, store_zone="Europe/Berlin", confirmed_at=datetime(2026, 10, 20, tzinfo=UTC))
    assert {(moment.astimezone(ZoneInfo(zone)).date(), moment.astimezone(ZoneInfo(zone)).time()) for zone, moment in found.items()} == {
        (day, wall)
    }
