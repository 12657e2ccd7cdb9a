"""One PostgreSQL server over one data folder: make it, start it, stop it.

Reached only by a unix socket in a private folder, with scram passwords. Knows no role but its own administrator.
"""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from retention.embedded import CannotStartError, identity, making, processes
from retention.embedded.finding import Program
from retention.embedded.identity import Identity
from retention.embedded.watching import Guardian

ADMIN = "boomerang_admin"
MAX_CONNECTIONS = 200
_FIXED = {
    "listen_addresses": "",
    "max_connections": str(MAX_CONNECTIONS),
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "logging_collector": "off",
    # A refused row or statement would stand in the log with everything a person said in it.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "5min"}
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass
class Postgres:
    """A running server."""

    program: Program
    process: "subprocess.Popen[bytes]"
    sockets: Path
    password: str
    guardian: Guardian

    @property
    def label(self) -> str:
        """Return the words that say which server was taken."""
        return f"PostgreSQL {self.program.version} ({self.program.origin})"

    @property
    def admin_url(self) -> str:
        """Return the administrator's address of the maintenance database."""
        return f"postgres://{ADMIN}:{self.password}@/postgres?host={quote(str(self.sockets))}"

    def stop(self) -> None:
        """End the server in good order."""
        processes.end_group(self.process.pid, first=signal.SIGINT, grace_seconds=20)
        self.process.wait()
        self.guardian.forget(self.process.pid)


def start_postgres(program: Program, *, data: Path, sockets: Path, log: Path, durable: bool, guardian: Guardian) -> Postgres:
    """Start the server over `data`, which is made when it is not there; a server left over from a crash is ended first.

    sockets: a private folder, see `servers.socket_folder`; under root it may become another user's.
    durable: False gives up safety against power cuts for speed, which is right for tests only.
    """
    with making.in_words(data):
        data.parent.mkdir(parents=True, exist_ok=True)
        log.parent.mkdir(parents=True, exist_ok=True)
        who = identity.choose(program=program.path, folder=data.parent)
        _own(data, who)
        end_leftover(data)
        os.chown(sockets, who.uid, who.gid)
        password = _password(data)
        if not (data / "PG_VERSION").exists():
            _make(program, data=data, sockets=sockets, log=log, password=password, who=who, durable=durable)
    _check_version(program, data=data)
    values = _FIXED | ({} if durable else _FORGETFUL) | {"unix_socket_directories": str(sockets)}
    process = _run(program, data=data, log=log, who=who, values=values)
    guardian.watch(process.pid, first=signal.SIGINT, grace_seconds=20)
    server = Postgres(program=program, process=process, sockets=sockets, password=password, guardian=guardian)
    if not processes.wait_until(lambda: _answers(data, process), seconds=60) or process.poll() is not None:
        server.stop()
        raise CannotStartError(f"PostgreSQL did not start over {data}; the reason is at the end of {log}.")
    return server


def _own(folder: Path, who: Identity) -> None:
    if folder.is_symlink() and not folder.exists():
        raise CannotStartError(f"{folder} is a link to {folder.resolve()}, which is not there; is its disk missing? Nothing was changed.")
    folder.mkdir(mode=0o700, exist_ok=True)
    identity.take_over(folder, identity=who)


def _password(data: Path) -> str:
    path = data.with_name(data.name + ".password")
    if not path.exists():
        if (data / "PG_VERSION").exists():
            raise CannotStartError(f"{path} is missing, and {data} does not open without it; put it back.")
        write_secret(path, secrets.token_urlsafe(24))
    return path.read_text().strip()


def write_secret(path: Path, text: str) -> None:
    """Write a file that only this user can read, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.touch(mode=0o600)
    fresh.write_text(text + "\n")
    fresh.replace(path)


def _make(program: Program, *, data: Path, sockets: Path, log: Path, password: str, who: Identity, durable: bool) -> None:
    def tell(sentence: str) -> None:
        with log.open("a") as output:
            output.write(f"{sentence}\n")

    secret = sockets / "password"
    write_secret(secret, password)
    os.chown(secret, who.uid, who.gid)
    try:
        initdb = partial(_initdb, program, secret=secret, log=log, who=who, durable=durable)
        making.make_whole(data, who=who, fill=initdb, tell=tell)
    finally:
        secret.unlink()


def _initdb(program: Program, data: Path, *, secret: Path, log: Path, who: Identity, durable: bool) -> None:
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    if program.major < 17:  # the builtin provider came with 17; plain C would not fold letters outside ASCII
        locale = ["--locale=C.UTF-8"]
    arguments = ["--username", ADMIN, "--pwfile", str(secret), "--auth=scram-sha-256", "--encoding=UTF8", *locale]
    arguments += [] if durable else ["--no-sync"]
    initdb = [*who.prefix, str(program.path.with_name("initdb")), "-D", str(data), *arguments]
    with log.open("ab") as output:
        done = subprocess.run(initdb, stdout=output, stderr=output, env=_ENVIRONMENT, cwd="/", check=False)  # noqa: S603
    if done.returncode != 0:
        raise CannotStartError(f"PostgreSQL could not make its data folder {data}; the reason is at the end of {log}.")


def _check_version(program: Program, *, data: Path) -> None:
    found = (data / "PG_VERSION").read_text().strip()
    if found != str(program.major):
        raise CannotStartError(
            f"The data folder {data} was made by PostgreSQL {found}, but this is {program.major}; set BOOMERANG_PG_BIN "
            f"to the programs of version {found}, or move the folder away to begin anew. Nothing was changed."
        )


def _run(program: Program, *, data: Path, log: Path, who: Identity, values: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    settings = [part for name, value in values.items() for part in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603
            [*who.prefix, str(program.path), "-D", str(data), *settings],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )


def _answers(data: Path, process: "subprocess.Popen[bytes]") -> bool:
    """Say whether waiting is over: the server wrote "ready" to its pid file, as pg_ctl reads it, or it has ended."""
    if process.poll() is not None:
        return True
    lines = _pid_file(data)
    return len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready"


def end_leftover(data: Path) -> None:
    """End a server that still runs over this folder after its parent was killed; drop a stale pid file."""
    lines = _pid_file(data)
    if not lines:
        return
    pid = int(lines[0])
    arguments = processes.command(pid)
    if str(data) in arguments and any("postgres" in part for part in arguments[:1]):
        processes.end_group(pid, first=signal.SIGINT, grace_seconds=20)
    if processes.birth(pid) is None or str(data) not in processes.command(pid):
        (data / "postmaster.pid").unlink(missing_ok=True)  # else a reused number keeps the server from starting
    if len(lines) > 4 and Path(lines[4]).name.startswith("boomerang-"):
        shutil.rmtree(lines[4], ignore_errors=True)


def _pid_file(data: Path) -> list[str]:
    with suppress(FileNotFoundError):
        return (data / "postmaster.pid").read_text().splitlines()
    return []
