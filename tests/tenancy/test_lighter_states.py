"""Migrations run with lighter states end where Django's own end: the same database, and the same models in memory."""

from typing import Any

import pytest
from django.db import connections, models
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameModel,
    RunPython,
)
from django.db.migrations.state import ProjectState

from retention.tenancy.lighter_states import lighter_states

OPERATIONS = [
    CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True)), ("name", models.TextField())]),
    CreateModel("Book", [("id", models.BigAutoField(primary_key=True)), ("shelf", models.ForeignKey("tried.Shelf", models.CASCADE))]),
    AddField("shelf", "place", models.IntegerField(default=7), preserve_default=False),
    AddField("shelf", "state", models.CharField(max_length=9, choices=[("in", "In"), ("out", "Out")], default="in")),
    AddField("shelf", "best", models.ForeignKey("tried.Book", models.SET_NULL, null=True, related_name="+")),
    AddIndex("shelf", models.Index(fields=["place"], name="shelf_by_place")),
    AddConstraint("shelf", models.CheckConstraint(condition=models.Q(place__gte=0), name="place_not_below_zero")),
    AddConstraint("shelf", models.UniqueConstraint(fields=["place", "name"], name="place_once")),
    RemoveConstraint("shelf", "place_not_below_zero"),
    RemoveIndex("shelf", "shelf_by_place"),
    AddIndex("shelf", models.Index(fields=["state"], name="shelf_by_state")),
    CreateModel(
        "Loan",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("book", models.ForeignKey("tried.Book", models.CASCADE)),
            ("before", models.ForeignKey("self", models.SET_NULL, null=True)),
            ("days", models.IntegerField(default=14)),
            ("note", models.TextField(default="")),
        ],
    ),
    AddField("loan", "shelf", models.ForeignKey("tried.Shelf", models.CASCADE, null=True, related_name="loans")),
    AlterField("loan", "days", models.BigIntegerField(default=14)),  # nobody points to loans
    AlterField("book", "shelf", models.ForeignKey("tried.Shelf", models.CASCADE, null=True)),  # loans point to books
    RemoveField("loan", "note"),
    RunPython(lambda apps, editor: _lend(apps)),
    RenameModel("Loan", "Lending"),
    AlterField("lending", "days", models.BigIntegerField(default=28)),
]
TABLES = ("tried_shelf", "tried_book", "tried_lending")


def _lend(apps: Any) -> None:
    """Use the models as a migration of data does: forth, back, and to itself."""
    shelves, books, loans = (apps.get_model("tried", name).objects.using("owner") for name in ("Shelf", "Book", "Loan"))
    shelf = shelves.create(name="a", place=1)
    book = books.create(shelf=shelf)
    first = loans.create(book=book, shelf=shelf)
    second = loans.create(book=book, before=first)
    assert list(shelf.loans.all()) == [first]
    assert list(shelves.filter(book__loan__before=first)) == [shelf]
    assert list(first.loan_set.all()) == [second]


@pytest.mark.django_db(databases=["default", "owner"])
def test_lighter_states_end_where_djangos_end() -> None:
    ours, table = _run(lighter=True)
    theirs, their_table = _run(lighter=False)
    assert table == their_table != []
    assert ours.models == theirs.models
    for name in ("shelf", "book", "lending"):
        mine, other = ours.apps.get_model("tried", name), theirs.apps.get_model("tried", name)
        assert sorted(map(_told, mine._meta.get_fields())) == sorted(map(_told, other._meta.get_fields()))
        assert mine._meta.constraints == other._meta.constraints
        assert mine._meta.indexes == other._meta.indexes
        for field in mine._meta.get_fields(include_hidden=True):
            assert not field.is_relation or field.related_model is ours.apps.get_model("tried", field.related_model._meta.model_name)
    assert ours.apps.get_model("tried", "shelf")(state="out").get_state_display() == "Out"


def _run(*, lighter: bool) -> tuple[ProjectState, list[Any]]:
    """Run the operations as `Migration.apply` does; return the state and what PostgreSQL then knows of the tables, which is undone."""
    state = ProjectState()
    assert state.apps is not None  # rendered from the start, as the executor's is
    connection = connections["owner"]
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
    with connection.schema_editor(atomic=False) as editor:
        if lighter:
            with lighter_states():
                state = _apply(state, editor)
        else:
            state = _apply(state, editor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute "
            "WHERE attrelid = ANY(%s::regclass[]) AND attnum > 0 UNION ALL SELECT indrelid::regclass::text, indexrelid::regclass::text, "
            "pg_get_indexdef(indexrelid), indisunique FROM pg_index WHERE indrelid = ANY(%s::regclass[]) ORDER BY 1, 2",
            [list(TABLES), list(TABLES)],
        )
        found = cursor.fetchall()
        cursor.execute("ROLLBACK TO SAVEPOINT before")
    return state, found


def _apply(state: ProjectState, editor: Any) -> ProjectState:
    for operation in OPERATIONS:
        before = state.clone()
        operation.state_forwards("tried", state)
        operation.database_forwards("tried", editor, before, state)
    return state


def _told(field: Any) -> tuple[str, str]:
    return field.name, type(field).__name__
