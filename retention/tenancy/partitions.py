"""Monthly partitions of the tables that only grow: made ahead by `migrate`, each with its parent's row-level security.

A model asks for them with `db_months = "<timestamp column>"`; its migration makes the parent with a default partition, so
that a month nobody made yet still has a place. No role has a grant on a partition: one read by its own name would show
every store.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

MONTHS_BACK = 3
MONTHS_AHEAD = 9
_PARTS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass"
_POLICIES = """
    SELECT format('CREATE POLICY %%I ON %%s FOR %%s TO %%s%%s%%s', polname, %s,
        CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
        (SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles WHERE oid = ANY(polroles)),
        ' USING (' || pg_get_expr(polqual, polrelid) || ')', ' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')')
    FROM pg_policy WHERE polrelid = %s::regclass
"""


def make_months(connection: BaseDatabaseWrapper, *, now: datetime) -> int:
    """Make the missing partitions around `now` for every model that asks for them, as owner; return how many were made."""
    made = 0
    with connection.cursor() as cursor:
        for model in apps.get_models():
            column = getattr(model, "db_months", "")
            if column:
                made += make_months_of(cursor, table=model._meta.db_table, column=column, now=now)
    return made


def make_months_of(cursor: CursorWrapper | Any, *, table: str, column: str, now: datetime, first: datetime | None = None) -> int:
    """Make one table's missing months, from `first` (else three months back) to nine ahead; rows of the default partition move in."""
    cursor.execute(_PARTS, [table])
    there = {name.strip('"') for (name,) in cursor.fetchall()}
    earliest = min(filter(None, (first, _month(now, -MONTHS_BACK))))
    wanted = [month for month in _months(earliest, _month(now, MONTHS_AHEAD)) if _name(table, month) not in there]
    for month in wanted:
        _make(cursor, table=table, column=column, month=month)
    return len(wanted)


def partition_of(table: str, moment: datetime) -> str:
    """Return the name of the partition for a moment, whether it is there or not."""
    return _name(table, _month(moment, 0))


def guard(cursor: CursorWrapper | Any, *, table: str, partition: str) -> None:
    """Switch row-level security on for a partition and give it its parent's policies."""
    cursor.execute(f'ALTER TABLE "{partition}" ENABLE ROW LEVEL SECURITY; ALTER TABLE "{partition}" FORCE ROW LEVEL SECURITY')
    cursor.execute(_POLICIES, [f'"{partition}"', table])
    for (statement,) in cursor.fetchall():
        cursor.execute(statement)


def _make(cursor: Any, *, table: str, column: str, month: datetime) -> None:
    """Make a month beside the table, move what lies in the default partition, and attach it; the indexes come with that."""
    name, end = _name(table, month), _next(month)
    cursor.execute(f'CREATE TABLE "{name}" (LIKE "{table}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)')
    cursor.execute(
        f'WITH moved AS (DELETE FROM "{table}_default" WHERE "{column}" >= %s AND "{column}" < %s RETURNING *) '  # noqa: S608 - names of our own models
        f'INSERT INTO "{name}" SELECT * FROM moved',
        [month, end],
    )
    cursor.execute(f'ALTER TABLE "{table}" ATTACH PARTITION "{name}" FOR VALUES FROM (%s) TO (%s)', [month, end])
    guard(cursor, table=table, partition=name)


def _name(table: str, month: datetime) -> str:
    return f"{table}_{month:%Y_%m}"


def _months(first: datetime, last: datetime) -> Iterator[datetime]:
    month = _month(first, 0)
    while month <= last:
        yield month
        month = _next(month)


def _month(moment: datetime, offset: int) -> datetime:
    """Return the start of the month `offset` months away, in UTC."""
    number = moment.astimezone(UTC).year * 12 + moment.astimezone(UTC).month - 1 + offset
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)


def _next(month: datetime) -> datetime:
    return _month(month, 1)
