"""The statements that store events, and the rows as the text they take, for the door's connections and for code inside the product.

Rows travel as one JSON text: cheaper to write in Python than lines of COPY, and for a few rows cheaper for PostgreSQL than the temporary
table COPY would need, because row-level security lets nothing be copied in directly. Measured: performance guide 1, section 1.
Their public ids come along: PostgreSQL would open the system's source of randomness for each, which costs a tenth of all it does.
"""

from collections.abc import Sequence

import msgspec

from retention.intake.reading import Row
from retention.kit.random_ids import random_ids

TOLD = (
    "public_id, store_id, kind, name, anonymous_id, external_id, properties, context, occurred_at, received_at, trusted, source, backfill"
)
_FIELDS = """
    store_id bigint, key text, kind text, name text, anonymous_id text, external_id text, properties jsonb, context jsonb,
    occurred_at timestamptz, received_at timestamptz, trusted boolean, source text, backfill boolean, public_id uuid
"""
_KEYS = """
    INSERT INTO customers_eventkey (store_id, key, seen_on)
    SELECT store_id, decode(key, 'hex'), received_at::date FROM incoming ORDER BY store_id, key
"""
_encode = msgspec.json.Encoder().encode


def text_of(rows: Sequence[Row]) -> str:
    """Return rows as the JSON text `store_statement` takes, each with a random UUID of version 4."""
    for row, public_id in zip(rows, random_ids(len(rows)), strict=True):
        row.public_id = public_id
    return _encode(rows).decode()


def store_statement(rows: str) -> str:
    """Return the statement that stores the events whose key is new, in the order they are told. rows: the words for a `jsonb` list.

    Each row has the fields of `reading.Row`, with its key in hexadecimal; a key stands once in the list for a store.
    """
    return f"""
        WITH incoming AS MATERIALIZED (
            SELECT * FROM ROWS FROM (jsonb_to_recordset({rows}) AS ({_FIELDS})) WITH ORDINALITY
        ), fresh AS (
            {_KEYS}
            ON CONFLICT (store_id, key) DO NOTHING
            RETURNING store_id, encode(key, 'hex') AS key
        )
        INSERT INTO customers_customerevent ({TOLD}, refusal)
        SELECT {TOLD}, '' FROM incoming JOIN fresh USING (store_id, key) ORDER BY ordinality
    """  # noqa: S608 - made of constants


def store_new_statement(rows: str) -> str:
    """Return the statement that stores events none of whose keys is known yet; it raises UniqueViolation where one is.

    A seventh cheaper than `store_statement`: PostgreSQL need neither look each key up first nor take its insertion back.
    """
    return f"""
        WITH incoming AS MATERIALIZED (SELECT * FROM jsonb_to_recordset({rows}) AS ({_FIELDS})), fresh AS ({_KEYS})
        INSERT INTO customers_customerevent ({TOLD}, refusal) SELECT {TOLD}, '' FROM incoming
    """  # noqa: S608 - made of constants


def ring_statement(due_at: str, stores: str) -> str:
    """Return the statement that rings for the projection of stores. due_at, stores: the words for a moment and a `bigint[]`."""
    return f"""
        INSERT INTO stores_storework (store_id, kind, due_at, rung)
        SELECT store_id, 'project', {due_at}, 1 FROM unnest({stores}) AS store_id ORDER BY store_id
        ON CONFLICT (store_id, kind) DO UPDATE SET
            due_at = least(stores_storework.due_at, excluded.due_at), rung = stores_storework.rung + 1
    """  # noqa: S608 - made of constants
