"""One look at the doorbell board for many kinds of work at once: which of them some store waits for."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

# One look into the index for each kind, whatever number of stores waits.
_DUE = """
    SELECT asked.kind FROM unnest(%s::text[]) AS asked(kind) WHERE EXISTS (
        SELECT FROM stores_storework AS work
        WHERE work.kind = asked.kind AND work.due_at <= %s AND (work.leased_until IS NULL OR work.leased_until < now())
    )
"""


def kinds_due(kinds: Collection[str], *, now: datetime) -> set[str]:
    """Return which of these kinds `StoreWork.take` would find something of."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [list(kinds), now])
        return {kind for (kind,) in cursor.fetchall()}
