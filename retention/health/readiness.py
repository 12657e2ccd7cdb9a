"""Is this installation ready to serve: the questions `/readyz` asks, each answered in words.

Thresholds are in real seconds; the demo's fast clock is taken into account where due moments are compared.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from redis.exceptions import RedisError

from retention.health import heartbeats, stopping
from retention.kit.clock import now, speed
from retention.stores.models import StoreWork
from retention.tenancy.unscoped import unscoped

SWEEPER = "campaigns.tasks.sweep"
SWEEPER_LATE_SECONDS = 120
WORK_LATE_SECONDS = 600
KEPT_SECONDS = 2.0

_migrated: set[str] = set()


@dataclass(frozen=True)
class Check:
    """One answer: whether it is well, and what was found, in one plain sentence without any store's data.

    decides: requests should go elsewhere while it is not well; otherwise it is only told.
    """

    name: str
    ok: bool
    found: str
    decides: bool = True


@dataclass
class _Kept:
    """The answers of a moment ago, for the many who ask at once."""

    checks: list[Check] = field(default_factory=list)
    until: float = 0.0
    asking: threading.Lock = field(default_factory=threading.Lock)


_kept = _Kept()


def check_lately() -> list[Check]:
    """Return what `check_all` found at most two seconds ago, since anybody may ask; that this process ends is said at once."""
    if stopping.is_stopping():
        return check_all()
    if time.monotonic() >= _kept.until and _kept.asking.acquire(blocking=not _kept.checks):
        try:
            if time.monotonic() >= _kept.until:
                _kept.checks = check_all()
                _kept.until = time.monotonic() + KEPT_SECONDS
        finally:
            _kept.asking.release()
    return _kept.checks


def check_all() -> list[Check]:
    """Ask every question; when the database is away, those that need it are not asked."""
    checks = [_stopping(), _database(), _valkey()]
    if checks[1].ok:
        checks += [_guarded(question) for question in (_migrations, _work)]
    if checks[2].ok:
        checks.append(_sweeper())
    return checks


def _guarded(question: Callable[[], Check]) -> Check:
    try:
        return question()
    except DatabaseError:
        return Check(question.__name__.lstrip("_"), ok=False, found="The database refused the question.")


def _stopping() -> Check:
    if stopping.is_stopping():
        return Check("process", ok=False, found="This process is ending.")
    return Check("process", ok=True, found="This process takes work.")


def _database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return Check("database", ok=False, found="The database does not answer.")
    return Check("database", ok=True, found="The database answers.")


def _migrations() -> Check:
    """Compare the code's migrations with the applied ones; once they agree this process need not ask again."""
    name = str(connection.settings_dict["NAME"])
    if name not in _migrated:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            return Check("migrations", ok=False, found=f"{len(missing)} migrations are not applied; run migrate.")
        _migrated.add(name)
    return Check("migrations", ok=True, found="All migrations are applied.")


def _valkey() -> Check:
    try:
        cache.get("ready")
    except RedisError:
        return Check("valkey", ok=False, found="Valkey does not answer.")
    return Check("valkey", ok=True, found="Valkey answers.")


def _sweeper() -> Check:
    age = heartbeats.ages()[SWEEPER]
    if age is None:
        return Check("sweeper", ok=False, found="The sweeper has not been heard of; is a worker running?")
    return Check("sweeper", ok=age <= SWEEPER_LATE_SECONDS, found=f"The sweeper ended {age:.0f} seconds ago.")


def _work() -> Check:
    """Say how long work waits: one store's trouble, which must not take the pages of all others away."""
    worst = max(oldest_due_seconds(moment=now()).values(), default=0.0)
    return Check("work", ok=worst <= WORK_LATE_SECONDS, found=f"The oldest due work waits for {worst:.0f} seconds.", decides=False)


def oldest_due_seconds(*, moment: datetime) -> dict[str, float]:
    """Return for each kind of work how many real seconds the longest waiting store has been due."""
    late: dict[str, float] = {}
    with unscoped(reason="measure the oldest due work"), transaction.atomic():
        for kind, due_at in StoreWork.objects.filter(due_at__lte=moment).values_list("kind", "due_at"):
            late[kind] = max(late.get(kind, 0.0), (moment - due_at).total_seconds() / speed())
    return late
