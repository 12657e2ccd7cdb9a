"""The names of the world's time zones, read once: asking the library again walks its files each time."""

import zoneinfo

ZONES = frozenset(zoneinfo.available_timezones())
