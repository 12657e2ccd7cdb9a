"""Reading an audit log as a stranger would: is each entry what it was when it was written, and is none missing?

Works inside the store's context. What it cannot see alone (the last entries cut off) is told by the log lines of `models/audit.py`.
"""

from dataclasses import dataclass

import redis
from django.core.cache import cache

from retention.stores.models import AuditEntry

_KEPT_SECONDS = 600
_BATCH = 2000


@dataclass(frozen=True)
class Verdict:
    """How many entries were read, and the number of the first that does not fit; None when all do."""

    count: int
    broken_at: int | None = None

    @property
    def complete(self) -> bool:
        """Say whether every entry fits to the one before it."""
        return self.broken_at is None


def verify_chain(store_id: int) -> Verdict:
    """Read the store's whole chain; stops at the first entry that was changed, or after which one is missing."""
    number, before = 0, ""
    for entry in AuditEntry.objects.filter(store_id=store_id).order_by("number").iterator(chunk_size=_BATCH):
        number += 1
        if entry.number != number or entry.before != before or entry.digest != entry.chained():
            return Verdict(number - 1, broken_at=min(number, entry.number))
        before = entry.digest
    return Verdict(number)


def recent_verdict(store_id: int) -> Verdict:
    """Return the verdict on the chain as it stands, read anew when an entry was added or ten minutes have passed."""
    last = AuditEntry.objects.filter(store_id=store_id).order_by("-number").values_list("digest", flat=True).first() or "empty"
    mark = f"audit-verdict:{last}"
    try:
        kept = cache.get(mark)
        if kept is not None:
            return Verdict(*kept)
        found = verify_chain(store_id)
        cache.set(mark, [found.count, found.broken_at], _KEPT_SECONDS)
    except redis.RedisError:
        return verify_chain(store_id)
    return found
