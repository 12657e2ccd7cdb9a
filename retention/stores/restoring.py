"""Reading a backup back into an empty database, which then sends nothing until an operator confirms (P17).

Until the last step no role but the owner may touch a table, so a worker that is already running cannot send.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from retention.kit.register import Register
from retention.notices.models import Notice
from retention.stores.backing_up import DUMP, FORMAT, MANIFEST, BackupError, Manifest, connect, count_rows, digest_of, run_tool
from retention.stores.models import PlatformState

AfterRestore = Callable[[Path, datetime], str]
# What must be done before a restored store opens, by rooms above; each takes the backup's folder and says in a sentence what it did.
after_restore: Register[AfterRestore] = Register("deed after a restore")
_OPEN = (Notice.State.READY, Notice.State.SENDING)


def read_manifest(folder: Path) -> Manifest:
    """Return a backup's manifest; BackupError when the folder is no whole backup or its dump was changed."""
    if not (folder / MANIFEST).is_file() or not (folder / DUMP).is_file():
        raise BackupError(f"{folder} is not a backup: it must hold {MANIFEST} and {DUMP}.")
    found = json.loads((folder / MANIFEST).read_text())
    if found.get("format") != FORMAT:
        raise BackupError(f"{folder} has format {found.get('format')}, and this release reads format {FORMAT}.")
    manifest = Manifest(**found)
    if digest_of(folder / DUMP) != manifest.sha256:
        raise BackupError(f"{folder / DUMP} is not what was written: its SHA-256 differs from the manifest. Use another backup.")
    return manifest


def restore(folder: Path, *, alias: str, now: datetime) -> Manifest:
    """Restore a backup into the empty database of a connection, as owner; return its manifest.

    Messages are held until `resume_sending`; mail the product owed someone counts as unknown and is never sent again.
    """
    manifest = read_manifest(folder)
    database = connections[alias].settings_dict
    _refuse_newer(manifest)
    _refuse_unless_empty(database)
    options = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", f"--dbname={database['NAME']}")
    run_tool("pg_restore", *options, str(folder / DUMP), database=database)
    _compare(manifest, database=database)
    reason = f"restored from the backup of {manifest.made_at}"
    call_command(migrate.Command(), database=alias, interactive=False, verbosity=0)  # Django's own, which grants nothing
    PlatformState.stop_sending(reason=reason, now=now, using=alias)
    Notice.objects.using(alias).filter(state__in=_OPEN).update(state=Notice.State.UNKNOWN, error=reason[:300])
    call_command("migrate", database=alias, interactive=False, verbosity=0)
    return manifest


def _refuse_newer(manifest: Manifest) -> None:
    known = {".".join(key) for key in MigrationLoader(None).disk_migrations}
    unknown = sorted(set(manifest.migrations) - known)
    if unknown:
        raise BackupError(f"The backup was made by a newer release (it knows {unknown[0]}). Install that release first.")


def _refuse_unless_empty(database: Mapping[str, Any]) -> None:
    connection = connect(database)
    try:
        tables = count_rows(connection)
    finally:
        connection.close()
    if tables:
        raise BackupError(f"The database {database['NAME']} is not empty. Restore into a new one; nothing was changed.")


def _compare(manifest: Manifest, *, database: Mapping[str, Any]) -> None:
    connection = connect(database)
    try:
        found = count_rows(connection)
    finally:
        connection.close()
    wrong = sorted(table for table in manifest.rows | found if manifest.rows.get(table) != found.get(table))
    if wrong:
        raise BackupError(f"{wrong[0]} holds {found.get(wrong[0])} rows, and the manifest says {manifest.rows.get(wrong[0])}.")
