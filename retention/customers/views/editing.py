"""Correcting what is known about one customer, field by field."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from retention.customers.editing import AddressTaken, edit_customer
from retention.customers.forms.person import PersonForm
from retention.customers.models import Customer
from retention.dashboard.access import needs
from retention.kit import clock
from retention.stores import auditing


@needs("customers.edit")
@require_GET
def edit(request: Any, public_id: str) -> HttpResponse:
    """Show the fields of one customer."""
    customer = get_object_or_404(Customer, public_id=public_id)
    return _page(request, customer, PersonForm(customer=customer))


@needs("customers.edit")
@require_POST
def save(request: Any, public_id: str) -> HttpResponse:
    """Save the changed fields; what is wrong stands beside its field, and nothing is saved."""
    customer = get_object_or_404(Customer, public_id=public_id)
    form = PersonForm(request.POST, customer=customer)
    if not form.is_valid():
        return _page(request, customer, form, status=422)
    try:
        with transaction.atomic():
            changed = edit_customer(customer, form.cleaned_data, now=clock.now())
            if changed:
                auditing.note(request, "customer.edited", target=f"customer:{customer.public_id}", details={"fields": changed})
    except AddressTaken as taken:
        form.add_error("email", _("%(name)s has this address. If they are one person, join them.") % {"name": taken.other.title})
        return _page(request, customer, form, status=422, taken=taken.other)
    messages.success(request, _("Saved.") if changed else _("Nothing was different."))
    return redirect("customers:detail", request.store.slug, customer.public_id)


def _page(request: Any, customer: Customer, form: PersonForm, *, status: int = 200, taken: Customer | None = None) -> HttpResponse:
    return render(request, "customers/edit.html", {"customer": customer, "form": form, "taken": taken}, status=status)
