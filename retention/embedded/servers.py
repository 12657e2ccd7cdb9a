"""Both servers together, or the ones the environment names: the way into this room.

Does not know roles: whoever starts servers makes them with `Servers.admin_url` and hands out what they need.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from retention.embedded import CannotStartError, postgres, valkey
from retention.embedded.finding import find_postgres, find_valkey
from retention.embedded.watching import Guardian

DATABASE_NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_INGEST_URL")
_PREFIX = "boomerang-"


@dataclass
class Servers:
    """What runs and how to reach it.

    admin_url: the administrator's address when PostgreSQL is ours; None when the environment names another server.
    database_urls: by variable name, only when the environment names them. labels: which servers were taken, in words.
    """

    admin_url: str | None
    database_urls: dict[str, str]
    redis_url: str
    labels: list[str]
    _ending: ExitStack

    def stop(self) -> None:
        """End the servers that are ours and remove the socket folder."""
        self._ending.close()


def start_servers(folder: Path, *, logs: Path, durable: bool, environ: Mapping[str, str], guardian: Guardian) -> Servers:
    """Start PostgreSQL over folder/postgres and Valkey over folder/valkey, unless the environment names others.

    durable: False is for tests, whose data nobody misses after a power cut.
    """
    urls = {name: environ[name] for name in DATABASE_NAMES if environ.get(name)}
    missing = [name for name in DATABASE_NAMES if name not in urls]
    if urls and missing:
        raise CannotStartError(f"{', '.join(urls)} is set, so {', '.join(missing)} must be set too, or none of them.")
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        sockets = stack.enter_context(socket_folder(record=folder / "sockets", guardian=guardian))
        admin_url, redis_url, labels = None, environ.get("REDIS_URL", ""), []
        if urls:
            labels.append("PostgreSQL (from DATABASE_URL)")
        else:
            server = postgres.start_postgres(
                find_postgres(environ),
                data=folder / "postgres",
                sockets=sockets,
                log=logs / "postgres.log",
                durable=durable,
                guardian=guardian,
            )
            stack.callback(server.stop)
            labels.append(server.label)
            admin_url = server.admin_url
        if redis_url:
            labels.append("Valkey (from REDIS_URL)")
        else:
            cache = valkey.start_valkey(
                find_valkey(environ),
                data=folder / "valkey",
                sockets=sockets,
                log=logs / "valkey.log",
                durable=durable,
                guardian=guardian,
            )
            stack.callback(cache.stop)
            labels.append(cache.label)
            redis_url = cache.url
        return Servers(admin_url, urls, redis_url, labels, stack.pop_all())


def end_leftovers(folder: Path) -> None:
    """End servers that still run over this folder after everything above them was killed. Needs the lock."""
    valkey.end_leftover(folder / "valkey")
    postgres.end_leftover(folder / "postgres")
    _remove_sockets(folder / "sockets")


@contextmanager
def socket_folder(*, record: Path, guardian: Guardian) -> Iterator[Path]:
    """Make a folder for sockets, closed to others, with a path short enough for one (about 100 bytes); remove it after.

    record: a file that keeps the folder's name, so that the next start removes what a killed one left.
    """
    _remove_sockets(record)
    place = tempfile.gettempdir()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place if len(place) < 60 else "/tmp"))  # noqa: S108
    guardian.sweep(folder)
    record.write_text(f"{folder}\n")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        record.unlink(missing_ok=True)


def _remove_sockets(record: Path) -> None:
    left = Path(record.read_text().strip()) if record.exists() else None
    if left and left.name.startswith(_PREFIX):
        shutil.rmtree(left, ignore_errors=True)


def lock(folder: Path) -> int | None:
    """Take the folder for this process; return the lock's file descriptor, or None when another process has it.

    The lock lasts until every process that holds the descriptor has ended: hand it to the guardian.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise CannotStartError(
            f"The folder {folder} belongs to another user; start Boomerang as that user, or use a copy of your own. Nothing was changed."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def guarded(descriptor: int) -> Iterator[Guardian]:
    """Run a block under a guardian that holds the lock; at the end send it home and give the lock back."""
    guardian = Guardian(keep_open=(descriptor,))
    try:
        yield guardian
    finally:
        guardian.dismiss()
        os.close(descriptor)
