"""The product's clock: aware UTC, real time unless a demo made it run fast.

Only tasks, views and commands ask it; everything else takes `now`. Leases use the database's clock instead.
"""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

_VARIABLE = "BOOMERANG_CLOCK_FILE"
_cache: tuple[tuple[str, int, int], dict[str, float]] | None = None


def now() -> datetime:
    """Return the current moment, aware, in UTC."""
    real = datetime.now(UTC)
    path = os.environ.get(_VARIABLE)
    if not path:
        return real
    dial = _read(path)
    if dial is None:
        return real
    passed = real.timestamp() - dial["anchor_real"]
    return datetime.fromtimestamp(dial["anchor_virtual"], UTC) + timedelta(seconds=passed * dial["speed"])


def of_this_process() -> Callable[[], datetime]:
    """Return what tells the current moment as `now` does, for who asks for each of thousands: whether there is a dial is asked once."""
    return now if os.environ.get(_VARIABLE) else partial(datetime.now, UTC)


def speed() -> float:
    """Return how many times as fast as real time the clock runs; 1 outside the demo."""
    path = os.environ.get(_VARIABLE)
    dial = _read(path) if path else None
    return dial["speed"] if dial else 1.0


def set_dial(path: Path, *, virtual: datetime, speed: float) -> None:
    """Let every process that reads this clock file see `virtual` now, running `speed` times as fast as real time.

    speed: 0 stands still. The file is replaced in one step, so a reader sees the old dial or the new one.
    """
    if virtual.tzinfo is None or speed < 0:
        raise ValueError("The dial needs a moment with a zone and a speed of nought or more.")
    dial = {"anchor_real": datetime.now(UTC).timestamp(), "anchor_virtual": virtual.timestamp(), "speed": speed}
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(dial))
    fresh.replace(path)


def _read(path: str) -> dict[str, float] | None:
    global _cache  # one small file, read again only when it was replaced
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    stamp = (path, status.st_mtime_ns, status.st_ino)
    if _cache is None or _cache[0] != stamp:
        _cache = (stamp, json.loads(Path(path).read_text()))
    return _cache[1]
