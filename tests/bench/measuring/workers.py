"""The product's own worker processes, as many as wanted, and what a scheduler does for the sending they do."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from campaigns.tasks import dispatch
from retention.celery import look
from retention.cli import crew
from retention.schedule import JOBS

START_SECONDS, END_SECONDS = 120.0, 40.0
TICK_SECONDS = next(job.every_seconds for job in JOBS if job.task == dispatch.name)


@contextmanager
def workers(count: int) -> Iterator[list[int]]:
    """Run so many workers, each with its threads, and give their process numbers."""
    processes: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory() as folder:
        services = [crew.worker(ready=Path(folder), number=number) for number in range(1, count + 1)]
        try:
            processes += [_start(service) for service in services]
            _until(lambda: all(service.is_up() for service in services), seconds=START_SECONDS, processes=processes)
            yield [process.pid for process in processes]
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            for process in processes:
                try:
                    process.wait(END_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()


def _start(service: crew.Service) -> "subprocess.Popen[bytes]":
    gate, opened = os.pipe()
    os.close(opened)
    command = [sys.executable, "-m", "retention.cli.child", str(gate), *service.arguments]
    process = subprocess.Popen(command, env=os.environ | service.environment, pass_fds=(gate,), start_new_session=True)
    os.close(gate)
    return process


def tick_until(done: Callable[[], bool], *, seconds: float) -> None:
    """Have a worker look what is due to be sent as often as the scheduler does, until everything is done."""
    until, tick = time.monotonic() + seconds, 0.0
    while not done():
        if time.monotonic() > until:
            raise RuntimeError("The workers did not send everything.")
        if time.monotonic() >= tick:
            tick = time.monotonic() + TICK_SECONDS
            look.apply_async(kwargs={"every": TICK_SECONDS}, expires=max(TICK_SECONDS, 5.0))
        time.sleep(0.1)


def _until(true: Callable[[], bool], *, seconds: float, processes: "list[subprocess.Popen[bytes]]") -> None:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until or any(process.poll() is not None for process in processes):
            raise RuntimeError("A worker does not start.")
        time.sleep(0.05)
