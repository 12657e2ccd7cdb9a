"""Whom a mail is seen as: real customers by search, or the example person."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from campaigns.models import Template
from retention.customers.models import Customer
from retention.dashboard.access import needs

MOST_FOUND, LONGEST_SEARCH = 8, 100


@needs("messages.edit")
@require_safe
def find_people(request: Any, public_id: UUID) -> HttpResponse:
    """Answer with customers that fit `?q=`, or the newest for none: {"people": [{"id", "name", "detail"}]}."""
    get_object_or_404(Template.objects.all(), public_id=public_id)
    search = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    known = Customer.objects.known()
    found = (known.found_by(search) if search else known).order_by("-id")[:MOST_FOUND]
    people = [{"id": str(one.public_id), "name": one.name or one.email, "detail": one.email or one.phone} for one in found]
    return JsonResponse({"people": people})


def person_of(request: Any) -> Customer | None:
    """Return whom `?person=` names or the first whom `?q=` finds; None for the example person."""
    known = Customer.objects.known()
    try:
        chosen: Customer | None = known.filter(public_id=UUID(request.GET.get("person", ""))).first()
    except ValueError:
        search = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
        chosen = known.found_by(search).order_by("-id").first() if search else None
    return chosen
