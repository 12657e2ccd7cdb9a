"""When may a message leave: quiet hours in the customer's zone. Pure; wall times become UTC moments here and nowhere else."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True)
class QuietHours:
    """From `start` until `end` (the end belongs to the day); over midnight when start is later than end."""

    start: time
    end: time

    def covers(self, wall: time) -> bool:
        """Say whether a wall time is quiet."""
        if self.start == self.end:
            return False
        if self.start < self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end


USUAL: dict[str, QuietHours] = {"sms": QuietHours(time(20), time(9)), "push": QuietHours(time(21), time(8))}
"""E-mail waits quietly in its box, so it has none unless a store sets them. SMS: reliability guide S45."""


def zone_of(*names: str) -> ZoneInfo:
    """Return the first of these zones that exists, else UTC: the customer's own before the store's."""
    for name in names:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def next_allowed(now: datetime, *, quiet: QuietHours | None, zone: ZoneInfo) -> datetime:
    """Return `now` when it is not quiet there, else the first moment afterwards that is not."""
    if quiet is None or not quiet.covers(now.astimezone(zone).time()):
        return now
    day = now.astimezone(zone).date()
    for ahead in range(3):
        for moment in _both_passes(day + timedelta(days=ahead), quiet.end, zone):
            if moment > now and not quiet.covers(moment.astimezone(zone).time()):
                return moment
    return now + timedelta(days=1)


def _both_passes(day: date, wall: time, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return when a wall time is: twice where clocks are put back over it, for quiet hours may begin again in the repeated hour."""
    second = datetime.combine(day, wall, zone).replace(fold=1).astimezone(UTC)
    first = first_instant(day, wall, zone)
    return (first, second) if second > first and second.astimezone(zone).time() == wall else (first,)


def first_instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Turn a wall time into UTC: in a fold the first pass, in a gap the first valid instant after it.

    Where that would be another day (Nuuk leaves out the last hour of one), it is the last minute before the gap: each day has its own.
    """
    local = datetime.combine(day, wall, zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    before = local.replace(fold=0).utcoffset() or timedelta()
    after = local.replace(fold=1).utcoffset() or timedelta()
    low, high = sorted(((local.replace(tzinfo=UTC) - before), (local.replace(tzinfo=UTC) - after)))
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).replace(tzinfo=None) >= local.replace(tzinfo=None):
            high = middle
        else:
            low = middle
    after_gap = high.replace(microsecond=0)
    return after_gap if after_gap.astimezone(zone).date() == day else after_gap - timedelta(minutes=1)
