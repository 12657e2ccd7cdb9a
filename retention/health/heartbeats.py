"""When each timed job last ended well, kept in Valkey: a hint for `/readyz` and the operations page, never a record.

Losing Valkey loses nothing: the next tick, a second later, writes it again.
"""

import time
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from retention.schedule import JOBS

_KEEP_SECONDS = 24 * 3600
_NAMES = frozenset(job.task for job in JOBS)


def note(sender: Any = None, **_: Any) -> None:
    """Write down that a task ended well; connected to Celery's `task_success`."""
    name = getattr(sender, "name", "")
    if name in _NAMES:
        try:
            cache.set(f"heartbeat:{name}", time.time(), _KEEP_SECONDS)
        except RedisError:
            return


def ages() -> dict[str, float | None]:
    """Return for each timed job how many seconds ago it last ended well; None when nobody knows."""
    found = cache.get_many([f"heartbeat:{name}" for name in _NAMES])
    moment = time.time()
    return {job.task: _age(found.get(f"heartbeat:{job.task}"), moment) for job in JOBS}


def _age(at: float | None, moment: float) -> float | None:
    return None if at is None else max(0.0, moment - at)
