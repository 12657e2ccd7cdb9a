"""Lines on the screen: how long it took since the person pressed Enter, and what happened."""

import os
import sys
import time


class Voice:
    """Says timed lines, such as ` [ 8.1s] PostgreSQL 18.6 (embedded)`."""

    def __init__(self) -> None:
        called_at = float(os.environ.get("BOOMERANG_CALLED_AT", time.time()))
        self._start = time.monotonic() - max(0.0, time.time() - called_at)

    @property
    def seconds(self) -> float:
        """Return the seconds since the command was called."""
        return time.monotonic() - self._start

    def step(self, text: str) -> None:
        """Say what has just been reached, with the time."""
        self.line(f" [{self.seconds:5.1f}s] {text}")

    def line(self, text: str = "") -> None:
        """Say a line as it is; what the terminal has no letter for is a question mark."""
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(f"{text}\n".encode(encoding, "replace").decode(encoding))
        sys.stdout.flush()
