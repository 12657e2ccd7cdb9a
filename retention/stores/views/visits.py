"""Our staff looking into a store (S16): begin with a reason, end. The button stands in the admin."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from retention.dashboard.access import staff_only
from retention.dashboard.menu import home_url
from retention.stores import impersonation
from retention.stores.forms.settings import VisitForm
from retention.stores.models import Store


@staff_only
@require_POST
def begin_visit(request: Any) -> HttpResponse:
    """Begin a visit: `store` is the store's id, `reason` is what its people will read."""
    form = VisitForm(request.POST)
    if not form.is_valid():
        raise BadRequest("A visit needs a store and a reason of at least ten characters.")
    store = get_object_or_404(Store, pk=form.cleaned_data["store"])
    impersonation.begin(request, store, reason=form.cleaned_data["reason"])
    messages.success(request, _("You look into %(store)s for at most 30 minutes.") % {"store": store.name})
    return redirect(home_url(store.slug))


@staff_only
@require_POST
def end_visit(request: Any) -> HttpResponse:
    """End the visit."""
    impersonation.end(request)
    return redirect("admin:index")
