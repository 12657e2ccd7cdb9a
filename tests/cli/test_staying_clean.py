"""The product as a person runs it, on a terminal of its own: it comes up, survives blows, and leaves nothing behind.

By `./run serve`, which is the demo without its story; the story has tests of its own.
"""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from retention.cli import ports
from retention.embedded import processes
from retention.embedded.watching import ROOT
from tests.factories import STRONG_PASSWORD

pytestmark = pytest.mark.faults


class Terminal:
    """`./run WORD ...` as seen by somebody at a terminal."""

    def __init__(self, *arguments: str, var: Path) -> None:
        self._ours, theirs = pty.openpty()
        kept = ("PATH", "HOME", "LANG", "TMPDIR")
        environment = {name: os.environ[name] for name in kept if name in os.environ} | {"BOOMERANG_VAR": str(var)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "retention.cli", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            cwd=ROOT,
            start_new_session=True,
        )
        os.close(theirs)
        self.text = ""

    def read_until(self, pattern: str, *, seconds: float = 240) -> re.Match[str]:
        """Read on until the pattern shows; fail with everything seen when it does not."""
        limit = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text)):
            assert time.monotonic() < limit, self.text
            try:
                self.text += os.read(self._ours, 4096).decode()
            except OSError:  # the other end is closed
                found = re.search(pattern, self.text)
                assert found, self.text
                return found
        return found

    def close(self) -> None:
        """Make sure that the program is gone."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        os.close(self._ours)


@pytest.fixture(name="var")
def _var(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "va r"
    subprocess.run(
        [sys.executable, "-m", "retention.cli", "stop"],
        env={**os.environ, "BOOMERANG_VAR": str(tmp_path / "va r")},
        cwd=ROOT,
        check=True,
    )


def _leaders(var: Path) -> dict[str, int]:
    record = json.loads((var / "serve/run.json").read_text())
    return {leader["name"]: leader["pid"] for leader in record["leaders"]}


def _processes_of(var: Path) -> list[str]:
    """Return the command lines of everything that was started for this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes()
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if int(entry.name) != os.getpid() and (str(var) in line or f"VAR_DIR={var}/serve".encode() in environment):
            found.append(line)
    return found


def _url(terminal: Terminal) -> str:
    return terminal.read_until(r" Open (http://localhost:\d+)/")[1]


def _sign_up(url: str) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(f"{url}/accounts/signup/", timeout=10) as answer:
        [mark] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.read().decode())[:1]
    words = {"csrfmiddlewaretoken": mark, "name": "Nora Keller", "email": "nora@example.test", "password1": STRONG_PASSWORD}
    request = urllib.request.Request(f"{url}/accounts/signup/", urllib.parse.urlencode(words).encode(), {"Referer": url, "Origin": url})
    with browser.open(request, timeout=10) as answer:
        assert answer.url == f"{url}/accounts/confirm-email/"


def test_comes_up_and_ctrl_c_leaves_nothing(var: Path) -> None:
    terminal = Terminal("serve", var=var)
    url = _url(terminal)
    with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
        assert answer.status == 200
    again = subprocess.run(
        [sys.executable, "-m", "retention.cli", "serve"],
        env={**os.environ, "BOOMERANG_VAR": str(var)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (again.returncode, f"`./run serve` runs already at {url}" in again.stderr) == (1, True), again
    terminal.read_until("Ctrl-C stops all")
    _sign_up(url)
    link = terminal.read_until(r"Mail to nora@example\.test: Is this your address\?\s+(http://localhost:\d+/accounts/confirm-email/\S+)")[1]
    assert link.startswith(f"{url}/")
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert "Is this your address?" in answer.read().decode()
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.process.wait(timeout=60) == 130
    assert processes.wait_until(lambda: not _processes_of(var), seconds=5), _processes_of(var)
    terminal.close()


def test_a_killed_run_leaves_nothing_and_starts_again(var: Path) -> None:
    first = Terminal("serve", var=var)
    _url(first)
    first.process.kill()
    first.close()
    second = Terminal("serve", var=var)
    _url(second)
    assert sum("/bin/postgres -D" in line for line in _processes_of(var)) == 1
    second.read_until("Ctrl-C stops all")
    second.process.send_signal(signal.SIGINT)
    second.close()
    assert processes.wait_until(lambda: not _processes_of(var), seconds=5), _processes_of(var)


def test_a_killed_run_ends_by_itself(var: Path) -> None:
    terminal = Terminal("serve", var=var)
    _url(terminal)
    assert len(_processes_of(var)) > 5
    terminal.process.kill()
    terminal.close()
    assert processes.wait_until(lambda: not _processes_of(var), seconds=40), _processes_of(var)


def test_stop_clears_what_lost_its_guardian_too(var: Path) -> None:
    terminal = Terminal("serve", var=var)
    _url(terminal)
    guardians = [entry for entry in Path("/proc").glob("[0-9]*") if _is_guardian_of(entry, terminal.process.pid)]
    for entry in guardians:
        os.kill(int(entry.name), signal.SIGKILL)
    terminal.process.kill()
    terminal.close()
    assert len(guardians) == 1
    assert _processes_of(var)
    stop = [sys.executable, "-m", "retention.cli", "stop"]
    subprocess.run(stop, env={**os.environ, "BOOMERANG_VAR": str(var)}, cwd=ROOT, check=True)
    assert processes.wait_until(lambda: not _processes_of(var), seconds=5), _processes_of(var)


def _is_guardian_of(entry: Path, pid: int) -> bool:
    try:
        parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
    except OSError:
        return False
    return parent == str(pid) and "retention.embedded.watching" in processes.command(int(entry.name))


def test_a_dead_service_is_started_again(var: Path) -> None:
    terminal = Terminal("serve", "--workers", "2", var=var)
    _url(terminal)
    for name in ("worker", "worker-2", "web"):
        before = _leaders(var)[name]
        os.kill(before, signal.SIGKILL)
        assert processes.wait_until(lambda: _leaders(var)[name] != before, seconds=20)  # noqa: B023
    terminal.process.send_signal(signal.SIGTERM)
    terminal.close()
    assert processes.wait_until(lambda: not _processes_of(var), seconds=5), _processes_of(var)


def test_a_taken_port_picks_the_next_one_and_says_so(var: Path) -> None:
    import socket

    with socket.socket() as other:
        wanted = ports.free_port(8600)
        other.bind((ports.HOST, wanted))
        other.listen()
        terminal = Terminal("serve", "--port", str(wanted), var=var)
        terminal.read_until(rf"port {wanted} is taken, using \d+")
        assert int(_url(terminal).rsplit(":", 1)[1]) > wanted
        terminal.close()
    assert not _processes_of(var)
