"""Plans that stay good while a store grows faster than PostgreSQL's statistics.

The planner knows how many rows a store has only if it was among the largest when the table was last looked at; any other is thought to have
next to none, and then an index by the store alone looks as good as the right one, and a join over all of its rows better than a look-up.
Where most stores are small, it takes even a large one for small wherever it does not know which store is meant.
Four things help, all measured at 100 times and more:

- `(SELECT %s::bigint)` in place of `%s` for the store hides its number, so that the planner reckons with an average store;
- `said_to_be_few` for a statement that names each row it wants by a list: `id = ANY(list)` may read the whole store by an index of the
  store alone, and a join with the list may look through all of it for each row of the store;
- `find_by_keys` for batches of such statements, which turns the joins off that read a store whole;
- `know_table` and `know_month` for a table that looks empty because it is young: the plan of a foreign key's check is made once and kept.
  Only the owner may ANALYZE, so the app calls a function of the owner's, which does nothing once the table is known to be large.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from django.db import connection, models
from psycopg2.extensions import TRANSACTION_STATUS_INTRANS

from retention.tenancy.partitions import partition_of
from retention.tenancy.roles import AS_OWNER, role_name

KNOWN_FROM = 2_000
MANY = 100
_FUNCTION = """
    CREATE OR REPLACE FUNCTION boomerang_know_table(name text, known_from bigint) RETURNS void
    LANGUAGE plpgsql {as_owner} SET lock_timeout = '100ms' AS $body$
    BEGIN
        IF (SELECT reltuples FROM pg_class WHERE oid = to_regclass(name)) < known_from THEN
            EXECUTE format('ANALYZE %s', name::regclass);
        END IF;
    EXCEPTION WHEN lock_not_available THEN
        NULL;  -- somebody else has them taken at this moment
    END $body$
"""


def statements() -> Iterator[str]:
    """Yield what makes the function, as owner; run by `migrate` with the grants."""
    yield _FUNCTION.format(as_owner=AS_OWNER)
    yield "REVOKE ALL ON FUNCTION boomerang_know_table(text, bigint) FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION boomerang_know_table(text, bigint) TO {role_name('app')}"


def know_table(model: type[models.Model], *, made: int) -> None:
    """Have a table's statistics taken if it is thought to be small; sees the caller's own uncommitted rows.

    made: how many rows the caller has just put in; after a few there is nothing to know, and a small shop never pays for it.
    """
    if made < MANY:
        return
    _know(model._meta.db_table)


def know_month(model: type[models.Model], *, moment: datetime, met: int) -> None:
    """Do the same for the month of a partitioned table in which the caller met so many rows."""
    if met >= MANY:
        _know(partition_of(model._meta.db_table, moment))


def _know(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT boomerang_know_table(%s, %s)", [f'public."{table}"', KNOWN_FROM])


def find_by_keys() -> None:
    """Have the rest of this transaction look rows up one by one, by their keys; for batches that name each row they want.

    While the statistics of a growing store lag behind, a join over all rows of that store looks cheap to the planner and is not.
    """
    _may_join("off")


def said_to_be_few(column: str) -> str:
    """Return a condition that each number from nothing upwards meets, and of which the planner believes that next to none does.

    For a statement that names each row it wants by a list of ids: where most stores are small, the planner takes every store for small,
    reads all rows of a large one and looks through the whole list for each. Told that the list is short, it looks each row up by its key,
    which costs half a microsecond a row more than `ANY` does where PostgreSQL is right. Where an average store has two or three rows of a
    table, both ways look alike to it: then `CROSS JOIN LATERAL (SELECT what is needed ... WHERE the keys OFFSET 0)` helps beside this, and
    where it has hardly one, nothing. `tests/reads.py` shows whether a statement keeps to its rows.
    A negative number is left out. Do not use it where another index by what the statement names as well (an import, a journey) may look as
    short: measure the statement on many rows.
    column: the list's ids, as `told.id`, or the place of each text in a list WITH ORDINALITY; written by us and never by a user.
    """
    return f"{column} = abs({column}) AND {column} = {column} * 1"


def joining() -> AbstractContextManager[None]:
    """Leave the planner free again for statements that do not name each row they want, in such a transaction or any other."""
    return _joins("on")


def looking_up() -> AbstractContextManager[None]:
    """Do what `find_by_keys` does for some statements of a transaction and not for all that follow."""
    return _joins("off")


@contextmanager
def _joins(word: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_hashjoin")
        [before] = cursor.fetchone()
    _may_join(word)
    try:
        yield
    finally:
        if _takes_more():
            _may_join(before)


def _takes_more() -> bool:
    """Say whether a transaction is open and whole; in a broken one a further statement would hide why it broke.

    PostgreSQL knows: Django itself learns of a statement that failed only where its `atomic` ends.
    """
    kept = connection.connection
    return kept is not None and not connection.needs_rollback and kept.get_transaction_status() == TRANSACTION_STATUS_INTRANS


def _may_join(word: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL enable_{way} = {word}" for way in ("hashjoin", "mergejoin", "material")))
