"""Emptying a database after a test that commits: only tables that hold something lose it, in milliseconds.

Django's own way truncates every table and makes all permissions anew, which took a third of a second a test on a busy machine. Where the
server is not ours there is no administrator to do it, and Django's way stays.
"""

import os
from typing import Any

import psycopg2
from django.db import connections
from django.test import TransactionTestCase

from retention.testing.running import ADMIN_VARIABLE, with_database

# Migrated, not filled by tests.
_KEPT = ["django_migrations", "django_content_type", "auth_permission"]
_EMPTY = """
    DO $body$
    DECLARE filled text;
    BEGIN
        FOR filled IN
            SELECT oid::regclass::text FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
                AND relname <> ALL(string_to_array(current_setting('boomerang.kept'), ' '))
        LOOP
            EXECUTE 'DELETE FROM ' || filled;
        END LOOP;
    END $body$
"""
_lines: list[Any] = []


def install() -> None:
    """Have Django's test cases empty the database this way, where there is an administrator."""
    if os.environ.get(ADMIN_VARIABLE):
        TransactionTestCase._fixture_teardown = _empty  # type: ignore[attr-defined]


def close() -> None:
    """Let go of the database, so that its owner can drop it."""
    while _lines:
        _lines.pop().close()


def administrator() -> Any:
    """Return the administrator's connection to this process's database, whose statements keys and triggers do not look at."""
    if not _lines or _lines[0].closed:
        close()
        _lines.append(psycopg2.connect(with_database(os.environ[ADMIN_VARIABLE], str(connections["default"].settings_dict["NAME"]))))
        _lines[0].autocommit = True
        with _lines[0].cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("SELECT set_config('boomerang.kept', %s, false)", [" ".join(_KEPT)])
    return _lines[0]


def _empty(_case: TransactionTestCase) -> None:
    """Delete every row a test may have left. The aliases are all the same database."""
    with administrator().cursor() as cursor:
        cursor.execute(_EMPTY)
