"""Processor time and memory of whole process trees, read from /proc: what a server really costs, helpers included."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PARENT, _USED, _LEFT, _RESIDENT = 1, slice(11, 13), slice(13, 15), 21  # places in /proc/PID/stat after the name, see proc(5)


def parent_of(pid: int) -> int:
    """Return the number of the process that started this one; the postmaster, for a backend of PostgreSQL."""
    fields = _stat(pid)
    if fields is None:
        raise RuntimeError(f"There is no process {pid} here; the benchmark needs its servers on this machine.")
    return int(fields[_PARENT])


def cpu_seconds(*roots: int) -> float:
    """Return the processor time of these processes, all that descend from them, and those of them that ended."""
    total = 0.0
    for pid in tree(roots):
        fields = _stat(pid)
        if fields is not None:
            total += max(sum(map(int, fields[_USED])) / _TICKS, _scheduled(pid)) + sum(map(int, fields[_LEFT])) / _TICKS
    return total


def children_seconds(pid: int) -> float:
    """Return the processor time of all that descends from a process, also of what ended, without its own."""
    found = {child: fields for child in tree((pid,)) if (fields := _stat(child)) is not None}
    ended = sum(map(int, found[pid][_LEFT])) / _TICKS
    return ended + cpu_seconds(*[child for child, fields in found.items() if int(fields[_PARENT]) == pid])


def _scheduled(pid: int) -> float:
    """Return the seconds its living threads ran, in nanoseconds' steps; the usual figures are cut to hundredths of a second."""
    try:
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in Path(f"/proc/{pid}/task").iterdir()) / 1e9
    except OSError:
        return 0.0


def resident_bytes(root: int) -> int:
    """Return the memory held by a process and all that descend from it."""
    return sum(int(fields[_RESIDENT]) * _PAGE for pid in tree((root,)) if (fields := _stat(pid)) is not None)


def shared_once_bytes(root: int) -> int:
    """Return the memory held by a process and all that descend from it; of a page that several processes share, each has its part."""
    found = 0
    for pid in tree((root,)):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        found += sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
    return found


def tree(roots: tuple[int, ...]) -> Iterator[int]:
    """Yield these processes and all that descend from them."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        fields = _stat(int(entry)) if entry.isdigit() else None
        if fields is not None:
            children.setdefault(int(fields[_PARENT]), []).append(int(entry))
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children.get(pid, [])


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()
