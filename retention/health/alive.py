"""`python -m retention.health.alive TARGET`: is a process alive, for a container's health check. Needs no settings.

TARGET is an address that must answer 200, or a file that must have been written within ten minutes.
"""

import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

FRESH_SECONDS = 600


def alive(target: str) -> bool:
    """Say whether the address answers or the file is fresh."""
    if target.startswith("http://"):
        try:
            with urllib.request.urlopen(target, timeout=3) as answer:  # noqa: S310 - an address of this container
                return bool(answer.status == 200)
        except OSError:
            return False
    path = Path(target)
    return path.exists() and time.time() - path.stat().st_mtime < FRESH_SECONDS


if __name__ == "__main__":
    sys.exit(0 if alive(sys.argv[1]) else 1)
