"""The servers of one test run and the environment that points at them.

Data stays in var/test/<place> for speed; runs at the same time take different places. Nobody misses this data, so a
place that does not open is made anew. Databases are made in `databases.py`.
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg2
import pytest
from psycopg2 import sql

from retention.embedded import CannotStartError
from retention.embedded.servers import DATABASE_NAMES, Servers, guarded, lock, start_servers
from retention.embedded.watching import Guardian
from retention.tenancy.roles import make_roles, role_name

ROOT = Path(__file__).resolve().parents[2]
PLACES = 16
ADMIN_VARIABLE = "BOOMERANG_TEST_ADMIN_URL"
_FOREIGN = ("SECRET_KEY", "SITE_URL", "DEBUG", "BOOMERANG_CLOCK_FILE", "MAIL_URL", "INBOX_DIR", "INBOX_SMTP_URL")


@dataclass
class TestRun:
    """The servers that this run holds."""

    label: str
    _ending: ExitStack

    def stop(self) -> None:
        """Stop the servers that are ours."""
        self._ending.close()


def start() -> TestRun:
    """Start the servers in a free place, and put their addresses and the place into the environment."""
    try:
        with ExitStack() as stack:
            folder, descriptor = _free_place(ROOT / "var" / "test")
            guardian = stack.enter_context(guarded(descriptor))
            servers = _open(folder, guardian=guardian)
            stack.callback(servers.stop)
            urls = servers.database_urls or _make_owner_able(servers)
            os.environ[ADMIN_VARIABLE] = servers.admin_url or ""
            os.environ |= urls | {"REDIS_URL": servers.redis_url, "BOOMERANG_TEST_PLACE": str(folder)}
            label = f"{', '.join(servers.labels)} in {folder.relative_to(ROOT)}"
            return TestRun(label=label, _ending=stack.pop_all())
    except CannotStartError as error:
        pytest.exit(str(error), returncode=1)


def point_at(worker: str) -> None:
    """Point this process's environment at its own database, Valkey database and folder."""
    place = Path(os.environ["BOOMERANG_TEST_PLACE"])
    number = 0 if worker == "main" else int(worker.removeprefix("gw")) + 1
    for name in _FOREIGN:
        os.environ.pop(name, None)
    os.environ |= {name: with_database(os.environ[name], f"boomerang_test_{worker}") for name in DATABASE_NAMES}
    os.environ |= {
        "BOOMERANG_ENV": "test",
        "REDIS_URL": _with_number(os.environ["REDIS_URL"], 2 * number),
        "VAR_DIR": str(place / "files" / worker),
    }


def with_database(url: str, name: str) -> str:
    """Return the URL with another database's name."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _free_place(folder: Path) -> tuple[Path, int]:
    for number in range(PLACES):
        descriptor = lock(folder / str(number))
        if descriptor is not None:
            return folder / str(number), descriptor
    raise CannotStartError(f"{PLACES} test runs use {folder} already; wait until one has ended.")


def _open(folder: Path, *, guardian: Guardian) -> Servers:
    def attempt(environ: Mapping[str, str]) -> Servers:
        return start_servers(folder, logs=folder / "log", durable=False, environ=environ, guardian=guardian)

    try:
        return attempt(os.environ)
    except CannotStartError:
        for left in folder.glob("postgres*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        return attempt(os.environ)


def _make_owner_able(servers: Servers) -> dict[str, str]:
    """Make the roles; here, and only here, the owner may also create databases. Drop what a killed run left."""
    if servers.admin_url is None:
        raise CannotStartError("The server has no administrator's address.")
    roles = make_roles(servers.admin_url, database="boomerang")
    connection = psycopg2.connect(servers.admin_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(role_name("owner"))))
        inherit = " WITH INHERIT TRUE" if connection.server_version >= 160000 else ""  # the role itself is NOINHERIT
        grant = sql.SQL("GRANT pg_signal_backend TO {}" + inherit)
        cursor.execute(grant.format(sql.Identifier(role_name("owner"))))  # to drop with FORCE
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'boomerang_test_%'")
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    connection.close()
    return dict(zip(DATABASE_NAMES, (roles["app"], roles["owner"], roles["ingest"]), strict=True))


def _with_number(url: str, number: int) -> str:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = dict(parse_qsl(parts.query)) | {"db": str(number)}
        return urlunsplit(parts._replace(netloc="", query=urlencode(query))).replace("unix:/", "unix:///", 1)
    return urlunsplit(parts._replace(path=f"/{number}"))
