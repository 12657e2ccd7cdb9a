"""Settings of the store itself: name, address, how it sells, how it looks."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from retention.dashboard.access import allows, needs
from retention.stores import auditing
from retention.stores.forms.settings import StoreForm
from retention.stores.models import Store
from retention.stores.views.settings_tabs import settings_page

_FIELDS = (
    "name", "web_address", "postal_address", "country", "currency", "locale", "zone", "brand_color", "logo_url", "event_months",
    "message_months",
)  # fmt: skip


@needs("store.view")
@require_GET
def store_settings(request: Any) -> HttpResponse:
    """Show the store's settings."""
    return _page(request, StoreForm(initial=_values(request.store)))


@needs("store.edit")
@require_POST
def save_store(request: Any) -> HttpResponse:
    """Save what changed, and write down which fields."""
    form = StoreForm(request.POST, initial=_values(request.store))
    if not form.is_valid():
        return _page(request, form, status=422)
    with transaction.atomic():
        store = Store.objects.select_for_update().get(pk=request.store.pk)
        changed = [name for name in _FIELDS if getattr(store, name) != form.cleaned_data[name]]
        for name in changed:
            setattr(store, name, form.cleaned_data[name])
        if changed:
            store.save(update_fields=changed)
            auditing.note(request, "store.changed", target=f"store:{store.pk}", details={"fields": changed})
    messages.success(request, _("The store is saved.") if changed else _("Nothing was different."))
    return redirect("settings:store", store.slug)


def _page(request: Any, form: StoreForm, *, status: int = 200) -> HttpResponse:
    may_edit = allows(request.role, capability="store.edit")
    return settings_page(request, "stores/settings_store.html", current="settings:store", form=form, may_edit=may_edit, status=status)


def _values(store: Store) -> dict[str, Any]:
    return {name: getattr(store, name) for name in _FIELDS}
