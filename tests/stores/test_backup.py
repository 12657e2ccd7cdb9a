"""A tested restore: back a database with two stores up, restore it into another one, compare every table row by row."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from psycopg2 import sql
from pytest_django import DjangoDbBlocker

from retention.customers.models import Customer
from retention.kit.clock import now
from retention.notices.models import Notice
from retention.stores.backing_up import BackupError, back_up, connect
from retention.stores.models import AuditEntry, PlatformState
from retention.stores.restoring import read_manifest
from retention.tenancy.context import store_context
from retention.tenancy.unscoped import unscoped
from retention.testing.running import ROOT, with_database
from tests.campaigns.crowd import make_ready
from tests.campaigns.sink import smtp_sink
from tests.cast import lumen, other_store
from tests.tenancy.reflection import definer_faults

NOW = datetime(2026, 11, 20, 9, 12, tzinfo=UTC)
URLS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_INGEST_URL")
SEND_AND_RESUME = """
from django.core.management import CommandError, call_command
from campaigns.models import Message
from campaigns.sending.dispatch import dispatch_slice
from retention.kit.clock import now
from retention.stores.models import Store
from retention.tenancy.context import store_context

def send():
    with store_context(store.pk):
        print(dispatch_slice(store, channel="email", clock=now).reserved, *set(Message.objects.values_list("state", flat=True)))

store = Store.objects.get(slug="lumen")
send()
try:
    call_command("resume_sending")
except CommandError as refused:
    print(refused)
send()
call_command("resume_sending", "--yes")
call_command("resume_sending")
send()
"""
CHANGED_BY_RESTORE = {"notices_notice", "stores_platformstate", "django_migrations"}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def empty_database() -> Iterator[str]:
    """Make a second, empty database and drop it afterwards."""
    name = f"{settings.DATABASES['owner']['NAME']}_restored"
    cluster = psycopg2.connect(with_database(os.environ["DATABASE_OWNER_URL"], "postgres"))
    cluster.autocommit = True
    with cluster.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield name
    with cluster.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    cluster.close()


@pytest.fixture
def filled() -> None:
    """Fill two stores."""
    _fill()


@pytest.fixture(scope="module")
def first_backup(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill two stores, back them up once for the file, and empty the database."""
    with django_db_blocker.unblock():
        _fill()
        folder = back_up(tmp_path_factory.mktemp("first"), database=connections["owner"].settings_dict, now=NOW)
        TransactionTestCase("__init__")._fixture_teardown()  # type: ignore[attr-defined]
    return folder


@pytest.fixture
def backup(first_backup: Path, tmp_path: Path) -> Path:
    """A backup of two stores that are gone from this database, in a folder of the test's own."""
    return Path(shutil.copytree(first_backup, tmp_path / first_backup.name))


def _fill() -> None:
    for store in (lumen().store, other_store()[0]):
        with store_context(store.pk):
            for number in range(20):
                Customer.objects.create(first_name="Zoë", email=f"c{number}@{store.slug}.example.test", email_key=f"c{number}@{store.slug}")
            AuditEntry.write("store.created", store_id=store.pk, now=NOW)
            make_ready(3, now=now())
    Notice.objects.create(key="old", kind="reset", to="nora@example.test", subject="s", text="t")


