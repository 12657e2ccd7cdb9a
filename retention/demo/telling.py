"""How the story waits, insists, and lets time pass."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from retention.cli.telling import StoryContext, StoryFailedError
from retention.kit import clock

T = TypeVar("T")
PATIENCE_SECONDS = 120.0  # only a failure takes so long; a busy machine takes many seconds


def until(line: str, probe: Callable[[], T | None], *, seconds: float = PATIENCE_SECONDS) -> T:
    """Return the probe's first answer that is not empty. Raises StoryFailedError with the line when it stays empty."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        found = probe()
        if found:
            return found
        time.sleep(0.1)
    raise StoryFailedError(f"{line} (nothing after {seconds:.0f} seconds)")


def must(true: object, line: str) -> None:
    """Raise StoryFailedError with the line where it is not so."""
    if not true:
        raise StoryFailedError(line)


def pass_time(context: StoryContext, length: timedelta, *, seconds: float) -> None:
    """Let this much time pass for every process, within a few real seconds."""
    goal = clock.now() + length
    clock.set_dial(context.clock_file, virtual=clock.now(), speed=length.total_seconds() / seconds)
    while clock.now() < goal:
        time.sleep(0.05)
    clock.set_dial(context.clock_file, virtual=goal, speed=1)
