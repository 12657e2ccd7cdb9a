"""Keeps the services running: starts them together, restarts one that dies, ends them in order.

Every service leads a process group of its own, known to the guardian, so that nothing survives us. Which services there
are is in `crew.py`.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from retention.cli import StepFailedError
from retention.cli.crew import Service
from retention.cli.folders import ROOT, Leader, relative
from retention.embedded import processes
from retention.embedded.watching import Guardian

RESTARTS_PER_MINUTE = 5
BOOT_GRACE_SECONDS = 2  # granian's workers do not listen to signals before their code is read; nothing is lost by a kill then


@dataclass
class _Running:
    service: Service
    process: "subprocess.Popen[bytes]"
    up: bool = False

    @property
    def grace_seconds(self) -> float:
        return self.service.grace_seconds if self.up else BOOT_GRACE_SECONDS


class Supervisor:
    """The services of one run. Use it as a context: leaving it stops them all."""

    def __init__(self, *, guardian: Guardian, environment: Mapping[str, str], logs: Path, changed: Callable[[list[Leader]], None]) -> None:
        """changed: told the running process groups whenever they change."""
        self._guardian, self._environment, self._logs, self._changed = guardian, environment, logs, changed
        self._running: dict[str, _Running] = {}
        self._deaths: dict[str, list[float]] = {}
        self._turn = threading.RLock()
        self._leaving = threading.Event()
        self._tender: threading.Thread | None = None
        self._gate_out, self._gate_in = os.pipe()
        self.failure: str | None = None

    def __enter__(self) -> "Supervisor":
        """Enter the run."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop every service, the first started first, so that nothing new arrives while work ends."""
        self._leaving.set()
        if self._tender:
            self._tender.join()
        with self._turn:
            for running in self._running.values():
                _ask_to_end(running)
            for running in self._running.values():
                self._end(running)
            self._running.clear()
        self.open_gate()
        os.close(self._gate_out)

    def start(self, service: Service) -> None:
        """Start a service; it is up when `wait_for` says so."""
        with self._turn:
            command = [sys.executable, "-m", "retention.cli.child", str(self._gate_out)] if service.waits else []
            self._logs.mkdir(parents=True, exist_ok=True)
            with self._log(service.name).open("ab") as log:
                process = subprocess.Popen(  # noqa: S603
                    [*command, *service.arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**self._environment, **service.environment},
                    cwd=ROOT,
                    start_new_session=True,
                    pass_fds=(self._gate_out,) if service.waits else (),
                )
            running = _Running(service, process)
            self._guardian.watch(process.pid, grace_seconds=running.grace_seconds)
            self._running[service.name] = running
            self._changed(self._leaders())

    def open_gate(self) -> None:
        """Let the waiting services in: the database is ready."""
        if self._gate_in >= 0:
            os.close(self._gate_in)
            self._gate_in = -1

    def wait_until_up(self, *, seconds: float) -> None:
        """Wait until every service is up. Raises StepFailedError naming the one that is not, and its log."""
        limit = time.monotonic() + seconds
        waiting = dict(self._running)
        while waiting:
            for name, running in list(waiting.items()):
                if running.process.poll() is not None:
                    raise StepFailedError(f"The {name} ended while starting; the reason is in {self.log_of(name)}.")
                if self._see_whether_up(running):
                    del waiting[name]
            if waiting and time.monotonic() > limit:
                names = " and the ".join(waiting)
                raise StepFailedError(f"The {names} did not start within {seconds:.0f} seconds; see {self.log_of(next(iter(waiting)))}.")
            time.sleep(0.05)

    def tend(self) -> None:
        """From now on restart a service that dies. One that keeps dying sets `failure` and is left alone."""
        self._tender = threading.Thread(target=self._tend, name="tender", daemon=True)
        self._tender.start()

    def pid_of(self, name: str) -> int:
        """Return the process number of a service's leader."""
        with self._turn:
            return self._running[name].process.pid

    def log_of(self, name: str) -> str:
        """Return the path of a service's log, as seen from the project's folder."""
        return relative(self._log(name))

    def _tend(self) -> None:
        while not self._leaving.wait(0.3):
            self._guardian.check()
            with self._turn:
                for name, running in list(self._running.items()):
                    if running.process.poll() is not None and not self._leaving.is_set():
                        self._revive(name, running)
                    else:
                        self._see_whether_up(running)

    def _see_whether_up(self, running: _Running) -> bool:
        if not running.up and running.service.is_up():
            running.up = True
            self._guardian.watch(running.process.pid, grace_seconds=running.grace_seconds)
        return running.up

    def _revive(self, name: str, running: _Running) -> None:
        self._end(running)
        del self._running[name]
        now = time.monotonic()
        recent = [moment for moment in self._deaths.get(name, []) if now - moment < 60]
        self._deaths[name] = [*recent, now]
        if len(recent) >= RESTARTS_PER_MINUTE:
            self.failure = f"The {name} keeps ending; the reason is in {self.log_of(name)}."
        else:
            self.start(running.service)

    def _end(self, running: _Running) -> None:
        processes.end_group(running.process.pid, grace_seconds=running.grace_seconds)
        running.process.wait()
        self._guardian.forget(running.process.pid)

    def _leaders(self) -> list[Leader]:
        pairs = [(name, running.process.pid) for name, running in self._running.items()]
        return [Leader(name=name, pid=pid, birth=processes.birth(pid) or "") for name, pid in pairs]

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"


def _ask_to_end(running: _Running) -> None:
    if running.process.poll() is None:
        running.process.terminate()
