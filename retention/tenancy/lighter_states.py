"""Migrations from nothing in a fraction of the time: what an operation changes is written into the one model it speaks of.

After every operation Django renders anew each model that is related to the changed one. Here all are, through their store: hundreds of
operations rendered up to a hundred models each, and making an empty database took 40 seconds of which PostgreSQL worked two.

A new model, a new field, an index and a constraint leave all other models as they are, but for ways back, which Django finds anew from the
registry. The model of the state before is the same one and knows them too, which SQLite would mind and PostgreSQL does not. A field that
changes or goes has its model rendered anew, alone where no other model points to it. Whatever else comes goes Django's way.
Source: `ProjectState` and `ModelState`, Django 5.2.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import resolve_relation
from django.db.models.fields import NOT_PROVIDED


@contextmanager
def lighter_states() -> Iterator[None]:
    """Let states of migrations, inside the block, take changes without rendering other models anew."""
    usual = [(kind, name, getattr(kind, name)) for kind, names in _LIGHTER.items() for name in names]
    for kind, names in _LIGHTER.items():
        for name, lighter in names.items():
            setattr(kind, name, lighter)
    try:
        yield
    finally:
        for kind, name, before in usual:
            setattr(kind, name, before)


def _add_model(state: ProjectState, model_state: ModelState) -> None:
    key = model_state.app_label, model_state.name_lower
    if (
        "apps" not in state.__dict__
        or any(isinstance(base, str) for base in model_state.bases)
        or not _reach(state, key, model_state.fields)
    ):
        _django_adds_model(state, model_state)
        return
    state.models[key] = model_state
    if state._relations is not None:  # type: ignore[attr-defined]
        state.resolve_model_relations(key)
    state.apps.render_multiple([model_state])


def _add_field(state: ProjectState, app_label: str, model_name: str, name: str, field: Any, preserve_default: bool) -> None:
    key = app_label, model_name
    if "apps" not in state.__dict__ or not _reach(state, key, {name: field}):
        _django_adds_field(state, app_label, model_name, name, field, preserve_default)
        return
    if not preserve_default:
        field = field.clone()
        field.default = NOT_PROVIDED
    state.models[key].fields[name] = field
    if state._relations is not None:  # type: ignore[attr-defined]
        state.resolve_model_field_relations(key, name, field)
    state.apps.get_model(*key).add_to_class(name, field.clone())
    if field.is_relation:
        state.apps.clear_cache()  # the other model finds its way back


def _reach(state: ProjectState, key: tuple[str, str], fields: dict[str, Any]) -> bool:
    """Say whether all that these fields of a model point to is rendered: the model itself, or one with no table between."""
    for field in fields.values():
        if field.many_to_many:
            return False
        if field.is_relation:
            label, name = resolve_relation(field.remote_field.model, *key)
            if (label, name) != key and name not in state.apps.all_models[label]:
                return False
    return True


def _reload_model(state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> None:
    """Render the model anew: alone, unless another model holds it."""
    if "apps" in state.__dict__ and model_name in state.apps.all_models[app_label] and (app_label, model_name) in state.models:
        known = state.apps.get_model(app_label, model_name)
        model_state = state.models[app_label, model_name]
        held = known.__subclasses__() or any(
            field.auto_created and field.related_model is not known
            for field in known._meta.get_fields(include_hidden=True)
            if field.is_relation
        )
        if not held and _reach(state, (app_label, model_name), model_state.fields):
            with state.apps.bulk_update():
                state.apps.unregister_model(app_label, model_name)
            state.apps.render_multiple([model_state])
            return
    _django_reloads_model(state, app_label, model_name, delay)


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


def _clone(model_state: ModelState) -> ModelState:
    """Copy without asking each field again whether it is sound; every operation copies all models."""
    copy = ModelState.__new__(type(model_state))
    copy.__dict__.update(
        model_state.__dict__,
        fields=dict(model_state.fields),
        options=dict(model_state.options),
        managers=list(model_state.managers),
    )
    copy.__dict__.pop("name_lower", None)  # whoever copies may rename
    return copy


_django_adds_model = ProjectState.add_model
_django_adds_field = ProjectState.add_field
_django_reloads_model = ProjectState.reload_model
_LIGHTER: dict[type, dict[str, Any]] = {
    ProjectState: {
        "add_model": _add_model,
        "add_field": _add_field,
        "reload_model": _reload_model,
        "_append_option": _append_option,
        "_remove_option": _remove_option,
    },
    ModelState: {"clone": _clone},
}
