"""How large segments were day by day, for drawings: a day on which nobody came or went is as the day before it."""

from collections.abc import Collection
from datetime import date, timedelta

from segments.models import SegmentDay


def daily_sizes(segment_ids: Collection[int], *, since: date, until: date) -> dict[int, list[tuple[date, int]]]:
    """Return the size of each segment at the end of every day of the stretch, from the first day known on; two queries."""
    known: dict[int, dict[date, int]] = {}
    earlier = SegmentDay.objects.filter(segment_id__in=segment_ids, day__lt=since).order_by("segment_id", "-day").distinct("segment_id")
    for segment_id, count in earlier.values_list("segment_id", "members_count"):
        known[segment_id] = {since: count}
    rows = SegmentDay.objects.filter(segment_id__in=segment_ids, day__gte=since, day__lte=until)
    for segment_id, day, count in rows.values_list("segment_id", "day", "members_count"):
        known.setdefault(segment_id, {})[day] = count
    return {pk: _every_day(days, until) for pk, days in known.items()}


def _every_day(known: dict[date, int], until: date) -> list[tuple[date, int]]:
    day = min(known)
    found = []
    size = known[day]
    while day <= until:
        size = known.get(day, size)
        found.append((day, size))
        day += timedelta(days=1)
    return found