def manage(database: str, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run a command against another database, as an operator would; more environment by keyword."""
    environment = dict(os.environ) | {name: with_database(os.environ[name], database) for name in URLS} | more
    return subprocess.run([sys.executable, ROOT / "manage.py", *words], env=environment, capture_output=True, text=True, check=False)


def row_hashes(database: str) -> dict[str, str]:
    """Return a digest of every table's rows."""
    connection = connect(connections["owner"].settings_dict | {"NAME": database})
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        tables = [name for (name,) in cursor.fetchall()]
        hashes = {}
        for table in tables:
            query = "SELECT coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), 'empty') FROM ONLY {} t"
            cursor.execute(sql.SQL(query).format(sql.Identifier(table)))
            (hashes[table],) = cursor.fetchone() or ("",)
    connection.close()
    return hashes


@pytest.mark.long
def test_a_restored_database_holds_the_same_rows_and_sends_nothing(filled: None, tmp_path: Path, empty_database: str) -> None:
    backup = back_up(tmp_path, database=connections["owner"].settings_dict, now=NOW)
    before = row_hashes(connections["owner"].settings_dict["NAME"])
    done = manage(empty_database, "restore", str(backup))
    assert done.returncode == 0, done.stderr
    assert "Nothing is sent until you confirm" in done.stdout
    after = row_hashes(empty_database)
    assert set(before) == set(after)
    assert before["customers_customer"] != "empty"
    assert {table for table in before if before[table] != after[table]} <= CHANGED_BY_RESTORE

    connection = connect(connections["owner"].settings_dict | {"NAME": empty_database})
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM notices_notice WHERE key = 'old'")
        assert cursor.fetchall() == [("unknown",)]
        cursor.execute("SELECT sending_stopped_at IS NOT NULL, reason FROM stores_platformstate")
        assert cursor.fetchall() == [(True, "restored from the backup of 2026-11-20T09:12:00+00:00")]
        cursor.execute("SELECT count(*) > 5 FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        assert cursor.fetchall() == [(True,)]
        assert definer_faults(cursor) == []
    connection.close()


@pytest.mark.long
def test_a_restored_copy_claims_nothing_until_somebody_confirms(backup: Path, empty_database: str) -> None:
    assert manage(empty_database, "restore", str(backup)).returncode == 0
    with smtp_sink() as (sink, port):
        inbox = {"INBOX_SMTP_URL": f"smtp://127.0.0.1:{port}"}
        done = manage(empty_database, "shell", "--no-imports", "-c", SEND_AND_RESUME, **inbox)
        assert done.returncode == 0, done.stderr
        before, *refused, still, resumed, again, after = done.stdout.splitlines()
        assert (before, still, after) == ("0 ready", "0 ready", "3 sent")
        assert "Confirm with --yes" in " ".join(refused)
        assert (resumed, again) == ("Messages that are due are sent from now on.", "Sending is not stopped.")
        assert len(sink.accepted) == 3


def test_refuses_a_database_that_is_not_empty(backup: Path, filled: None) -> None:
    name = connections["owner"].settings_dict["NAME"]
    before = row_hashes(name)
    done = manage(name, "restore", str(backup))
    assert done.returncode == 1
    assert "is not empty" in done.stderr
    assert row_hashes(name) == before


def test_refuses_a_changed_dump(backup: Path) -> None:
    with (backup / "database.dump").open("ab") as file:
        file.write(b"x")
    with pytest.raises(BackupError, match="is not what was written"):
        read_manifest(backup)


def test_refuses_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="is not a backup"):
        read_manifest(tmp_path)


def test_refuses_a_backup_of_a_newer_release(backup: Path, empty_database: str) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["migrations"].append("stores.9999_from_the_future")
    (backup / "manifest.json").write_text(json.dumps(manifest))
    done = manage(empty_database, "restore", str(backup))
    assert done.returncode == 1
    assert "newer release" in done.stderr
    assert row_hashes(empty_database) == {}


def test_a_failed_backup_leaves_nothing(tmp_path: Path) -> None:
    wrong = connections["owner"].settings_dict | {"NAME": "there_is_no_such_database"}
    with pytest.raises(psycopg2.OperationalError):
        back_up(tmp_path, database=wrong, now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_the_files_are_closed_to_others(first_backup: Path) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in (first_backup, *first_backup.iterdir())}
    assert modes == {first_backup.name: 0o700, "database.dump": 0o600, "manifest.json": 0o600}


def test_stopping_holds_until_it_is_resumed() -> None:
    assert PlatformState.sending_allowed() is True
    with unscoped(reason="test"):
        PlatformState.stop_sending(reason="test", now=NOW)
    assert PlatformState.sending_allowed() is False
    with unscoped(reason="test"):
        PlatformState.resume_sending()
    assert PlatformState.sending_allowed() is True
