"""Facts about processes by number: is it alive, is it still the same one, and how to end it.

Works from /proc where there is one, else from ps. Nothing here starts a process.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_STATE, _GROUP, _BIRTH = 0, 2, 19  # places in /proc/PID/stat after the name in brackets, see proc(5)


def birth(pid: int) -> str | None:
    """Return a mark that differs when the number is used again, or None when no living process has it.

    A finished process that nobody collected counts as gone: some containers never collect.
    """
    if Path("/proc/self/stat").exists():
        fields = _stat(pid)
        return None if fields is None or fields[_STATE] in {"Z", "X"} else fields[_BIRTH]
    answer = _ps(pid, "stat=,lstart=")
    return None if not answer or answer.startswith("Z") else answer.split(maxsplit=1)[1]


def command(pid: int) -> list[str]:
    """Return the process's arguments; empty when there is no such process."""
    path = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/stat").exists():
        try:
            return [part.decode(errors="replace") for part in path.read_bytes().split(b"\0") if part]
        except OSError:
            return []
    return _ps(pid, "command=").split()


def group_lives(group: int) -> bool:
    """Say whether any process of the group still runs."""
    if not Path("/proc/self/stat").exists():
        return _signal_group(group, 0)
    for entry in os.listdir("/proc"):
        fields = _stat(int(entry)) if entry.isdigit() else None
        if fields and int(fields[_GROUP]) == group and fields[_STATE] not in {"Z", "X"}:
            return True
    return False


def end_group(group: int, *, first: int = signal.SIGTERM, grace_seconds: float = 10) -> None:
    """Ask a process group to end, wait, then kill what is left."""
    if _signal_group(group, first) and not wait_until(lambda: not group_lives(group), seconds=grace_seconds):
        _signal_group(group, signal.SIGKILL)
        wait_until(lambda: not group_lives(group), seconds=5)


def wait_until(true: Callable[[], bool], *, seconds: float) -> bool:
    """Ask every 20 ms until the answer is yes; return False when the time is up."""
    limit = time.monotonic() + seconds
    while not true():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def _signal_group(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS answers so for a group of finished processes
        return False
    return True


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _ps(pid: int, columns: str) -> str:
    done = subprocess.run(["ps", "-p", str(pid), "-o", columns], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout.strip()
