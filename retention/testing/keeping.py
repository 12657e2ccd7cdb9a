"""Rows that many committing tests begin with and that cost much to make: made by the first, and put back for the next in milliseconds.

They are kept in this process's memory, so no dump of the database meets them. Sequences go on, so no new row takes the number of a kept
one.
"""

import io
import os

from psycopg2 import sql

from retention.testing.emptying import administrator
from retention.testing.running import ADMIN_VARIABLE

_FILLED = """
    SELECT here.relname, array_agg(attname::text ORDER BY attnum)
    FROM pg_class AS here JOIN pg_attribute ON attrelid = here.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(here.oid) > 0
        AND relname <> ALL(string_to_array(current_setting('boomerang.kept'), ' '))
    GROUP BY here.relname
"""
_kept: dict[str, list[tuple[sql.Composed, bytes]]] = {}


def possible() -> bool:
    """Say whether this run's server has an administrator, without whom nothing is kept."""
    return bool(os.environ.get(ADMIN_VARIABLE))


def keep(name: str) -> None:
    """Keep every committed row of this process's database under a name, in the place of what was kept under it before."""
    found = []
    with administrator().cursor() as cursor:
        cursor.execute(_FILLED)
        for table, columns in cursor.fetchall():
            place = sql.SQL("public.{} ({})").format(sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns)))
            rows = io.BytesIO()
            cursor.copy_expert(sql.SQL("COPY {} TO STDOUT").format(place), rows)
            if rows.tell():
                found.append((sql.SQL("COPY {} FROM STDIN").format(place), rows.getvalue()))
    _kept[name] = found


def put_back(name: str) -> None:
    """Save again what was kept under a name; the tables must be empty."""
    with administrator().cursor() as cursor:
        for statement, rows in _kept[name]:
            cursor.copy_expert(statement, io.BytesIO(rows))
