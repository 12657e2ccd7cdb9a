"""How many wrong passwords are one too many (S2): per account five, then a pause; per connection ten in 15 minutes.

A stranger who guesses at an account uses up the strangers' tries, never those of a browser that has signed in to it before:
that browser carries a signed cookie and has tries of its own. Valkey holds the counts; without it nobody signs in by password.
"""

import hashlib
import secrets
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import redis
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from retention.stores.client_address import client_ip, network_of
from retention.stores.limits import Limit, LimiterDown, give_back, spend

TRIES = 5
PAUSE_SECONDS = 600
LONGEST_PAUSE_SECONDS = 3600
FORGET_SECONDS = 86400
BY_CONNECTION = Limit("sign-in", 10, 900)
_COOKIE_AGE = 180 * 86400
_SALT = "retention.stores.signing_in"

# tries: used in this round. round: how many pauses there were today. next: when the next try may come (growing delay). until: end of
# the pause. A try is taken before the password is looked at, so that a hundred at once are still five.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 'tries', 'round', 'next', 'until', 'last')
local tries, round, last = tonumber(state[1] or '0'), tonumber(state[2] or '0'), tonumber(state[5] or '0')
local soonest, pause = tonumber(state[3] or '0'), tonumber(state[4] or '0')
if now - last > 900000 then tries = 0 end
if now < pause then return {0, pause - now, 0} end
if pause > 0 then tries = 0 redis.call('HDEL', KEYS[1], 'until', 'next') soonest = 0 end
if now < soonest then return {1, soonest - now, 0} end
tries = tries + 1
local left, pausing = tonumber(ARGV[1]) - tries, 0
redis.call('HSET', KEYS[1], 'tries', tries, 'last', now)
if tries > 2 then redis.call('HSET', KEYS[1], 'next', now + 1000 * 2 ^ (tries - 2)) end
if left <= 0 then
  local length = math.min(tonumber(ARGV[2]) * 2 ^ round, tonumber(ARGV[3]))
  redis.call('HSET', KEYS[1], 'until', now + 1000 * length, 'round', round + 1)
  pausing = 1000 * length
end
redis.call('EXPIRE', KEYS[1], ARGV[4])
return {2, pausing, left}
"""


@dataclass(frozen=True)
class Try:
    """A try that may be made: how many are left after it, how long the pause is if it is wrong and the last one.

    The rest says what must be given back if the password is right.
    """

    left: int
    pause_seconds: int
    account: str
    connection: str
    ticket: str


class TooManyTries(Exception):
    """No try now. `seconds` until the next; `pause` when it is the long one."""

    def __init__(self, seconds: int, *, pause: bool) -> None:
        super().__init__(f"{seconds} s")
        self.seconds, self.pause = seconds, pause


def take_try(request: HttpRequest, *, email: str) -> Try:
    """Take one try at this account; raises TooManyTries, or LimiterDown when nobody can count."""
    device = known_device(request, email=email)
    account = f"sign-in:{_digest(email)}:{device or 'strangers'}"
    connection, ticket = "", ""
    if not device:
        connection = network_of(client_ip(request))
        answer = spend(BY_CONNECTION, who=connection)
        if not answer.allowed:
            raise TooManyTries(answer.retry_after, pause=True)
        ticket = answer.ticket
    try:
        raw = _client(str(settings.REDIS_URL)).eval(
            _TAKE, 1, account, str(TRIES), str(PAUSE_SECONDS), str(LONGEST_PAUSE_SECONDS), str(FORGET_SECONDS)
        )
    except redis.RedisError as error:
        raise LimiterDown from error
    kind, wait, left = cast("list[int]", raw)
    if kind != 2:  # it was not made, so it does not count against the connection either
        _give_back_connection(connection, ticket)
        raise TooManyTries(-(-int(wait) // 1000), pause=kind == 0)
    return Try(int(left), int(wait) // 1000, account, connection, ticket)


def succeeded(made: Try) -> None:
    """Forget the account's wrong tries by this kind of browser, and give the connection its try back."""
    forget(made.account)
    _give_back_connection(made.connection, made.ticket)


def forget(account: str) -> None:
    """Start counting anew; without Valkey there is nothing to forget."""
    try:
        _client(str(settings.REDIS_URL)).delete(account)
    except redis.RedisError:
        return


def forget_strangers(email: str) -> None:
    """Start counting anew for an account whose person proved to be its owner (by a reset)."""
    forget(f"sign-in:{_digest(email)}:strangers")


def cookie_name() -> str:
    """Return the name of the cookie that makes a browser known; over https no other host can set it."""
    return "__Host-known" if settings.SESSION_COOKIE_SECURE else f"{settings.SESSION_COOKIE_NAME}_known"


def known_device(request: HttpRequest, *, email: str) -> str:
    """Return this browser's name for the account it signed in to before, or nothing."""
    try:
        account, device = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=_SALT, max_age=_COOKIE_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(device) if account == _digest(email) else ""


def remember_device(response: HttpResponse, *, email: str, device: str = "") -> None:
    """Let this browser have tries of its own from now on."""
    value = signing.dumps([_digest(email), device or secrets.token_hex(8)], salt=_SALT)
    response.set_cookie(
        cookie_name(), value, max_age=_COOKIE_AGE, httponly=True, samesite="Lax", secure=bool(settings.SESSION_COOKIE_SECURE)
    )


def _give_back_connection(connection: str, ticket: str) -> None:
    if ticket:
        give_back(BY_CONNECTION, who=connection, ticket=ticket)


def _digest(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]


@lru_cache(maxsize=4)
def _client(url: str) -> Any:
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
