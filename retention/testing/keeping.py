"""Rows that many committing tests begin with and that cost much to make: made by the first, and put back for the next in milliseconds.

They lie beside the tables, in a schema named for what they are, where `emptying.py` leaves them. Sequences go on, so no new row takes the
number of a kept one.
"""

import os

from psycopg2 import sql

from retention.testing.emptying import administrator
from retention.testing.running import ADMIN_VARIABLE

_KEEP = """
    DROP SCHEMA IF EXISTS {schema} CASCADE;
    CREATE SCHEMA {schema};
    DO $body$
    DECLARE
        filled text;
        count_of_rows bigint;
    BEGIN
        FOR filled IN
            SELECT relname FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
                AND relname <> ALL(string_to_array(current_setting('boomerang.kept'), ' '))
        LOOP
            EXECUTE format('CREATE UNLOGGED TABLE %I.%I AS TABLE public.%I', {name}, filled, filled);
            GET DIAGNOSTICS count_of_rows = ROW_COUNT;
            IF count_of_rows = 0 THEN
                EXECUTE format('DROP TABLE %I.%I', {name}, filled);
            END IF;
        END LOOP;
    END $body$
"""
_PUT_BACK = """
    DO $body$
    DECLARE
        one record;
    BEGIN
        FOR one IN
            SELECT here.relname AS name, string_agg(quote_ident(attname), ', ') AS columns
            FROM pg_class there
            JOIN pg_class here ON here.relname = there.relname AND here.relnamespace = 'public'::regnamespace
            JOIN pg_attribute ON attrelid = here.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
            WHERE there.relkind = 'r' AND there.relnamespace = {name}::regnamespace
            GROUP BY here.relname
        LOOP
            EXECUTE format('INSERT INTO public.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %I.%I',
                           one.name, one.columns, one.columns, {name}, one.name);
        END LOOP;
    END $body$
"""


def possible() -> bool:
    """Say whether this run's server has an administrator, without whom nothing is kept."""
    return bool(os.environ.get(ADMIN_VARIABLE))


def keep(name: str) -> None:
    """Keep every committed row of this process's database under a name, in the place of what was kept under it before."""
    _do(_KEEP, name)


def put_back(name: str) -> None:
    """Save again what was kept under a name; the tables must be empty."""
    _do(_PUT_BACK, name)


def _do(statements: str, name: str) -> None:
    schema = f"kept_{name}"
    with administrator().cursor() as cursor:
        cursor.execute(sql.SQL(statements).format(schema=sql.Identifier(schema), name=sql.Literal(schema)))
