"""One look at the doorbell board for many kinds of work at once: which of them some store waits for."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from retention.stores.models import StoreWork

# One look into the index for each kind, whatever number of stores waits.
_DUE = """
    SELECT asked.kind FROM unnest(%s::text[], %s::boolean[]) AS asked(kind, shared) WHERE EXISTS (
        SELECT FROM stores_storework AS work
        WHERE work.kind = asked.kind AND work.due_at <= %s AND (asked.shared OR work.leased_until IS NULL OR work.leased_until < now())
    )
"""


def kinds_due(kinds: Mapping[str, bool], *, now: datetime) -> set[str]:
    """Return which of these kinds `StoreWork.take` would find something of; where one is shared (True), `StoreWork.served` too."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [list(kinds), list(kinds.values()), now])
        return {kind for (kind,) in cursor.fetchall()}


def count_in_line(kinds: Sequence[str], *, now: datetime, most: int) -> int:
    """Return how many pieces of work of these kinds wait for somebody to take them, at most so many."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=Now())
    return StoreWork.objects.filter(free, kind__in=kinds, due_at__lte=now)[:most].count()
