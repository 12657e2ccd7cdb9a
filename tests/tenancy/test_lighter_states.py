"""Migrations run with lighter states end where Django's own end: the same database, and the same models in memory."""

from typing import Any

import pytest
from django.db import connections, models
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel, RemoveConstraint, RemoveIndex
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
]


@pytest.mark.django_db(databases=["default", "owner"])
def test_lighter_states_end_where_djangos_end() -> None:
    ours, table = _run(lighter=True)
    theirs, their_table = _run(lighter=False)
    assert table == their_table != []
    assert ours.models == theirs.models
    for name in ("shelf", "book"):
        mine, other = ours.apps.get_model("tried", name), theirs.apps.get_model("tried", name)
        assert [_told(field) for field in mine._meta.get_fields()] == [_told(field) for field in other._meta.get_fields()]
        assert mine._meta.constraints == other._meta.constraints
        assert mine._meta.indexes == other._meta.indexes
    assert ours.apps.get_model("tried", "book")._meta.get_field("shelf").related_model is ours.apps.get_model("tried", "shelf")
    assert ours.apps.get_model("tried", "shelf")(state="out").get_state_display() == "Out"


def _run(*, lighter: bool) -> tuple[ProjectState, list[Any]]:
    """Run the operations as `Migration.apply` does; return the state and what PostgreSQL then knows of the table, which is undone."""
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
            "SELECT attname::text, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = 'tried_shelf'::regclass "
            "AND attnum > 0 UNION ALL SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisunique FROM pg_index "
            "WHERE indrelid = 'tried_shelf'::regclass ORDER BY 1"
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
