"""What an answer means, and when to try again: decides only, touches no row.

Twelve tries over a little more than three days. A 410 ends it; Retry-After of a 429 or 503 is heeded for the whole endpoint.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

DELAYS_SECONDS = (5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600, 26 * 3600)  # together 72.7 hours
MOST_TRIES = len(DELAYS_SECONDS) + 1
JITTER_SHARE = 0.1
LONGEST_REST = timedelta(hours=6)
REST_AFTER_SILENCE = timedelta(seconds=30)
PAUSE_AFTER = timedelta(hours=72)
_GONE = 410
_ASKS_TO_WAIT = frozenset({429, 503})


@dataclass(frozen=True)
class Outcome:
    """What came of one try. status: None when nobody answered. silent: the other side cost us time without an answer.

    rest: for how long the endpoint asked to be left alone.
    """

    delivered: bool
    status: int | None
    error: str
    answer: str = ""
    milliseconds: int = 0
    gone: bool = False
    silent: bool = False
    rest: timedelta | None = None


def delay_after(attempts: int, *, seed: str) -> timedelta | None:
    """Return how long to wait after so many failed tries; None when that was the last one.

    seed: who waits. Its jitter only lengthens, by at most a tenth, so that many deliveries of one outage do not come back at once.
    """
    if attempts >= MOST_TRIES:
        return None
    jitter = zlib.crc32(f"{seed}:{attempts}".encode()) / 2**32 * JITTER_SHARE
    return timedelta(seconds=DELAYS_SECONDS[attempts - 1] * (1 + jitter))


def is_gone(status: int) -> bool:
    """Say whether an answer means: never again."""
    return status == _GONE


def rest_of(status: int, headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """Return for how long the receiver wants to be left alone, at most six hours; None when it does not say."""
    said = headers.get("retry-after", "").strip()
    if status not in _ASKS_TO_WAIT or not said:
        return None
    if said.isascii() and said.isdecimal():
        seconds = float(said) if len(said) < 9 else LONGEST_REST.total_seconds()
        return min(timedelta(seconds=seconds), LONGEST_REST)
    try:
        moment = parsedate_to_datetime(said)
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return min(max(aware - now, timedelta(0)), LONGEST_REST)
    except (ValueError, OverflowError):  # a year, an hour or an offset that no calendar has
        return None
