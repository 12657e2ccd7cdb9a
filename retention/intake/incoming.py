"""Large groups of events on their way into the database: copied in binary form into a table of the connection's own, and moved from there.

Row-level security lets nothing be copied in directly. For a hundred rows and more this costs PostgreSQL a fifth less than the JSON text of
`statements.py`: it is neither searched for the end of a literal nor taken apart twice. For fewer, emptying the table costs more.
Only the owner may make temporary tables, since one could hide a real table from a function; so the owner makes this one, as it is below.
"""

import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from retention.intake.reading import Properties, Row
from retention.intake.statements import TOLD
from retention.kit.random_ids import random_id_bytes
from retention.tenancy.roles import AS_OWNER, role_name

COPIED_FROM = 100  # rows of a group
_COLUMNS = """
    place integer, public_id uuid, key bytea, store_id bigint, received_at timestamptz, occurred_at timestamptz, trusted boolean,
    backfill boolean, source text, kind text, name text, anonymous_id text, external_id text, properties jsonb, context jsonb
"""
_NAMES = ", ".join(column.split()[0] for column in _COLUMNS.split(","))
_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION boomerang_incoming() RETURNS void LANGUAGE plpgsql {AS_OWNER} AS $body$
    BEGIN
        CREATE TEMPORARY TABLE incoming ({_COLUMNS}) ON COMMIT DELETE ROWS;
        GRANT SELECT, INSERT ON pg_temp.incoming TO {role_name("ingest")};
    END $body$
"""
MAKE_INCOMING = "SELECT boomerang_incoming()"
COPY_INCOMING = f"COPY pg_temp.incoming ({_NAMES}) FROM STDIN (FORMAT binary)"
# It raises UniqueViolation where a key is known, as `store_new_statement` does. A table does not keep the order in which rows came.
STORE_INCOMING = f"""
    WITH fresh AS (
        INSERT INTO customers_eventkey (store_id, key, seen_on)
        SELECT store_id, key, received_at::date FROM pg_temp.incoming ORDER BY store_id, key
    )
    INSERT INTO customers_customerevent ({TOLD}, refusal) SELECT {TOLD}, '' FROM pg_temp.incoming ORDER BY place
"""  # noqa: S608 - made of constants

# PostgreSQL's binary format of COPY: a head, each row as the number of its fields and each field behind its length, an end.
_HEAD, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), struct.pack("!h", -1)
_FIXED = struct.Struct("!h ii i16s i16s iq iq iq i? i?")
_LENGTH, _JSON = struct.Struct("!i").pack, struct.Struct("!iB").pack
_BEGINNING, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_encode = msgspec.json.Encoder().encode


def db_statements() -> Iterator[str]:
    """Yield what makes the function, as owner; run by `migrate` with the grants."""
    yield _FUNCTION
    yield "REVOKE ALL ON FUNCTION boomerang_incoming() FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION boomerang_incoming() TO {role_name('ingest')}"


def binary_of(rows: Sequence[Row]) -> bytes:
    """Return rows as `COPY_INCOMING` takes them, each with a random UUID of version 4."""
    parts, received, stamp = [_HEAD], None, 0
    for place, (row, public_id) in enumerate(zip(rows, random_id_bytes(len(rows)), strict=True)):
        if row.received_at is not received:  # those of one request share it
            received, stamp = row.received_at, _microseconds(row.received_at)
        key, occurred = bytes.fromhex(row.key), _microseconds(row.occurred_at)
        rest = (16, public_id, 16, key, 8, row.store_id, 8, stamp, 8, occurred, 1, row.trusted, 1, row.backfill)
        parts.append(_FIXED.pack(15, 4, place, *rest))
        parts += _titles(row.source, row.kind, row.name), _text(row.anonymous_id), _text(row.external_id)
        parts += _json(row.properties)
        parts += _json(row.context)
    parts.append(_END)
    return b"".join(parts)


def _microseconds(moment: datetime) -> int:
    return (moment - _BEGINNING) // _MICROSECOND


@lru_cache(4096)
def _titles(source: str, kind: str, name: str) -> bytes:
    """Return the texts that nearly all events of a shop have in common."""
    return _text(source) + _text(kind) + _text(name)


def _text(value: str) -> bytes:
    raw = value.encode()
    return _LENGTH(len(raw)) + raw


def _json(value: Properties) -> tuple[bytes, bytes | msgspec.Raw]:
    raw = value if isinstance(value, msgspec.Raw) else _encode(value)
    return _JSON(memoryview(raw).nbytes + 1, 1), raw
