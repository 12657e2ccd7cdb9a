"""The render processes of this worker: started when first needed, killed after a second without progress, started anew.

A hostile template costs its own message and nobody else's (S30, S33). What happens inside: `personalization/render_process.py`.
"""

import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from campaigns.personalization.render import CannotRender, Rendered

PATIENCE_SECONDS = 1.0
START_SECONDS = 20.0
_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = (sys.executable, "-m", "campaigns.personalization.render_process")


class Renderer:
    """One render process, used by one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._known: set[str] = set()

    def render(self, template: str, parts: Mapping[str, str], context: Mapping[str, Any]) -> Rendered | CannotRender:
        """Render one message. template: what identifies the parts for as long as the process lives."""
        process = self._running()
        job: dict[str, Any] = {"template": template, "context": context}
        if template not in self._known:
            job["parts"] = dict(parts)
        answer = self._ask(process, job, patience=PATIENCE_SECONDS)
        if answer is None:
            died = process.poll() is not None
            self.stop()
            if died:
                return CannotRender("template_too_big", "the render process ended")
            return CannotRender("template_too_slow", f"no progress within {PATIENCE_SECONDS:g} s")
        self._known.add(template)
        return CannotRender(**answer) if "reason" in answer else Rendered(**answer)

    def _ask(self, process: subprocess.Popen[bytes], job: dict[str, Any], *, patience: float) -> dict[str, Any] | None:
        if process.stdin is None or process.stdout is None:
            return None
        try:
            process.stdin.write(json.dumps(job).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            return None
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], patience)
            chunk = os.read(process.stdout.fileno(), 1 << 20) if ready else b""
            if not chunk:
                return None
            line += chunk
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.stop()
        if self._process is None:
            environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8"}
            self._known = set()
            self._process = subprocess.Popen(  # noqa: S603 - a fixed command
                _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_ROOT, env=environment
            )
            self._warm_up()
        return self._process

    def _warm_up(self) -> None:
        """Let the process load what it needs before a message's second begins to run."""
        if self._process is not None:
            parts = {"subject": "", "html": "", "text": ""}
            self._ask(self._process, {"template": "", "parts": parts, "context": {}}, patience=START_SECONDS)

    def stop(self) -> None:
        """Kill the process; the next message starts a new one."""
        if self._process is not None:
            self._process.kill()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            self._process.wait()
            self._process = None


_idle: list[Renderer] = []
_guard = threading.Lock()


@contextmanager
def renderer() -> Iterator[Renderer]:
    """Borrow a render process of this worker."""
    with _guard:
        borrowed = _idle.pop() if _idle else Renderer()
    try:
        yield borrowed
    finally:
        with _guard:
            _idle.append(borrowed)
