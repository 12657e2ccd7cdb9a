"""Migrations from nothing in half the time: what an index, a constraint or a plain field changes is written into its one model.

After every operation Django renders anew each model that is related to the changed one. Here all are, through their store: hundreds of
operations rendered forty-five models each, and making an empty database took 40 seconds of which PostgreSQL worked two. None of the
three adds a relation, so only their own model differs afterwards. The model of the state before is the same one and knows them too, which
SQLite would mind and PostgreSQL does not. Source: `ProjectState.add_field` and `_append_option`, Django 5.2.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ProjectState
from django.db.models.fields import NOT_PROVIDED


@contextmanager
def lighter_states() -> Iterator[None]:
    """Let states of migrations, inside the block, take indexes, constraints and plain fields without rendering other models anew."""
    usual = {name: getattr(ProjectState, name) for name in _LIGHTER}
    for name, lighter in _LIGHTER.items():
        setattr(ProjectState, name, lighter)
    try:
        yield
    finally:
        for name, before in usual.items():
            setattr(ProjectState, name, before)


def _add_field(state: ProjectState, app_label: str, model_name: str, name: str, field: Any, preserve_default: bool) -> None:
    if field.is_relation or "apps" not in state.__dict__:
        _django_adds_field(state, app_label, model_name, name, field, preserve_default)
        return
    if not preserve_default:
        field = field.clone()
        field.default = NOT_PROVIDED
    state.models[app_label, model_name].fields[name] = field
    state.apps.get_model(app_label, model_name).add_to_class(name, field.clone())


def _append_option(state: ProjectState, app_label: str, model_name: str, option_name: str, obj: Any) -> None:
    _write(state, app_label, model_name, option_name, [*state.models[app_label, model_name].options[option_name], obj])


def _remove_option(state: ProjectState, app_label: str, model_name: str, option_name: str, obj_name: str) -> None:
    kept = [obj for obj in state.models[app_label, model_name].options[option_name] if obj.name != obj_name]
    _write(state, app_label, model_name, option_name, kept)


def _write(state: ProjectState, app_label: str, model_name: str, option_name: str, objects: list[Any]) -> None:
    """Put the new list where it stands: in the model's state, and in the model where it is rendered."""
    state.models[app_label, model_name].options[option_name] = objects
    if "apps" in state.__dict__:  # rendered
        setattr(state.apps.get_model(app_label, model_name)._meta, option_name, list(objects))


_django_adds_field = ProjectState.add_field
_LIGHTER = {"add_field": _add_field, "_append_option": _append_option, "_remove_option": _remove_option}
