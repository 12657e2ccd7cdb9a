"""One customer: who they are, may we write, what happened, and the panels of upper rooms."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from retention.customers.models import ConsentRecord, Customer, CustomerMerge
from retention.customers.panels import panels
from retention.customers.permissions import CHANNELS, blocks_of, permissions_of
from retention.customers.rhythm import lead_sentences
from retention.customers.story import KINDS, Story, read_story
from retention.customers.telling import tell
from retention.dashboard.access import may, needs
from retention.kit import clock
from retention.stores.countries import country_name

MOST_MERGES, MOST_IDENTITIES = 20, 50
_TARGETS = {"timeline": "customers/_timeline.html", "older": "customers/_timeline_days.html"}


@needs("customers.view")
@require_GET
def customer_detail(request: Any, public_id: UUID) -> HttpResponse:
    """Show one customer of the store; the old address of somebody who was joined leads to the person they turned out to be.

    kind: which part of the timeline (`story.KINDS`); cursor: its older days.
    """
    customer = Customer.objects.prefetch_related("consents").filter(public_id=public_id).first()
    if customer is None:
        return _survivor_of(request, public_id)
    kind = request.GET.get("kind", "all")
    kind = kind if kind in KINDS else "all"
    story = read_story(customer, kind=kind, cursor=request.GET.get("cursor", ""))
    fragment = _TARGETS.get(request.headers.get("HX-Target", "")) if request.headers.get("HX-Request") == "true" else None
    context = {"customer": customer, **_timeline(story, kind)}
    if fragment:
        return render(request, fragment, context)
    return render(request, "customers/detail.html", context | _page(request, customer))


def _survivor_of(request: Any, public_id: UUID) -> HttpResponse:
    """Lead from the address of somebody who was joined to the person who has their rows now."""
    merge = CustomerMerge.objects.select_related("survivor").filter(loser_public_id=public_id).first()
    if merge is None:
        raise Http404("No such customer.")
    return redirect("customers:detail", request.store.slug, merge.survivor.public_id)


def _timeline(story: Story, kind: str) -> dict[str, Any]:
    chips = [{"label": label, "url": f"?kind={key}", "current": key == kind} for key, label in KINDS.items()]
    return {"days": tell(story.happened, now=clock.now()), "story": story, "kind": kind, "kinds": chips}


def _page(request: Any, customer: Customer) -> dict[str, Any]:
    now = clock.now()
    shown = _panels(request, customer)
    return {
        "permissions": permissions_of(list(customer.consents.all()), channels=CHANNELS, blocks=blocks_of(customer)),
        "said": list(ConsentRecord.objects.filter(customer=customer).order_by("-said_at", "-id")[:MOST_IDENTITIES]),
        "leads": [*lead_sentences(customer, now=now), *(panel["lead"] for panel in shown if panel.get("lead"))],
        "country_name": country_name(customer.country) if customer.country else "",
        "identities": list(customer.identities.order_by("kind", "id")[:MOST_IDENTITIES]),
        "merges": list(customer.merges.order_by("-merged_at", "-id")[:MOST_MERGES]),
        "may_edit": may(request, "customers.edit"),
        "may_export": may(request, "customers.export"),
        "may_erase": may(request, "customers.erase"),
        "panels": shown,
    }


def _panels(request: HttpRequest, customer: Customer) -> list[dict[str, Any]]:
    now = clock.now()
    shown = ((panel, panel.context(request, customer, now)) for panel in sorted(panels, key=lambda panel: panel.order))
    return [{"title": panel.title, "template": panel.template, **found} for panel, found in shown if found is not None]
