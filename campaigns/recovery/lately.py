"""What the plan's pages count, as it was at most a minute ago where counting takes long: a store with few departures is always exact.

The counts themselves are in `figures.py`. What is kept stands under the store's own key, as all that is cached.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar

import redis
from django.core.cache import cache
from django.db.models import Count, QuerySet

from campaigns.journeys.reading import sent_by_step
from campaigns.models import Departure, Journey, Message
from campaigns.recovery.figures import CellFigures, Way, counts_of_cells, measured, ways_of
from retention.customers.totals import count_up_to

EXACT_UP_TO = 10_000
"""Rows that are read at every view; of more, what was counted is kept."""
KEPT_SECONDS = 60
PERIODS = (30, 90)
"""Over so many days the pages count."""
_SHAPE = 1
"""Counted up when what is kept gets other fields, so that no release reads what another one kept."""
T = TypeVar("T")


def figures_lately(*, days: int, currency: str, now: datetime) -> Mapping[tuple[int, str], CellFigures]:
    """Return the figures of every cell of the active store in the last days, as `figures.figures_of_cells` does."""
    since = now - timedelta(days=days)
    counts = _kept(
        _cells(days, currency),
        Departure.objects.since(since),
        lambda: counts_of_cells(since=since, until=now, currency=currency),
    )
    return measured(counts, currency=currency, now=now)


def forget_cells(*, currency: str) -> None:
    """Let the figures of the active store's cells be counted at the next view, whatever was kept of them."""
    with suppress(redis.RedisError):
        cache.delete_many([_key_of(_cells(days, currency)) for days in PERIODS])


def ways_lately(kind: str, *, days: int, now: datetime) -> list[Way]:
    """Return the funnels of the last days, as `figures.ways_of` does."""
    since = now - timedelta(days=days)
    return _kept(f"ways:{kind}:{days}", Departure.objects.since(since), lambda: ways_of(kind, since=since, until=now))


def causes_lately(*, days: int, now: datetime) -> list[tuple[str, int]]:
    """Return at which stages people left in the last days and how many, the most first."""
    left = Departure.objects.since(now - timedelta(days=days))
    named = left.filter(stage__isnull=False).values_list("stage__name")
    return _kept(f"causes:{days}", left, lambda: list(named.annotate(count=Count("id")).order_by("-count", "stage__name")))


def sent_lately(journey: Journey) -> Mapping[str, int]:
    """Return how many messages of each step of a journey left."""
    messages = Message.objects.filter(source_kind="journey", source_id=journey.pk)
    return _kept(f"sent:{journey.pk}", messages, lambda: sent_by_step(journey))


def _kept(name: str, rows: QuerySet[Any], count: Callable[[], T]) -> T:
    """Return what is counted over these rows: now where they are few, else as it was kept, or counted now and kept."""
    if not count_up_to(rows, most=EXACT_UP_TO).more:
        return count()
    key = _key_of(name)
    with suppress(redis.RedisError):  # counted anew
        kept: T | None = cache.get(key)
        if kept is not None:
            return kept
    counted = count()
    with suppress(redis.RedisError):
        cache.set(key, counted, KEPT_SECONDS)
    return counted


def _cells(days: int, currency: str) -> str:
    return f"cells:{days}:{currency}"


def _key_of(name: str) -> str:
    return f"recovery:{_SHAPE}:{name}"
