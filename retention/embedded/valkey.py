"""One Valkey server over one folder: start it, stop it. Reached only by a unix socket in a private folder.

Never evicts: it carries work hints and caches with their own lifetimes, and a full memory must be seen, not hidden.
"""

import json
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from retention.embedded import CannotStartError, processes
from retention.embedded.finding import Program
from retention.embedded.watching import Guardian

DATABASES = 64  # the first is the product's; each test process takes its own


@dataclass
class Valkey:
    """A running server."""

    program: Program
    process: "subprocess.Popen[bytes]"
    sockets: Path
    guardian: Guardian

    @property
    def label(self) -> str:
        """Return the words that say which server was taken."""
        return f"Valkey {self.program.version} ({self.program.origin})"

    @property
    def url(self) -> str:
        """Return the address of database 0."""
        return f"unix://{self.sockets}/valkey.sock?db=0"

    def stop(self) -> None:
        """End the server in good order."""
        processes.end_group(self.process.pid, grace_seconds=10)
        self.process.wait()
        self.guardian.forget(self.process.pid)


def start_valkey(program: Program, *, data: Path, sockets: Path, log: Path, durable: bool, guardian: Guardian) -> Valkey:
    """Start the server; one left over from a crash is ended first.

    sockets: a private folder, see `servers.socket_folder`.
    durable: True appends every change to a file, synced each second, so that a restart loses a second at most.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    end_leftover(data)
    address = sockets / "valkey.sock"
    keep = ["--appendonly", "yes", "--appendfsync", "everysec"] if durable else ["--appendonly", "no"]
    options = ["--port", "0", "--unixsocket", str(address), "--unixsocketperm", "700", "--daemonize", "no"]
    options += ["--databases", str(DATABASES), "--maxmemory-policy", "noeviction", "--save", "", *keep]
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603
            [str(program.path), *options, "--dir", str(data)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=data,
            start_new_session=True,
        )
    guardian.watch(process.pid)
    _record(data).write_text(json.dumps({"pid": process.pid, "birth": processes.birth(process.pid)}))
    server = Valkey(program=program, process=process, sockets=sockets, guardian=guardian)
    if not processes.wait_until(lambda: process.poll() is not None or _answers(address), seconds=30) or (process.poll() is not None):
        server.stop()
        raise CannotStartError(f"Valkey did not start over {data}; the reason is at the end of {log}.")
    return server


def _answers(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        try:
            line.connect(str(address))
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def end_leftover(data: Path) -> None:
    """End a server that still runs over this folder after its parent was killed."""
    if not _record(data).exists():
        return
    left = json.loads(_record(data).read_text())
    if left["birth"] is not None and processes.birth(left["pid"]) == left["birth"]:
        processes.end_group(left["pid"])
    _record(data).unlink()


def _record(data: Path) -> Path:
    return data.with_name(data.name + ".running")
