"""Reading an audit log as a stranger would: is each entry what it was when it was written, and is none missing?

Works inside the store's context. What it cannot see alone (the last entries cut off) is told by the log lines of `models/audit.py`.
"""

import logging
from dataclasses import astuple, dataclass

import redis
from django.core.cache import cache

from retention.stores.models import AuditEntry, Store
from retention.tenancy.context import store_context

_KEPT_SECONDS = 2 * 86_400
_BROKEN_KEPT_SECONDS = 600
_BATCH = 2000
log = logging.getLogger("boomerang.audit")


@dataclass(frozen=True)
class Verdict:
    """How many entries were read, and the number of the first that does not fit; None when all do. digest: of the last entry read."""

    count: int
    broken_at: int | None = None
    digest: str = ""

    @property
    def complete(self) -> bool:
        """Say whether every entry fits to the one before it."""
        return self.broken_at is None


def verify_chain(store_id: int, *, behind: Verdict | None = None) -> Verdict:
    """Read the store's chain, or what came behind a verdict; stops at the first entry that was changed, or after which one is missing."""
    found = behind or Verdict(0)
    while True:
        page = AuditEntry.objects.filter(store_id=store_id, number__gt=found.count).order_by("number")[:_BATCH]
        before = found
        for entry in page:
            if entry.number != found.count + 1 or entry.before != found.digest or entry.digest != entry.chained():
                return Verdict(found.count, broken_at=min(found.count + 1, entry.number))
            found = Verdict(entry.number, digest=entry.digest)
        if found.count < before.count + _BATCH:
            return found


def recent_verdict(store_id: int) -> Verdict:
    """Return the verdict on the chain as it stands: the last one kept, and what was added since.

    What was read before is not read again here; `verify_all` and the command `verify_audit` read the whole chain.
    """
    try:
        kept = cache.get(_key(store_id))
    except redis.RedisError:
        return verify_chain(store_id)
    before = None if kept is None else Verdict(*kept)
    if before is not None and not before.complete:
        return before
    if before is not None and before.count and not AuditEntry.objects.filter(number=before.count, digest=before.digest).exists():
        before = None
    found = verify_chain(store_id, behind=before)
    if found != before:
        _keep(store_id, found)
    return found


def verify_all() -> int:
    """Read every store's whole chain and keep the verdicts for its page; return how many are broken. Call it outside any store."""
    broken = 0
    for store_id in Store.objects.order_by("pk").values_list("pk", flat=True):
        with store_context(store_id):
            found = verify_chain(store_id)
            _keep(store_id, found)
        if not found.complete:
            broken += 1
            log.error("an audit log is broken", extra={"store": store_id, "entry": found.broken_at})
    return broken


def _key(store_id: int) -> str:
    return f"audit-verdict:{store_id}"


def _keep(store_id: int, found: Verdict) -> None:
    try:
        cache.set(_key(store_id), list(astuple(found)), _KEPT_SECONDS if found.complete else _BROKEN_KEPT_SECONDS)
    except redis.RedisError:
        log.warning("the verdict on an audit log is not kept", extra={"store": store_id})
