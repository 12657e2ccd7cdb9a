"""How operations staff look at tables that belong to many stores: read-only, without what is nobody's business.

`look_at` registers a model for looking; a room that lets staff change something writes its own `Looking` subclass in `admin.py`.
The site that opens every store's rows for its pages is `retention/staff/site.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator


class Looking(ModelAdmin):  # type: ignore[misc]
    """A model that staff may look at and not change. `hidden` fields are never shown."""

    hidden: Sequence[str] = ()
    actions: Sequence[Any] = ()
    list_per_page = 50
    show_full_result_count = False
    paginator = InfinitePaginator
    show_facets = admin.ShowFacets.NEVER
    list_disable_select_all = True
    formfield_overrides: Mapping[Any, Mapping[str, Any]] = {models.URLField: {"assume_scheme": "https"}}

    def get_exclude(self, request: HttpRequest, obj: models.Model | None = None) -> Sequence[str]:
        """Leave out what is nobody's business."""
        return self.hidden

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Read the store with each row, and never load what is hidden."""
        rows: models.QuerySet[Any] = super().get_queryset(request)
        links = [field.name for field in self.opts.fields if field.is_relation and field.name in self.list_display]
        rows = rows.select_related(*links) if links else rows
        return rows.defer(*self.hidden) if self.hidden else rows

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Let every member of the staff look."""
        return _is_staff(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the room to every member of the staff."""
        return _is_staff(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let nobody add rows here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Let nobody change rows here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Let nobody delete rows here."""
        return False


def look_at(
    model: type[models.Model],
    *,
    columns: Sequence[str],
    hidden: Sequence[str] = (),
    search: Sequence[str] = (),
    filters: Sequence[Any] = (),
    newest: str = "-pk",
) -> None:
    """Register a model for looking.

    columns: of its list. search: only indexed ones, so that a search stays fast on large tables. newest: the list's order.
    """
    found = {
        "__doc__": f"{model._meta.verbose_name}: read-only.",
        "list_display": tuple(columns),
        "hidden": tuple(hidden),
        "search_fields": tuple(search),
        "list_filter": tuple(filters),
        "ordering": (newest,) if newest == "-pk" else (newest, "-pk"),
    }
    admin.site.register(model, type(f"Looking{model.__name__}", (Looking,), found))


def _is_staff(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.is_active and user.is_staff)
