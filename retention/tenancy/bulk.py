"""Many rows of one table: changed at once by one UPDATE from one JSON parameter, or read in pages that memory can hold.

Django's `bulk_update` builds a CASE with a branch per row and column, which costs more than everything else in a busy batch.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from django.db import connection
from django.db.models import Model, QuerySet

from retention.tenancy.context import require_store_id
from retention.tenancy.models import StoreOwned

M = TypeVar("M", bound=Model)


def read_in_pages(rows: QuerySet[M], *, size: int) -> Iterator[M]:
    """Yield rows by primary key, `size` in memory at a time: `iterator()` holds them all, for no cursor stays open in the server."""
    ordered = rows.order_by("pk")
    page = list(ordered[:size])
    while page:
        yield from page
        page = list(ordered.filter(pk__gt=page[-1].pk)[:size]) if len(page) == size else []


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
