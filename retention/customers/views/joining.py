"""Two customers that are one person, joined by hand: find the other, see both side by side, join them for good."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from retention.customers.editing import EDITED, value_of
from retention.customers.forms.person import PersonForm
from retention.customers.merging import merge
from retention.customers.models import Customer, CustomerMerge
from retention.customers.personal_data import Pair
from retention.dashboard.access import needs
from retention.kit import clock
from retention.kit.locks import transaction_lock
from retention.stores import auditing
from retention.tenancy.context import require_store_id

FOUND = 10


@needs("customers.edit")
@require_GET
def find_other(request: Any, public_id: str) -> HttpResponse:
    """Look for the customer who is the same person as this one."""
    customer = get_object_or_404(Customer, public_id=public_id)
    search = request.GET.get("q", "").strip()
    found = list(Customer.objects.found_by(search).exclude(pk=customer.pk).newest_first()[:FOUND]) if search else []
    return render(request, "customers/find_other.html", {"customer": customer, "search": search, "found": found})


@needs("customers.edit")
@require_GET
def compare(request: Any) -> HttpResponse:
    """Show two customers side by side. one: the public ids, the one to keep first."""
    ids = request.GET.getlist("one")
    if len(ids) != 2:
        messages.error(request, _("Choose exactly two people to compare."))
        return redirect("customers:list", request.store.slug)
    kept, other = (_customer(one) for one in ids)
    if kept.pk == other.pk:
        messages.error(request, _("This is one and the same customer already."))
        return redirect("customers:detail", request.store.slug, kept.public_id)
    here = reverse("customers:compare", args=[request.store.slug])
    context = {
        "kept": kept,
        "other": other,
        "lines": [line for name in EDITED if (line := _line(kept, other, name))["any"]],
        "swap_url": f"{here}?one={other.public_id}&one={kept.public_id}",
    }
    return render(request, "customers/compare.html", context)


@needs("customers.edit")
@require_POST
def join(request: Any, public_id: str, other: str) -> HttpResponse:
    """Join the other customer into this one: everything follows, nothing is lost, and it cannot be taken back."""
    kept, gone = get_object_or_404(Customer, public_id=public_id), get_object_or_404(Customer, public_id=other)
    if kept.pk == gone.pk:
        messages.error(request, _("This is one and the same customer already."))
        return redirect("customers:detail", request.store.slug, kept.public_id)
    with transaction.atomic():
        transaction_lock("customers", store_id=require_store_id())
        if Customer.objects.filter(pk__in=[kept.pk, gone.pk]).count() != 2:  # joined by somebody else meanwhile
            raise Http404("One of the two is gone.")
        merge([Pair(loser=gone.pk, survivor=kept.pk)], now=clock.now(), rules={gone.pk: CustomerMerge.Rule.PERSON})
        auditing.note(request, "customer.joined", target=f"customer:{kept.public_id}", details={"joined": str(gone.public_id)})
    messages.success(request, _("They are one person now. Old links to either lead here."))
    return redirect("customers:detail", request.store.slug, kept.public_id)


def _customer(text: str) -> Customer:
    try:
        return get_object_or_404(Customer, public_id=UUID(text))
    except ValueError as error:
        raise Http404("No such customer.") from error


def _line(kept: Customer, other: Customer, name: str) -> dict[str, Any]:
    """Return one field of both, and which value the joined person has: the kept one's, unless the other learnt it later."""
    mine, theirs = value_of(kept, name), value_of(other, name)
    later = other.learnt_at.get(name, "") > kept.learnt_at.get(name, "")
    wins = "other" if theirs and (not mine or (later and name not in {"email", "birthday", "interests"})) else "kept"
    if name == "interests" and mine and theirs:
        wins = "both"
    return {"label": PersonForm.base_fields[name].label, "kept": mine, "other": theirs, "wins": wins, "any": bool(mine or theirs)}
