"""Changing many rows of one table at once: one UPDATE from one JSON parameter.

Django's `bulk_update` builds a CASE with a branch per row and column, which costs more than everything else in a busy batch.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connection

from retention.tenancy.context import require_store_id
from retention.tenancy.models import StoreOwned


def update_rows(rows: Sequence[StoreOwned], columns: Sequence[str]) -> None:
    """Write these fields of saved rows of one model and of the active store, in one statement and the caller's transaction.

    columns: names of fields. Values are what the columns take: texts, numbers, moments, JSON, None.
    """
    if not rows:
        return
    model = type(rows[0])
    fields: list[Any] = [model._meta.get_field(name) for name in columns]
    quote = connection.ops.quote_name
    told = ", ".join(f"{quote(field.column)} {field.db_type(connection)}" for field in fields)
    sets = ", ".join(f"{quote(field.column)} = told.{quote(field.column)}" for field in fields)
    records = [{"id": row.pk, **{field.column: getattr(row, field.attname) for field in fields}} for row in rows]
    statement = (
        f"UPDATE {quote(model._meta.db_table)} AS target SET {sets} "  # noqa: S608 - names and types of our own models
        f"FROM jsonb_to_recordset(%s::jsonb) AS told(id bigint, {told}) WHERE target.store_id = %s AND target.id = told.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [msgspec.json.encode(records).decode(), require_store_id()])
