"""One transaction of the ingest role: keys, the events whose key was new, and a ring for each store's projection.

Rows travel as COPY into a temporary table that every connection makes for itself, with the plans prepared once; so no pooler that changes
servers between transactions may stand between. Source: performance guide 1, section 1.
"""

import io
import os
from collections.abc import Callable, Iterable, Sequence

import msgspec
import psycopg2
from psycopg2.extensions import connection as Connection

from retention.intake.connecting import connect_for_ingest
from retention.intake.reading import Row

_COLUMNS = """
    public_id, store_id, kind, name, anonymous_id, external_id, properties, context, occurred_at, received_at, trusted, source, backfill
"""
_PREPARE = f"""
    SET plan_cache_mode = force_generic_plan;
    SET work_mem = '16MB';
    SET enable_mergejoin = off;
    SET enable_nestloop = off;
    CREATE TEMPORARY TABLE incoming (
        place integer, public_id uuid, digest bytea, store_id bigint, kind text, name text, anonymous_id text, external_id text,
        properties jsonb, context jsonb, occurred_at timestamptz, received_at timestamptz, trusted boolean, source text, backfill boolean
    ) ON COMMIT DELETE ROWS;
    PREPARE store AS
        WITH fresh AS (
            INSERT INTO customers_eventkey (store_id, key, seen_on)
            SELECT store_id, digest, received_at::date FROM incoming ORDER BY store_id, digest
            ON CONFLICT (store_id, key) DO NOTHING
            RETURNING store_id, key AS digest
        )
        INSERT INTO customers_customerevent ({_COLUMNS}, refusal)
        SELECT {_COLUMNS}, '' FROM incoming JOIN fresh USING (store_id, digest) ORDER BY place;
    PREPARE ring (timestamptz, bigint[]) AS
        INSERT INTO stores_storework (store_id, kind, due_at, rung)
        SELECT store_id, 'project', $1, 1 FROM unnest($2) AS store_id ORDER BY store_id
        ON CONFLICT (store_id, kind) DO UPDATE SET
            due_at = least(stores_storework.due_at, excluded.due_at), rung = stores_storework.rung + 1;
"""  # noqa: S608 - made of constants
_STORE = "EXECUTE store; EXECUTE ring (%(due_at)s, %(stores)s::bigint[]); COMMIT"
_VARIANTS = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_encode = msgspec.json.Encoder().encode


class Committer:
    """Commits rows through one connection, opened when it is needed. For one thread at a time."""

    def __init__(self, *, connect: Callable[[], Connection] = connect_for_ingest) -> None:
        self._connect = connect
        self._connection: Connection | None = None

    def commit(self, rows: Iterable[Row]) -> None:
        """Write rows in one transaction; after a cut connection once more on a fresh one, which their keys make harmless.

        Raises psycopg2.Error; then nothing of it is stored, or the connection was cut at the very end and all of it is.
        """
        once = once_each(rows)
        if self._connection is not None:
            try:
                _write(self._connection, once)
                return
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                self.close()
        self._connection = self._open()
        _write(self._connection, once)

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
        return connection


def once_each(rows: Iterable[Row]) -> list[Row]:
    """Return the first row of each key, in their order."""
    first: dict[tuple[int, str], Row] = {}
    for row in rows:
        first.setdefault((row.store_id, row.key), row)
    return list(first.values())


def _write(connection: Connection, rows: Sequence[Row]) -> None:
    text = _text_of(rows)
    values = {"due_at": min(row.received_at for row in rows), "stores": sorted({row.store_id for row in rows})}
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            cursor.copy_expert("COPY incoming FROM STDIN", io.StringIO(text))
            cursor.execute(_STORE, values)
        except psycopg2.Error:
            if not connection.closed:
                cursor.execute("ROLLBACK")
            raise


def _text_of(rows: Sequence[Row]) -> str:
    """Return rows as COPY text, in the order of the temporary table."""
    chance = os.urandom(16 * len(rows)).hex()
    return "".join([_line(place, row, chance[32 * place : 32 * place + 32]) for place, row in enumerate(rows)])


def _line(place: int, row: Row, chance: str) -> str:
    """Return one row. chance: 32 random hexadecimal digits, which become a UUID of version 4."""
    public_id = f"{chance[:12]}4{chance[13:16]}{_VARIANTS[chance[16]]}{chance[17:]}"
    name, anonymous, external = row.name, row.anonymous_id, row.external_id
    told = name + anonymous + external
    if "\\" in told or not told.isprintable():
        name, anonymous, external = name.translate(_ESCAPES), anonymous.translate(_ESCAPES), external.translate(_ESCAPES)
    properties = _encode(row.properties).decode().replace("\\", "\\\\")
    context = _encode(row.context).decode().replace("\\", "\\\\")
    text = f"{row.kind}\t{name}\t{anonymous}\t{external}\t{properties}\t{context}"
    moments = f"{row.occurred_at.isoformat()}\t{row.received_at.isoformat()}"
    head = f"{place}\t{public_id}\t\\\\x{row.key}\t{row.store_id}"
    return f"{head}\t{text}\t{moments}\t{row.trusted:d}\t{row.source}\t{row.backfill:d}\n"
