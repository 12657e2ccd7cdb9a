"""One transaction of the ingest role: keys, the events whose key was new, and a ring for each store's projection.

Each connection prepares its statements once, so no pooler that changes servers between transactions may stand between.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO

import psycopg2
from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import connection as Connection

from retention.intake.connecting import connect_for_ingest
from retention.intake.incoming import COPIED_FROM, COPY_INCOMING, MAKE_INCOMING, STORE_INCOMING, binary_of
from retention.intake.reading import Row
from retention.intake.statements import ring_statement, store_new_statement, store_statement, text_of

# One plan for one row and for thousands: the planner guesses a hundred rows, so a nested loop must not look cheap to it.
_PREPARE = f"""
    SET plan_cache_mode = force_generic_plan;
    SET work_mem = '16MB';
    SET enable_mergejoin = off;
    SET enable_nestloop = off;
    PREPARE store (jsonb) AS {store_statement("$1")};
    PREPARE store_new (jsonb) AS {store_new_statement("$1")};
    PREPARE ring (timestamptz, bigint[]) AS {ring_statement("$1", "$2")};
"""
_PREPARE_COPIES = f"{MAKE_INCOMING}; PREPARE store_incoming AS {STORE_INCOMING}"
_BELLS = "EXECUTE ring (%(due_at)s, %(stores)s::bigint[])"
_RING = f"SET LOCAL lock_timeout = '200ms'; {_BELLS}"  # then somebody holds a store's bell, for a long import say, and others must not wait
_STORE = f"BEGIN; EXECUTE store (%(rows)s); {_RING}; COMMIT"
_STORE_NEW = f"BEGIN; EXECUTE store_new (%(rows)s); {_RING}; COMMIT"
# The bell comes first: where it is held still, nothing was written that must be taken back.
_STORE_APART = f"BEGIN; SET LOCAL lock_timeout = '100ms'; {_BELLS}; SET LOCAL lock_timeout TO DEFAULT; EXECUTE store (%(rows)s); COMMIT"
_STORE_INCOMING = f"BEGIN; {COPY_INCOMING}; EXECUTE store_incoming; {_RING}; COMMIT"
_PIECE = 1 << 18  # bytes of a copy that are handed over at a time
WARY_GROUPS = 8
_KNOWN = """
    SELECT DISTINCT store_id FROM (
        SELECT store_id, (SELECT true FROM customers_eventkey AS kept WHERE kept.store_id = told.store_id AND kept.key = told.key) AS known
        FROM unnest(%s::bigint[], %s::bytea[]) AS told(store_id, key)
    ) AS told WHERE known
"""  # as a question for each row: a join would read the whole table, for this connection makes no nested loops
KEPT_SECONDS = 3600.0  # a connection is kept: nobody vacuums a temporary table, so it must not grow old
log = logging.getLogger("boomerang.intake")


class Committer:
    """Commits rows through one connection, opened when it is needed. For one thread at a time."""

    def __init__(self, *, connect: Callable[[], Connection] = connect_for_ingest, clock: Callable[[], float] = time.monotonic) -> None:
        self._connect = connect
        self._clock = clock
        self._connection: Connection | None = None
        self._copies, self._has_table = True, False  # of this connection
        self._kept_until = 0.0
        self._wary: dict[int, int] = {}  # stores that told what we had, and for how many groups of theirs each key is looked up first

    def commit(self, rows: Iterable[Row], *, apart: bool = False) -> None:
        """Write rows, nearly always in one transaction; after a cut connection once more on a fresh one, which their keys make harmless.

        apart: of one store, whose bell somebody may hold; it is waited for a tenth of a second. Raises LockNotAvailable where a bell is
        held, or another psycopg2.Error; then nothing of it is stored, or, where the connection was cut at the very end or a store's rows
        were written by themselves, some or all of it is.
        """
        once = once_each(rows)
        if self._clock() > self._kept_until:
            self.close()
        if self._connection is not None:
            try:
                self._write(self._connection, once, apart=apart)
                return
            except LockNotAvailable:
                raise
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                self.close()
        self._connection = self._open()
        self._write(self._connection, once, apart=apart)

    def _write(self, connection: Connection, rows: Sequence[Row], *, apart: bool) -> None:
        """Write rows in the hope that all are new, as nearly all are; a group where one is not is written once more, key by key.

        The stores that told what we had are trusted less for a while: their rows are written by themselves, and no other store pays for it.
        """
        if apart:
            _run(connection, _STORE_APART, _bell(rows) | {"rows": text_of(rows)})
            return
        doubted = [row for row in rows if row.store_id in self._wary]
        if doubted:
            rows = [row for row in rows if row.store_id not in self._wary]
            _store_by_key(connection, doubted)
            for store_id in {row.store_id for row in doubted}:
                self._wary[store_id] -= 1
                if not self._wary[store_id]:
                    del self._wary[store_id]
        if rows:
            try:
                self._write_new(connection, rows)
            except psycopg2.errors.UniqueViolation:
                self._wary |= dict.fromkeys(_stores_that_repeat(connection, rows), WARY_GROUPS)
                _store_by_key(connection, rows)

    def _write_new(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Write rows all of which are new; a large group by a copy, unless that cannot be: events must not wait for who runs `migrate`."""
        if self._copies and len(rows) >= COPIED_FROM:
            try:
                self._copy(connection, rows)
                return
            except psycopg2.ProgrammingError as error:
                self._copies = False
                log.warning("large groups of events cost more than they need: run migrate", extra={"cause": type(error).__name__})
        _run(connection, _STORE_NEW, _bell(rows) | {"rows": text_of(rows)})

    def _copy(self, connection: Connection, rows: Sequence[Row]) -> None:
        if not self._has_table:
            _run(connection, _PREPARE_COPIES, {})
            self._has_table = True
        _run(connection, _STORE_INCOMING, _bell(rows), copied=binary_of(rows))

    def close(self) -> None:
        """Close the connection; the next commit opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> Connection:
        connection = self._connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(_PREPARE)
        except psycopg2.Error:
            connection.close()
            raise
        self._copies, self._has_table = True, False
        self._kept_until = self._clock() + KEPT_SECONDS
        return connection


def _bell(rows: Sequence[Row]) -> dict[str, object]:
    return {"due_at": min(row.received_at for row in rows), "stores": sorted({row.store_id for row in rows})}


def _store_by_key(connection: Connection, rows: Sequence[Row]) -> None:
    _run(connection, _STORE, _bell(rows) | {"rows": text_of(rows)})


def _stores_that_repeat(connection: Connection, rows: Sequence[Row]) -> list[int]:
    """Return the stores of which we have one of these events."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [[row.store_id for row in rows], [bytes.fromhex(row.key) for row in rows]])
        return [store_id for (store_id,) in cursor.fetchall()]


def once_each(rows: Iterable[Row]) -> list[Row]:
    """Return the first row of each key, in their order."""
    first: dict[tuple[int, str], Row] = {}
    for row in rows:
        first.setdefault((row.store_id, row.key), row)
    return list(first.values())


def _run(connection: Connection, statement: str, told: dict[str, object], *, copied: bytes = b"") -> None:
    """Run one transaction's statements in one go. copied: what its COPY asks for."""
    with connection.cursor() as cursor:
        try:
            if copied:
                cursor.copy_expert(cursor.mogrify(statement, told), BytesIO(copied), _PIECE)
            else:
                cursor.execute(statement, told)
        except psycopg2.Error:
            if not connection.closed:
                cursor.execute("ROLLBACK")
            raise
