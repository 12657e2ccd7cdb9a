"""Keeping, renaming and deleting views of the customers list; each is one POST, and only its owner changes a view."""

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from retention.customers.columns import COLUMNS
from retention.customers.forms.filters import FilterForm
from retention.customers.forms.views import RenameViewForm, SaveViewForm
from retention.customers.models import SavedView
from retention.customers.views.listing import address_of
from retention.dashboard.access import needs

MOST_VIEWS = 50  # of one person in one store


@needs("customers.view")
@require_POST
def save_view(request: Any) -> HttpResponse:
    """Keep the filters, columns and order that stand in the posted address under a name, and open the view."""
    form = SaveViewForm(request.POST)
    if not form.is_valid():
        return _refused(request, str(next(iter(form.errors.values()))[0]))
    query = QueryDict(request.POST.get("query", ""))
    fields = {
        "base": form.cleaned_data["base"],
        "filters": FilterForm(query, currency=request.store.currency).words(),
        "columns": [key for key in COLUMNS if key in query.getlist("col")],
        "sort": form.cleaned_data["sort"],
    }
    if SavedView.objects.kept_by(request.user.pk).count() >= MOST_VIEWS:
        return _refused(request, _("You keep %(count)s views already. Delete one first.") % {"count": MOST_VIEWS})
    try:
        with transaction.atomic():
            kept = SavedView.objects.create(
                owner=request.user, name=form.cleaned_data["name"].strip(), shared=form.cleaned_data["shared"], **fields
            )
    except IntegrityError:
        return _refused(request, _("You keep a view of this name already."))
    messages.success(request, _("The view “%(name)s” is kept.") % {"name": kept.name})
    return redirect("customers:open_view", request.store.slug, kept.public_id)


@needs("customers.view")
@require_GET
def open_view(request: Any, public_id: str) -> HttpResponse:
    """Lead to the list as a view shows it: all its words stand in the address, so that every change starts from them."""
    view = get_object_or_404(SavedView.objects.seen_by(request.user.pk), public_id=public_id)
    return redirect(reverse("customers:list", args=[request.store.slug]) + address_of(view))


@needs("customers.view")
@require_POST
def rename_view(request: Any, public_id: str) -> HttpResponse:
    """Give a view another name, or show it to the team, or no longer."""
    view = get_object_or_404(SavedView.objects.kept_by(request.user.pk), public_id=public_id)
    form = RenameViewForm(request.POST)
    if not form.is_valid():
        return _refused(request, str(next(iter(form.errors.values()))[0]))
    view.name, view.shared = form.cleaned_data["name"].strip(), form.cleaned_data["shared"]
    try:
        with transaction.atomic():
            view.save(update_fields=["name", "shared"])
    except IntegrityError:
        return _refused(request, _("You keep a view of this name already."))
    messages.success(request, _("The view is now called “%(name)s”.") % {"name": view.name})
    return redirect("customers:open_view", request.store.slug, view.public_id)


@needs("customers.view")
@require_POST
def delete_view(request: Any, public_id: str) -> HttpResponse:
    """Delete a view; the people in it are not touched."""
    view = get_object_or_404(SavedView.objects.kept_by(request.user.pk), public_id=public_id)
    view.delete()
    messages.success(request, _("The view “%(name)s” is deleted. Nobody in it was touched.") % {"name": view.name})
    return redirect("customers:list", request.store.slug)


def _refused(request: Any, words: str) -> HttpResponse:
    messages.error(request, words)
    return redirect("customers:list", request.store.slug)
