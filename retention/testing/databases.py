"""Each test process's own database, made as owner from a template that is kept between runs.

The template's name is a digest of everything that shapes the schema and its grants, so an unchanged tree migrates once.
Takes the place of pytest-django's `django_db_setup`, which would create and migrate through the app's login.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import pytest
from psycopg2 import errors, sql
from psycopg2.extensions import connection as Connection
from pytest_django import DjangoDbBlocker

from retention.tenancy.roles import role_name
from retention.testing import emptying
from retention.testing.running import ROOT, with_database

_PACKAGES = ("retention", "segments", "campaigns", "flashsales", "fulfillment")
_SHAPING = ("migrations", "models", "models.py", "tenancy", "settings.py", "incoming.py")
_TRIES = 3
_TURN = 70420001  # any number: the advisory lock of everybody who makes the template


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Make this process's database; drop it at the end, with every connection closed."""
    from django.db import connections

    name = connections["owner"].settings_dict["NAME"]
    with django_db_blocker.unblock():
        template = ensure_template()
        with _maintenance() as cluster:
            _create(cluster, name, template=template)
        _make_flushable()
    emptying.install()
    yield
    emptying.close()
    with django_db_blocker.unblock():
        connections.close_all()
        with _maintenance() as cluster:
            _drop(cluster, name)


def ensure_template() -> str:
    """Return the name of the migrated template database; make it first when this tree has none yet."""
    name = f"boomerang_template_{_digest()}"
    with _maintenance() as cluster, cluster.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_TURN])  # until the connection closes
        if not _exists(cluster, name):
            fresh = f"boomerang_test_fresh_{os.getpid()}"
            _create(cluster, fresh, template="template0")
            _migrate(fresh)
            _drop_templates(cluster)
            cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (fresh, name))))
    return name


def _digest() -> str:
    digest = hashlib.sha256((ROOT / "uv.lock").read_bytes())
    for path in sorted(path for package in _PACKAGES for path in (ROOT / package).rglob("*.py")):
        inside = path.relative_to(ROOT)
        if any(part in _SHAPING for part in inside.parts):
            digest.update(str(inside).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _migrate(database: str) -> None:
    from django.core.management import call_command
    from django.db import connections

    owner = connections["owner"]
    usual = owner.settings_dict["NAME"]
    owner.close()
    owner.settings_dict["NAME"] = database
    try:
        call_command("migrate", interactive=False, verbosity=0)
    finally:
        owner.close()
        owner.settings_dict["NAME"] = usual


def _make_flushable() -> None:
    """Let the app's login empty tables, which Django does after a test that commits; never granted outside tests."""
    from django.db import connections

    app = connections["default"].settings_dict["USER"] or role_name("app")
    with connections["owner"].cursor() as cursor:
        cursor.execute(f'GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO "{app}"')
    connections["owner"].close()


@contextmanager
def _maintenance() -> Iterator[Connection]:
    connection = psycopg2.connect(with_database(os.environ["DATABASE_OWNER_URL"], "postgres"))
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def _exists(cluster: Connection, name: str) -> bool:
    with cluster.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def _create(cluster: Connection, name: str, *, template: str) -> None:
    _drop(cluster, name)
    with cluster.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))


def _drop(cluster: Connection, name: str) -> None:
    """Drop a database with whoever is connected; autovacuum, which only a superuser may end by force, is ended by the plain words."""
    plain = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    for left in reversed(range(_TRIES)):
        for statement in (plain + sql.SQL(" WITH (FORCE)"), plain):
            try:
                with cluster.cursor() as cursor:
                    cursor.execute(statement)
            except (errors.InsufficientPrivilege, errors.ObjectInUse):
                if not left and statement is plain:
                    raise
            else:
                return


def _drop_templates(cluster: Connection) -> None:
    """Drop the templates of earlier trees, except one that another run copies at this moment."""
    with cluster.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'boomerang_template_%'")
        for (name,) in cursor.fetchall():
            try:
                cursor.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
            except errors.ObjectInUse:
                continue
