"""Telling PostgreSQL how large a young table has become, before thousands of rows point at it.

The plan of a foreign key's check is made once and kept. Made while the table looks empty, it may walk an index by the store alone, which
costs a hundred times more per row; autovacuum would mend it a minute later. Only the owner may ANALYZE, so the app calls a function of the
owner's, which does nothing once the table is known to be large. Measured: 100 to 210 microseconds a check of such a plan.
"""

from collections.abc import Iterator

from django.db import connection, models

from retention.tenancy.roles import role_name

KNOWN_FROM = 2_000
MANY = 100
_FUNCTION = """
    CREATE OR REPLACE FUNCTION boomerang_know_table(name text, known_from bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $body$
    BEGIN
        IF (SELECT reltuples FROM pg_class WHERE oid = name::regclass) < known_from THEN
            EXECUTE format('ANALYZE %s', name::regclass);
        END IF;
    END $body$
"""


def statements() -> Iterator[str]:
    """Yield what makes the function, as owner; run by `migrate` with the grants."""
    yield _FUNCTION
    yield "REVOKE ALL ON FUNCTION boomerang_know_table(text, bigint) FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION boomerang_know_table(text, bigint) TO {role_name('app')}"


def know_table(model: type[models.Model], *, made: int) -> None:
    """Have a table's statistics taken if it is thought to be small; sees the caller's own uncommitted rows.

    made: how many rows the caller has just put in; after a few there is nothing to know, and a small shop never pays for it.
    """
    if made < MANY:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT boomerang_know_table(%s, %s)", [f'public."{model._meta.db_table}"', KNOWN_FROM])
