"""The guardian: one small process that ends our servers and services when their parent was killed.

The parent holds a pipe to it. When the pipe closes, the parent is dead, however it died: no polling, no mark that is lost
when a program changes its user. The guardian then ends each group still watched, and keeps the folder's lock meanwhile.
Standard library only: it runs as `python -m retention.embedded.watching`.
"""

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from retention.embedded import processes

ROOT = Path(__file__).resolve().parents[2]


class Guardian:
    """The parent's handle: name a process group to be ended after a crash, or take its name back."""

    def __init__(self, *, keep_open: Sequence[int] = ()) -> None:
        """Start the guardian. keep_open: file descriptors it holds open until it ends, usually the folder's lock."""
        self._keep_open = tuple(keep_open)
        self._watched: dict[object, str] = {}
        self._turn = threading.Lock()
        self._process = self._start()

    def watch(self, pid: int, *, first: int = signal.SIGTERM, grace_seconds: float = 10) -> None:
        """End the process group led by pid after this process dies; groups named later are ended earlier."""
        line = f"watch {pid} {processes.birth(pid) or '-'} {int(first)} {grace_seconds}"
        with self._turn:
            self._watched[pid] = line
            self._say(line)

    def forget(self, pid: int) -> None:
        """Leave this group alone: it has ended."""
        with self._turn:
            self._watched.pop(pid, None)
            self._say(f"forget {pid}")

    def sweep(self, folder: Path) -> None:
        """Remove this folder, if it is still there, when everything has ended."""
        with self._turn:
            self._watched[folder] = f"sweep {folder}"
            self._say(f"sweep {folder}")

    def check(self) -> None:
        """Start a new guardian when the old one was killed."""
        with self._turn:
            if self._process.poll() is not None:
                self._process = self._start()
                for line in self._watched.values():
                    self._say(line)

    def dismiss(self) -> None:
        """Send the guardian home; it first ends what is still watched."""
        with self._turn:
            if self._process.stdin:
                self._process.stdin.close()
            self._process.wait()

    def _start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-E", "-S", "-m", "retention.embedded.watching"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
            text=True,
            bufsize=1,
            start_new_session=True,
            pass_fds=self._keep_open,
        )

    def _say(self, line: str) -> None:
        if self._process.stdin and not self._process.stdin.closed:
            try:
                self._process.stdin.write(line + "\n")
            except BrokenPipeError:
                return  # it was killed; check() starts a new one and tells it everything


def main() -> None:
    """Read the parent's lines; when they end, end every group still watched, the latest first."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: dict[int, tuple[str, int, float]] = {}
    swept: list[str] = []
    for line in sys.stdin:
        match line.rstrip("\n").split(" "):
            case ["watch", pid, birth, first, grace]:
                watched[int(pid)] = (birth, int(first), float(grace))
            case ["forget", pid]:
                watched.pop(int(pid), None)
            case ["sweep", *path]:
                swept.append(" ".join(path))
    for pid, (birth, first, grace) in reversed(watched.items()):
        if processes.birth(pid) in {None, birth}:
            processes.end_group(pid, first=first, grace_seconds=grace)
    for folder in swept:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
