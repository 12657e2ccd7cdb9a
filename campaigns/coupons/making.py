"""Codes come into a pool: pasted or from a file, or made from signs nobody mistakes for each other."""

import csv
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from campaigns.models import CouponPool
from retention.tenancy.context import require_store_id

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
"""No 0 and O, no 1, I and L, no vowels: so no two signs look alike and no code is a word. 27 signs: eight of them are 38 bits."""

MOST_AT_ONCE = 100_000
LONGEST_CODE = 60
_CODE = re.compile(r"[A-Za-z0-9._-]{3,60}")  # it stands in the addresses of the API
_BATCH = 5_000
_ADD = """
    INSERT INTO campaigns_coupon (store_id, pool_id, code, code_key, created_at)
    SELECT %s, %s, v.code, v.key, %s FROM unnest(%s::text[], %s::text[]) AS v(code, key)
    ON CONFLICT (store_id, code_key) DO NOTHING
"""


@dataclass(frozen=True)
class Pasted:
    """What a pasted text or file holds. codes: each once, in its order. refused: lines that are no code, with their numbers."""

    codes: tuple[str, ...]
    refused: tuple[tuple[int, str], ...]
    repeated: int


def key_of(code: str) -> str:
    """Return how a code is compared: without blanks around it, in capitals."""
    return code.strip().upper()


def read_codes(text: str) -> Pasted:
    """Read one code a line; of a CSV file the first column counts, and a heading is left out."""
    found: dict[str, str] = {}
    refused: list[tuple[int, str]] = []
    repeated = 0
    for number, row in enumerate(csv.reader(text.replace("\0", "").lstrip("\ufeff").splitlines()), start=1):
        code = row[0].strip() if row else ""
        if not code or (not found and not refused and code.lower() in {"code", "codes", "coupon", "discount code", "voucher"}):
            continue
        if not _CODE.fullmatch(code):
            refused.append((number, code[:LONGEST_CODE]))
        elif key_of(code) in found:
            repeated += 1
        else:
            found[key_of(code)] = code
    return Pasted(tuple(found.values()), tuple(refused), repeated)


def add_codes(pool: CouponPool, codes: Sequence[str], *, now: datetime) -> int:
    """Put codes into a pool and return how many were new: one the store has in any pool stays where it is.

    Runs in the caller's transaction. New codes let the pool warn again.
    """
    added = 0
    for start in range(0, len(codes), _BATCH):
        batch = list(codes[start : start + _BATCH])
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [require_store_id(), pool.pk, now, batch, [key_of(code) for code in batch]])
            added += cursor.rowcount
    if added:
        CouponPool.objects.filter(pk=pool.pk).update(warned_at=None)
    return added


def add_made(pool: CouponPool, count: int, *, now: datetime) -> int:
    """Make so many new codes by the pool's pattern and put them in, in the caller's transaction; return how many there are."""
    added = 0
    while added < count:
        added += add_codes(pool, made_codes(pool, min(count - added, _BATCH)), now=now)
    return added


def made_codes(pool: CouponPool, count: int) -> Sequence[str]:
    """Return codes of the pool's pattern, drawn from the system's own source of chance."""
    return [pool.prefix + "".join(secrets.choice(ALPHABET) for _ in range(pool.length)) for _ in range(count)]
