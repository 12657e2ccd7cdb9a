"""Everything about one person as a file they can take with them: JSON of all, and a CSV per table, in one zip. Source: S47."""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from itertools import chain
from typing import IO, Any, TextIO

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import ForeignKey, Model, QuerySet

from retention.customers.importing.cells import cell_of
from retention.customers.importing.formulas import quote_formula
from retention.customers.models import FOLDED_COPIES, Customer
from retention.customers.personal_data import personal_tables
from retention.tenancy.bulk import read_in_pages
from retention.tenancy.models import StoreOwned

_IN_MEMORY = 200  # rows; an event may have 32 KB
_PIECE = 1024 * 1024
_INTERNAL = frozenset({"store_id", "learnt_at", "email_key", "holder", "lease_until", "token", *FOLDED_COPIES})


def write_person(customer: Customer, file: IO[bytes]) -> None:
    """Write the zip: `person.json` and a CSV per table that holds something. Call it in the store's context.

    Rows are read a few at a time and written one by one; the JSON grows in a file of its own until the tables are through.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, tempfile.TemporaryFile("w+", encoding="utf-8") as person:
        between = "{\n"
        for name, rows in _tables(customer):
            plain = (_plain(row) for row in read_in_pages(rows, size=_IN_MEMORY))
            first = next(plain, None)
            if first is not None:
                person.write(f"{between}{json.dumps(name)}: ")
                _write_table(chain([first], plain), archive, f"{name}.csv", person)
                between = ",\n"
        person.write("}\n" if between == ",\n" else "{}\n")
        person.seek(0)
        with archive.open("person.json", "w", force_zip64=True) as target:
            while piece := bytes(person.buffer.read(_PIECE)):
                target.write(piece)


def _write_table(rows: Iterator[dict[str, Any]], archive: zipfile.ZipFile, name: str, person: TextIO) -> None:
    """Write a table's rows as a CSV of the zip, and as a list of objects where the person's JSON stands."""
    between = "[\n"
    with archive.open(name, "w", force_zip64=True) as target, io.TextIOWrapper(target, encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for row in rows:
            if between == "[\n":
                writer.writerow(row)
            writer.writerow([quote_formula(_cell(value)) for value in row.values()])
            person.write(between + json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False))
            between = ",\n"
    person.write("]")


def _tables(customer: Customer) -> Iterator[tuple[str, QuerySet[Any]]]:
    """Yield the person, every registered table's rows, and the rows that belong to those (lines of an order)."""
    yield "customers_customer", Customer.objects.filter(pk=customer.pk)
    for name, table in personal_tables.items():
        rows = table.model._default_manager.filter(**{table.column: customer.pk})
        yield name, rows
        for child, column in _children(table.model):
            yield child._meta.db_table, child._default_manager.filter(**{f"{column}__in": rows})


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


def _cell(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False) if isinstance(value, dict | list) else cell_of(value)
