"""A real web server for tests: granian on loopback, in a process of its own, on this worker's test database.

A test that uses it commits, so it is marked `django_db(transaction=True)`. Starting one costs seconds, so the tests of a process that
ask for the same environment share one; it keeps nothing of a test but connections. Who needs ports or folders of the test's own in the
environment starts one for itself with `serve_application`.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 120  # on a machine that does much else
_shared: dict[frozenset[tuple[str, str]], "Served"] = {}
_ending = ExitStack()


def free_port() -> int:
    """Return a port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Served:
    """A running server: its address, and the number of the process that leads it."""

    url: str
    port: int
    pid: int


@contextmanager
def serve(**environment: str) -> Iterator[str]:
    """Yield the address of the web server on this process's test database with this environment, by keyword, beside the usual one."""
    wanted = frozenset(environment.items())
    if wanted not in _shared:
        _shared[wanted] = _ending.enter_context(serve_application("retention.wsgi:application", environment=environment))
    yield _shared[wanted].url


def end_shared() -> None:
    """End the servers that tests of this process shared."""
    _shared.clear()
    _ending.close()


@contextmanager
def serve_application(
    name: str, *, threads: int = 24, workers: int = 1, port: int = 0, environment: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """Start granian on one WSGI application with this process's environment and yield where it is."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(workers), "--blocking-threads", str(threads), "--no-ws", "--log-level", "error", name]
    usual = {"SITE_URL": url, "ALLOWED_HOSTS": "127.0.0.1,localhost", "FETCH_ALLOWED_PORTS": str(port)}
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **usual, **(environment or {})})
    try:
        _wait_for(f"{url}/healthz", process)
        yield Served(url, port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The web server ended with {process.returncode} before it answered.")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"The web server did not answer within {START_SECONDS} seconds.")
