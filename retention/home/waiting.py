"""What needs somebody: asked anew by the home page, kept for a few seconds for the number beside Home on every other page.

Every source asks the database, and the number stands on every page of the dashboard: a dozen questions a page for one small figure.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any

import redis
from django.core.cache import cache

from retention.dashboard.home_parts import NeedsYou, needs_you
from retention.kit.clock import now as clock_now

KEPT_SECONDS = 20


def look(request: Any, *, now: datetime) -> tuple[list[NeedsYou], int]:
    """Return the oldest things that need this person, and how many there are in all; the number is kept for the other pages."""
    things, count = needs_you(request, now=now)
    with suppress(redis.RedisError):  # the next page asks again
        cache.set(_key(request), count, KEPT_SECONDS)
    return things, count


def number(request: Any) -> int:
    """Return how many things need this person, at most `KEPT_SECONDS` old; 0 outside a store."""
    if getattr(request, "store", None) is None:
        return 0
    try:
        kept = cache.get(_key(request))
    except redis.RedisError:
        kept = None
    return int(kept) if kept is not None else look(request, now=clock_now())[1]


def _key(request: Any) -> str:
    return f"home:waiting:{request.role}:{request.user.pk}"
