"""Everything about one person as a file they can take with them: JSON of all, and a CSV per table, in one zip. Source: S47."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import ForeignKey, Model, QuerySet

from retention.customers.importing.cells import cell_of
from retention.customers.importing.reading import quote_formula
from retention.customers.models import Customer
from retention.customers.personal_data import personal_tables
from retention.tenancy.models import StoreOwned

_INTERNAL = frozenset({"store_id", "learnt_at", "name_key", "last_name_key", "email_key", "holder", "lease_until", "token"})


def write_person(customer: Customer, file: IO[bytes]) -> None:
    """Write the zip: `person.json` and a CSV per table that holds something. Reads page by page; call it in the store's context."""
    found: dict[str, list[dict[str, Any]]] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in _tables(customer):
            plain = [_plain(row) for row in rows.iterator(chunk_size=2000)]
            if plain:
                found[name] = plain
                archive.writestr(f"{name}.csv", _csv(plain))
        archive.writestr("person.json", json.dumps(found, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))


def _tables(customer: Customer) -> Iterator[tuple[str, QuerySet[Any]]]:
    """Yield the person, every registered table's rows, and the rows that belong to those (lines of an order)."""
    yield "customers_customer", Customer.objects.filter(pk=customer.pk)
    for name, table in personal_tables.items():
        rows = table.model._default_manager.filter(**{table.column: customer.pk}).order_by("pk")
        yield name, rows
        for child, column in _children(table.model):
            yield child._meta.db_table, child._default_manager.filter(**{f"{column}__in": rows}).order_by("pk")


def _children(model: type[Model]) -> Iterator[tuple[type[Model], str]]:
    """Yield the tables whose rows are parts of this one's and name no customer themselves."""
    for other in apps.get_models():
        if not issubclass(other, StoreOwned) or other._meta.db_table in personal_tables or other is Customer:
            continue
        for field in other._meta.concrete_fields:
            if isinstance(field, ForeignKey) and field.related_model is model and field.name not in {"store"}:
                yield other, field.name


def _plain(row: Model) -> dict[str, Any]:
    return {
        field.attname: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if field.attname not in _INTERNAL and field.get_internal_type() != "BinaryField"
    }


def _csv(rows: list[dict[str, Any]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([quote_formula(_cell(value)) for value in row.values()])
    return file.getvalue()


def _cell(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False) if isinstance(value, dict | list) else cell_of(value)
