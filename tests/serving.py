"""A real web server for tests: granian on loopback, in a process of its own, on this worker's test database.

A test that uses it commits, so it is marked `django_db(transaction=True)`. Copy `serve` for another process of the product.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


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
def serve(*, threads: int = 24, **environment: str) -> Iterator[str]:
    """Start the web server on this process's test database and yield its address; more environment by keyword."""
    with serve_application("retention.wsgi:application", threads=threads, environment=environment) as served:
        yield served.url


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
    deadline = time.monotonic() + 30
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
    raise RuntimeError("The web server did not answer within 30 seconds.")
