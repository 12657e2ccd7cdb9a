"""Many rows of one table: changed or inserted at once by one statement, or read in pages that memory can hold.

Their values travel as an array for each column, or as JSON where a column is no plain one: arrays cost both sides half as much.
Django's `bulk_update` builds a CASE with a branch per row and column, which costs more than everything else in a busy batch, and an
instance of a model with its `bulk_create` three times as much as the row.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import msgspec
from django.db import connection
from django.db.models import Model, QuerySet

from retention.kit.arrays import column_of
from retention.tenancy.context import require_store_id
from retention.tenancy.models import StoreOwned
from retention.tenancy.statistics import said_to_be_few

M = TypeVar("M", bound=Model)


def read_in_pages(rows: QuerySet[M], *, size: int) -> Iterator[M]:
    """Yield rows by primary key, `size` in memory at a time: `iterator()` holds them all, for no cursor stays open in the server."""
    ordered = rows.order_by("pk")
    page = list(ordered[:size])
    while page:
        yield from page
        page = list(ordered.filter(pk__gt=page[-1].pk)[:size]) if len(page) == size else []


def update_rows(
    rows: Sequence[Any], columns: Sequence[str], *, model: type[StoreOwned] | None = None, kept: tuple[str, str] | None = None
) -> None:
    """Write these fields of saved rows of one model and of the active store, in one statement and the caller's transaction.

    rows: instances of a model, or anything with `pk` and these fields, with the model beside it. columns: names of fields.
    Values are what the columns take: texts, numbers, moments, JSON, None. kept: a field and the value it keeps wherever a row has it.
    """
    if not rows:
        return
    told = _Told.of(model or type(rows[0]), columns)
    final = connection.ops.quote_name(kept[0]) if kept else ""
    keep = f"CASE WHEN target.{final} = %s THEN target.{final} ELSE told.{final} END"
    sets = ", ".join(f"{name} = {keep if name == final else f'told.{name}'}" for name in told.names)
    values = [[row.pk for row in rows], *([getattr(row, name) for row in rows] for _, name in told.sources)]
    relation, parameters = told.with_ids().relation(values)
    statement = (
        f"UPDATE {told.table} AS target SET {sets} "  # noqa: S608 - names and types of our own models
        f"FROM {relation} "
        f"WHERE target.store_id = (SELECT %s::bigint) AND target.id = told.id AND {said_to_be_few('told.id')}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*([kept[1]] if kept else []), *parameters, require_store_id()])


def insert_rows(model: type[StoreOwned], rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Insert rows of the active store in their order, in one statement and the caller's transaction; return their ids by `public_id`.

    Nothing is returned where rows name no public id. rows: values by the names of fields, the same in each row; all other fields get their
    defaults, the same in each row.
    """
    if not rows:
        return {}
    told, blank = _Told.of(model, list(rows[0])), model()
    left: list[Any] = [one for one in model._meta.concrete_fields if not (one.primary_key or one.generated) and one.column != "store_id"]
    left = [one for one in left if one.attname not in rows[0] and one.name not in rows[0]]
    columns = ", ".join([*told.names, *(connection.ops.quote_name(one.column) for one in left)])
    values = ", ".join([*told.names, *("%s" for _one in left)])
    relation, parameters = told.relation([[row[name] for row in rows] for _, name in told.sources], ordered=True)
    statement = (
        f"INSERT INTO {told.table} (store_id, {columns}) SELECT %s, {values} "  # noqa: S608 - names and types of our own models
        f"FROM {relation} ORDER BY told.ordinality"
    )
    returning = " RETURNING public_id::text, id" if "public_id" in rows[0] else ""
    defaults = [one.get_db_prep_save(getattr(blank, one.attname), connection) for one in left]
    with connection.cursor() as cursor:
        cursor.execute(statement + returning, [require_store_id(), *defaults, *parameters])
        return dict(cursor.fetchall()) if returning else {}


_PLAIN = re.compile(r"bigint|integer|smallint|boolean|timestamp with time zone|uuid|text|varchar\(\d+\)")


@dataclass(frozen=True)
class _Told:
    """Columns of a model as SQL names them, with their types and the fields whose values they take.

    The shortest comes first: PostgreSQL keeps the keys of a JSON object so, and need not sort them.
    """

    table: str
    names: list[str]
    types: list[str]
    sources: list[tuple[str, str]]

    @classmethod
    def of(cls, model: type[Model], columns: Sequence[str]) -> "_Told":
        fields: list[Any] = [model._meta.get_field(name) for name in columns]
        fields.sort(key=lambda field: (len(field.column), field.column))
        quote = connection.ops.quote_name
        types = [field.db_type(connection) for field in fields]
        sources = [(field.column, field.attname) for field in fields]
        return cls(quote(model._meta.db_table), [quote(field.column) for field in fields], types, sources)

    def with_ids(self) -> "_Told":
        """Return the same with the number of the row before it."""
        return replace(self, names=["id", *self.names], types=["bigint", *self.types], sources=[("id", "pk"), *self.sources])

    def relation(self, values: Sequence[Sequence[Any]], *, ordered: bool = False) -> tuple[str, list[str]]:
        """Return what stands after FROM for these values, a list for each column, under the name `told`, with its parameters.

        ordered: it has a further column `ordinality`. A text longer than its column is refused where it is written.
        """
        names = ", ".join([*self.names, "ordinality"] if ordered else self.names)
        more = "WITH ORDINALITY " if ordered else ""
        if all(_PLAIN.fullmatch(kind) for kind in self.types):
            kinds = ["text" if kind.startswith("varchar") else kind for kind in self.types]
            arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
            return f"unnest({arrays}) {more}AS told({names})", [column_of(column) for column in values]
        typed = ", ".join(f"{name} {kind}" for name, kind in zip(self.names, self.types, strict=True))
        keys = [column for column, _ in self.sources]
        records = msgspec.json.encode([dict(zip(keys, row, strict=True)) for row in zip(*values, strict=True)]).decode()
        return f"ROWS FROM (jsonb_to_recordset(%s::jsonb) AS ({typed})) {more}AS told({names})", [records]
