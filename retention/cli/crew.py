"""The product's own processes, each with its command line and how to see that it is up: web, worker, scheduler, inbox."""

import sys
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from retention.cli import ports

WORKER_THREADS = 8


@dataclass(frozen=True)
class Service:
    """A process to keep running.

    waits: it starts behind the gate, since its code touches the database. is_up: asked until it says yes.
    """

    name: str
    arguments: tuple[str, ...]
    is_up: Callable[[], bool]
    waits: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    grace_seconds: float = 35


def web(*, port: int, workers: int) -> Service:
    """Return the web server; `wsgi.py` lets fewer requests into Django than there are threads, so tracking never waits."""
    options = ["--interface", "wsgi", "--host", ports.HOST, "--port", str(port), "--workers", str(workers)]
    options += ["--blocking-threads", "24", "--no-ws", "--log-level", "error", "--workers-kill-timeout", "30"]
    return Service(
        name="web",
        arguments=(sys.executable, "-m", "granian", *options, "retention.wsgi:application"),
        is_up=lambda: _answers(f"http://localhost:{port}/healthz"),
    )


def worker(*, ready: Path, number: int = 1) -> Service:
    """Return a Celery worker. number: of several beside each other, which share nothing but the servers."""
    name = "worker" if number == 1 else f"worker-{number}"
    options = ["worker", "--pool", "threads", "--concurrency", str(WORKER_THREADS), "--loglevel", "WARNING"]
    options += ["--without-gossip", "--without-mingle", "--without-heartbeat", "--hostname", f"{name}@%h"]
    return _celery(name, options, ready=ready / name)


def scheduler(*, ready: Path) -> Service:
    """Return Celery beat; it only ticks at fixed intervals, and ticking twice or late changes nothing."""
    return _celery(
        "scheduler",
        ["beat", "--schedule", str(ready / "beat"), "--pidfile=", "--loglevel", "WARNING"],
        ready=ready / "scheduler",
    )


def inbox(*, port: int) -> Service:
    """Return the test inbox, which speaks SMTP and keeps what it receives in a folder."""
    return Service(
        name="inbox",
        arguments=(sys.executable, "-m", "retention.inbox"),
        is_up=lambda: ports.listens(port),
        grace_seconds=5,
    )


def _celery(name: str, options: list[str], *, ready: Path) -> Service:
    return Service(
        name=name,
        arguments=("celery", "-A", "retention.celery", "--quiet", *options),
        is_up=ready.exists,
        waits=True,
        environment={"BOOMERANG_READY_FILE": str(ready), "C_FORCE_ROOT": "1"},
    )


def _answers(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:  # also an answer that is no success
        return False
