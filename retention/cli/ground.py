"""The ground a word stands on: servers, roles, the environment that points at them, and a migrated database."""

import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from retention.cli import StepFailedError
from retention.cli.folders import VAR, Place
from retention.cli.stopping import clear_leftovers
from retention.embedded import processes
from retention.embedded.postgres import write_secret
from retention.embedded.servers import DATABASE_NAMES, Servers, guarded, lock, start_servers
from retention.embedded.watching import Guardian
from retention.tenancy.roles import make_roles

DATABASE = "boomerang"


@dataclass(frozen=True)
class Ground:
    """What runs below the product, and the variables the product reads to find it."""

    servers: Servers
    guardian: Guardian
    environment: dict[str, str]


@contextmanager
def held(place: Place) -> Iterator[Guardian]:
    """Take the place for this process, with a guardian; clear what a killed run left there.

    Raises StepFailedError with one sentence when another run has it.
    """
    descriptor = lock(place.folder)
    if descriptor is None and place.running() is None:
        descriptor = _wait_for_guardian(place)
    if descriptor is None:
        running = place.running()
        where = f" at {running['url']}" if running and running["url"] else ""
        raise StepFailedError(f"`./run {place.word}` runs already{where}; ./run stop ends it.")
    with guarded(descriptor) as guardian:
        clear_leftovers(place)
        me = os.getpid()
        place.write_record({"pid": me, "birth": processes.birth(me) or "", "url": "", "environment": {}, "leaders": []})
        try:
            yield guardian
        finally:
            place.record.unlink(missing_ok=True)


@contextmanager
def ground(place: Place, *, mode: str, durable: bool = True) -> Iterator[Ground]:
    """Start the servers over a place and make the roles; stop the servers at the end.

    mode: the value of BOOMERANG_ENV.
    """
    with held(place) as guardian:
        servers = start_servers(place.folder, logs=place.logs, durable=durable, environ=os.environ, guardian=guardian)
        try:
            yield Ground(servers, guardian, _environment(place, servers=servers, mode=mode))
        finally:
            servers.stop()


def set_up_django(*, log: Path) -> None:
    """Read the product's code in this process; what it logs here goes to a file, the screen belongs to the word."""
    import django

    django.setup()
    log.parent.mkdir(parents=True, exist_ok=True)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(log.open("a"))


def migrate() -> None:
    """Bring the database up to date as its owner, inside this process, after `set_up_django`."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def _environment(place: Place, *, servers: Servers, mode: str) -> dict[str, str]:
    urls = servers.database_urls
    if servers.admin_url:
        roles = make_roles(servers.admin_url, database=DATABASE)
        urls = dict(zip(DATABASE_NAMES, (roles["app"], roles["owner"], roles["ingest"]), strict=True))
    environment = {**os.environ, **urls, "BOOMERANG_ENV": mode, "REDIS_URL": servers.redis_url}
    environment |= {"VAR_DIR": str(place.folder), "INBOX_DIR": str(place.folder / "inbox")}
    if mode == "serve" and not environment.get("SECRET_KEY"):
        environment["SECRET_KEY"] = _secret_key()
    return environment


def _secret_key() -> str:
    path = VAR / "secret_key"
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(50))
    return path.read_text().strip()


def _wait_for_guardian(place: Place) -> int | None:
    """Wait for the guardian of a killed run, which holds the lock until it has ended everything."""
    taken: list[int] = []

    def attempt() -> bool:
        descriptor = lock(place.folder)
        if descriptor is not None:
            taken.append(descriptor)
        return bool(taken)

    processes.wait_until(attempt, seconds=60)
    return taken[0] if taken else None
