"""Erasing one person, after their name was typed."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from retention.customers.erasing import erase
from retention.customers.models import Customer
from retention.dashboard.access import needs
from retention.kit import clock
from retention.stores.auditing import note
from retention.stores.stepping_up import asks_for_mfa


@needs("customers.erase")
@asks_for_mfa
@require_POST
def erase_customer(request: Any, public_id: str) -> HttpResponse:
    """Forget a person for good when `name` is what the page calls them."""
    customer = get_object_or_404(Customer, public_id=public_id)
    if request.POST.get("name", "").strip() != customer.title:
        messages.error(request, _("Nothing was erased: the name was not typed as it stands on the page."))
        return redirect("customers:detail", request.store.slug, customer.public_id)
    with transaction.atomic():
        erase(customer, by=request.user.pk, now=clock.now())
        note(request, "customer.erased", target=f"customer:{public_id}")
    messages.success(request, _("Everything about this person is erased. Their orders stay without a name."))
    return redirect("customers:list", request.store.slug)
