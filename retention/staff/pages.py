"""Pages beside the tables: is it well, sending again after a restore, and tables that have no page of their own.

Views of the admin's site: it guards them and opens every store's rows.
"""

from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from retention.health.readiness import check_all
from retention.kit.clock import now
from retention.staff.deeds import write_down
from retention.staff.figures import tables
from retention.stores.models import PlatformState

_TOLD = (models.DateTimeField, models.DateField, models.IntegerField, models.BooleanField, models.ForeignKey)
_SHOWN = 100


def urls(site: admin.AdminSite) -> list[URLPattern]:
    """Return the addresses of these pages on the site."""
    return [
        path("operations/", site.admin_view(operations), name="operations"),
        path("operations/resume-sending/", site.admin_view(resume_sending), name="resume_sending"),
        path("tables/", site.admin_view(all_tables), name="tables"),
        path("tables/<str:label>/", site.admin_view(other_table), name="table"),
    ]


def operations(request: HttpRequest) -> HttpResponse:
    """Show whether the installation is well, what waits and for how long."""
    context = {"title": _("Is it well?"), "checks": check_all(), "state": PlatformState.current(), "tables": tables(now=now())}
    return _page(request, "admin/operations/overview.html", context)


def resume_sending(request: HttpRequest) -> HttpResponse:
    """Send again after a restore, and write down who confirmed it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    with transaction.atomic():
        state = PlatformState.current()
        if state.sending_stopped_at is not None:
            PlatformState.resume_sending()
            write_down(request, state, change=f"Sending resumed; it was stopped: {state.reason}")
            messages.success(request, _("Messages that are due are sent from now on."))
    return HttpResponseRedirect(reverse("admin:operations"))


def all_tables(request: HttpRequest) -> HttpResponse:
    """List every table: by room, and those whose key has several columns, which the admin itself cannot hold."""
    rows = [(model._meta.label_lower, model._meta.verbose_name) for model in without_page()]
    context = {"title": _("All tables"), "app_list": admin.site.get_app_list(request), "models": rows}
    return _page(request, "admin/operations/tables.html", context)


def other_table(request: HttpRequest, label: str) -> HttpResponse:
    """Show some rows of such a table: numbers, moments and links, never texts that could be personal."""
    model = next((one for one in without_page() if one._meta.label_lower == label), None)
    if model is None:
        raise Http404
    fields = [field for field in model._meta.fields if isinstance(field, _TOLD)]
    names = [field.attname for field in fields]
    rows = list(model._default_manager.order_by("pk").values_list(*names)[:_SHOWN])
    table = {"headers": names, "rows": rows}
    return _page(request, "admin/operations/table.html", {"title": model._meta.verbose_name, "table": table})


def without_page() -> list[type[models.Model]]:
    """Return the models that the admin cannot register because their key has several columns."""
    return [model for model in apps.get_models() if len(model._meta.pk_fields) > 1]


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, admin.site.each_context(request) | context)
