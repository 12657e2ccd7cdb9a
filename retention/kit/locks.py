"""Locks that many processes share: PostgreSQL's for the length of a transaction, Valkey's with a lease and a fencing token.

Every lock carries the store it belongs to. Correctness rests on rows and constraints; a Valkey lock only saves double work.
Tests: tests/kit/test_locks.py.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from secrets import token_hex
from typing import cast

import redis
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

PLATFORM = 0  # the "store" of work that belongs to no store; ids of stores start at 1

# The token is the server's clock in microseconds, but never less than the last token + 1: it keeps rising after a flush.
_TAKE = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local time = redis.call('TIME')
local token = time[1] * 1000000 + time[2]
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
if token <= last then token = last + 1 end
local text = string.format('%.0f', token)
redis.call('SET', KEYS[2], text, 'EX', 604800)
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return text
"""
_EXTEND = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class LockMisuse(RuntimeError):
    """A transaction lock was asked for outside a transaction, where it would be gone at once."""


class LockTaken(Exception):
    """Somebody else holds the lock; the caller leaves the work to them."""


def transaction_lock(name: str, *, store_id: int, using: str = DEFAULT_DB_ALIAS) -> None:
    """Wait for a lock that the current transaction holds until it ends.

    name: what is locked, "reminders" or "orders:1042". Raises LockMisuse outside a transaction.
    """
    _ask_postgres("SELECT pg_advisory_xact_lock(%s)", name, store_id=store_id, using=using)


def try_transaction_lock(name: str, *, store_id: int, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Take the same lock only if it is free; False when somebody holds it."""
    return bool(_ask_postgres("SELECT pg_try_advisory_xact_lock(%s)", name, store_id=store_id, using=using))


def advisory_key(name: str, *, store_id: int) -> int:
    """Return the signed 64-bit number that stands for a store's lock in PostgreSQL."""
    digest = hashlib.blake2b(f"{store_id}:{name}".encode(), digest_size=8, person=b"retention-lock").digest()
    return int.from_bytes(digest, "big", signed=True)


@dataclass(frozen=True)
class Lease:
    """A Valkey lock that is held until it is released or its time is over.

    token: rises with every lease of this lock. Write it beside what the lock protects and refuse a lower one: a worker that was frozen
    for longer than its lease cannot then overwrite the work of the next.
    """

    key: str
    holder: str
    token: int
    url: str

    def extend(self, *, seconds: float) -> bool:
        """Hold it for so many seconds from now; False when it was already lost."""
        return bool(_client(self.url).eval(_EXTEND, 1, self.key, self.holder, str(_milliseconds(seconds))))

    def release(self) -> bool:
        """Give it back; False when it was already lost. Never takes away somebody else's."""
        return bool(_client(self.url).eval(_RELEASE, 1, self.key, self.holder))


def take_lease(name: str, *, store_id: int, seconds: float) -> Lease | None:
    """Take a lock in Valkey for some seconds; None when somebody holds it."""
    key, url, holder = f"lock:{store_id}:{name}", str(settings.REDIS_URL), token_hex(16)
    answer = _client(url).eval(_TAKE, 2, key, f"fence:{store_id}:{name}", holder, str(_milliseconds(seconds)))
    token = int(cast("bytes | int", answer))
    return Lease(key=key, holder=holder, token=token, url=url) if token else None


@contextmanager
def lease(name: str, *, store_id: int, seconds: float) -> Iterator[Lease]:
    """Hold a lock in Valkey for the length of a block; raises LockTaken when somebody else has it."""
    taken = take_lease(name, store_id=store_id, seconds=seconds)
    if taken is None:
        raise LockTaken(name)
    try:
        yield taken
    finally:
        taken.release()


def _ask_postgres(statement: str, name: str, *, store_id: int, using: str) -> object:
    connection = connections[using]
    if not connection.in_atomic_block:
        raise LockMisuse("A transaction lock needs a transaction: open atomic() around the work it protects.")
    with connection.cursor() as cursor:
        cursor.execute(statement, [advisory_key(name, store_id=store_id)])
        return cursor.fetchone()[0]


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
