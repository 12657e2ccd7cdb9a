"""When each timed job last ended well, kept in Valkey: a hint for `/readyz` and the operations page, never a record.

Losing Valkey loses nothing: the next tick, a second later, writes it again.
"""

import time
from collections.abc import Iterable
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from retention.schedule import JOBS

_KEEP_SECONDS = 24 * 3600
_NAMES = frozenset(job.task for job in JOBS)
_IDLE_SECONDS = 5.0  # looks find nothing several times a second; that much later nobody minds to hear of it
_idle: dict[str, float] = {}  # when this process last wrote down that nothing waited for a job


def note(sender: Any = None, **_: Any) -> None:
    """Write down that a task ended well; connected to Celery's `task_success`."""
    name = getattr(sender, "name", "")
    if name in _NAMES:
        try:
            cache.set(f"heartbeat:{name}", time.time(), _KEEP_SECONDS)
        except RedisError:
            return


def note_idle(names: Iterable[str]) -> None:
    """Write down that nothing waits for these jobs, which is as good as if they had just ended well."""
    moment = time.monotonic()
    told = [name for name in names if moment - _idle.get(name, -_IDLE_SECONDS) >= _IDLE_SECONDS]
    if told:
        _idle.update(dict.fromkeys(told, moment))
        try:
            cache.set_many({f"heartbeat:{name}": time.time() for name in told}, _KEEP_SECONDS)
        except RedisError:
            return


def ages() -> dict[str, float | None]:
    """Return for each timed job how many seconds ago it last ended well; None when nobody knows."""
    found = cache.get_many([f"heartbeat:{name}" for name in _NAMES])
    moment = time.time()
    return {job.task: _age(found.get(f"heartbeat:{job.task}"), moment) for job in JOBS}


def _age(at: float | None, moment: float) -> float | None:
    return None if at is None else max(0.0, moment - at)
