"""Writing a backup: one folder with PostgreSQL's own dump and a manifest, complete or not there at all.

The rows are counted in the dump's snapshot. Copy `restoring.py` for the way back. Source: reliability guide P21.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2
from django.db.migrations.loader import MigrationLoader
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from retention.embedded.finding import find_postgres

DUMP = "database.dump"
MANIFEST = "manifest.json"
FORMAT = 1
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}


class BackupError(Exception):
    """The backup or the restore cannot be done; the message says why and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds, written beside the dump.

    migrations: the last one of every app. rows: by table, counted in the snapshot of the dump. sha256: of the dump.
    """

    format: int
    made_at: str
    server: str
    migrations: list[str]
    rows: dict[str, int]
    bytes: int
    sha256: str


def back_up(folder: Path, *, database: Mapping[str, Any], now: datetime) -> Path:
    """Dump a database into a new folder inside `folder`, as its owner, and return the new folder.

    database: Django's settings of the owner's connection. Nothing is left behind when it fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    finished = folder / f"boomerang-{now:%Y%m%d-%H%M%S}"
    if finished.exists():
        raise BackupError(f"{finished} is there already; wait a second and try again.")
    partial = finished.with_name(f".{finished.name}.{os.getpid()}.part")
    partial.mkdir(mode=0o700)
    try:
        manifest = _fill(partial / DUMP, database=database, now=now)
        _write(partial / MANIFEST, json.dumps(asdict(manifest), indent=2).encode())
        _settle(partial)
        partial.rename(finished)
    except BaseException:
        for left in partial.iterdir():
            left.unlink()
        partial.rmdir()
        raise
    _settle(folder)
    return finished


def connect(database: Mapping[str, Any]) -> Connection:
    """Open a plain connection with Django's settings of one."""
    connection: Connection = psycopg2.connect(**{name: value for name, value in _parts(database).items() if value})
    return connection


def run_tool(name: str, *arguments: str, database: Mapping[str, Any]) -> None:
    """Run one of PostgreSQL's own programs against a database; the password travels in the environment, never as argument."""
    program = find_postgres(os.environ).path.with_name(name)
    environment = {_VARIABLES[part]: str(value) for part, value in _parts(database).items() if value}
    environment |= {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise BackupError(f"{name} failed: {done.stderr.strip()[-500:]}")


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def count_rows(connection: Connection) -> dict[str, int]:
    """Return how many rows every table of the product holds."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = [name for (name,) in cursor.fetchall()]
        counts = {}
        for table in tables:
            cursor.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.Identifier(table)))
            (counts[table],) = cursor.fetchone() or (0,)
    return counts


def _fill(dump: Path, *, database: Mapping[str, Any], now: datetime) -> Manifest:
    connection = connect(database)
    try:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
            snapshot, server = cursor.fetchone() or ("", "")
        rows = count_rows(connection)
        arguments = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={dump}"]
        run_tool("pg_dump", *arguments, database=database)
    finally:
        connection.close()
    dump.chmod(0o600)
    last = [".".join(key) for key in MigrationLoader(None).graph.leaf_nodes()]
    return Manifest(FORMAT, now.isoformat(), server, last, rows, dump.stat().st_size, digest_of(dump))


def _parts(database: Mapping[str, Any]) -> dict[str, Any]:
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return {part: database[name] for part, name in names.items()}


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _settle(folder: Path) -> None:
    """Let the disk hold what was written before anybody relies on it."""
    for path in [*folder.glob("*.dump"), *folder.glob("*.json"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
