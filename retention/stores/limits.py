"""How often somebody may do something: sliding windows in Valkey, shared by every process.

Each caller says what shall happen while Valkey is away: sign-in refuses, events are let through within a cap of this process (S55).
The door for storefront events has its own cheaper bucket in `rest/limiting.py`.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import redis
from django.conf import settings

# A window is a sorted set of moments on the server's clock. Refused tries are not added, so waiting always helps.
_SPEND = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local used = redis.call('ZCARD', KEYS[1])
if used >= tonumber(ARGV[1]) then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return {0, 0, tonumber(oldest[2]) + window - now}
end
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('PEXPIRE', KEYS[1], window)
return {1, tonumber(ARGV[1]) - used - 1, 0}
"""
_MOST_LOCAL = 20_000


@dataclass(frozen=True)
class Limit:
    """So many times in so many seconds; `name` is the window's name in Valkey."""

    name: str
    amount: int
    seconds: int


@dataclass(frozen=True)
class Answer:
    """Whether it is allowed, how often more, and if not, after how many seconds it may be."""

    allowed: bool
    left: int
    retry_after: int
    ticket: str = ""


class LimiterDown(Exception):
    """Valkey does not answer, so nobody can say whether this is allowed."""


def spend(limit: Limit, *, who: str) -> Answer:
    """Take one of the limit's times for `who`; raises LimiterDown. Fit for sign-in: no answer means no."""
    ticket = f"{time.time_ns()}-{threading.get_ident()}"
    key = _key(limit, who)
    try:
        raw = _client(str(settings.REDIS_URL)).eval(_SPEND, 1, key, str(limit.amount), str(limit.seconds * 1000), ticket)
    except redis.RedisError as error:
        raise LimiterDown from error
    allowed, left, wait = cast("list[int]", raw)
    return Answer(bool(allowed), int(left), -(-int(wait) // 1000), ticket if allowed else "")


def give_back(limit: Limit, *, who: str, ticket: str) -> None:
    """Undo one `spend`, because it turned out not to count; without Valkey there is nothing to undo."""
    try:
        _client(str(settings.REDIS_URL)).zrem(_key(limit, who), ticket)
    except redis.RedisError:
        return


def spend_or_local(limit: Limit, *, who: str) -> Answer:
    """Take one of the limit's times; while Valkey is away, count in this process alone. Fit for the API and events."""
    try:
        return spend(limit, who=who)
    except LimiterDown:
        return _local.spend(limit, who=who)


class _Local:
    """Fixed windows in this process: rougher, but it never lets everything through."""

    def __init__(self) -> None:
        self._windows: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()
        self._turn = threading.Lock()

    def spend(self, limit: Limit, *, who: str) -> Answer:
        """Count in the current fixed window."""
        moment = int(time.monotonic())
        window = moment // limit.seconds
        with self._turn:
            kept, used = self._windows.pop((limit.name, who), (window, 0))
            used = used if kept == window else 0
            allowed = used < limit.amount
            self._windows[(limit.name, who)] = (window, used + allowed)
            if len(self._windows) > _MOST_LOCAL:
                self._windows.popitem(last=False)
        wait = 0 if allowed else limit.seconds - moment % limit.seconds
        return Answer(allowed, max(limit.amount - used - allowed, 0), wait)


_local = _Local()


def _key(limit: Limit, who: str) -> str:
    return f"limit:{limit.name}:{who}"


@lru_cache(maxsize=4)
def _client(url: str) -> Any:
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
