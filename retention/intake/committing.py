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
WARY_GROUPS = 8  # after a group that held an event we had, so many look each key up before they insert it
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
        self._wary = 0

    def commit(self, rows: Iterable[Row], *, apart: bool = False) -> None:
        """Write rows in one transaction; after a cut connection once more on a fresh one, which their keys make harmless.

        apart: of one store, whose bell somebody may hold; it is waited for a tenth of a second. Raises LockNotAvailable where a bell is
        held, or another psycopg2.Error; then nothing of it is stored, or the connection was cut at the very end and all of it is.
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
        """Write rows in the hope that all are new, as nearly all are; a group where one is not is written once more, key by key."""
        due_at, stores = min(row.received_at for row in rows), sorted({row.store_id for row in rows})
        bell: dict[str, object] = {"due_at": due_at, "stores": stores}
        if apart:
            _run(connection, _STORE_APART, bell | {"rows": text_of(rows)})
            return
        if not self._wary:
            try:
                self._write_new(connection, rows, bell)
                return
            except psycopg2.errors.UniqueViolation:
                self._wary = WARY_GROUPS
        _run(connection, _STORE, bell | {"rows": text_of(rows)})
        self._wary = max(0, self._wary - 1)

    def _write_new(self, connection: Connection, rows: Sequence[Row], bell: dict[str, object]) -> None:
        """Write rows all of which are new; a large group by a copy, unless that cannot be: events must not wait for who runs `migrate`."""
        if self._copies and len(rows) >= COPIED_FROM:
            try:
                self._copy(connection, rows, bell)
                return
            except psycopg2.ProgrammingError as error:
                self._copies = False
                log.warning("large groups of events cost more than they need: run migrate", extra={"cause": type(error).__name__})
        _run(connection, _STORE_NEW, bell | {"rows": text_of(rows)})

    def _copy(self, connection: Connection, rows: Sequence[Row], bell: dict[str, object]) -> None:
        if not self._has_table:
            _run(connection, _PREPARE_COPIES, {})
            self._has_table = True
        _run(connection, _STORE_INCOMING, bell, copied=binary_of(rows))

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
