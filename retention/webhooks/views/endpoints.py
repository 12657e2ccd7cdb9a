"""Settings, Webhooks: the endpoints there are, a new one, and changing one."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from retention.dashboard.access import allows, needs
from retention.kit.clock import now
from retention.stores import auditing
from retention.stores.stepping_up import asks_for_mfa
from retention.stores.views.settings_tabs import settings_page
from retention.webhooks import managing
from retention.webhooks.forms import EndpointForm
from retention.webhooks.models import Endpoint
from retention.webhooks.types import TEST, label_of, webhook_types

TAB = "webhooks:list"


@needs("webhooks.view")
@require_GET
def endpoints(request: Any) -> HttpResponse:
    """Show every endpoint with its state and what waits for it."""
    counted = Endpoint.objects.select_related("paused_by").annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state__in=["ready", "sending"])),
        failed=Count("deliveries", filter=Q(deliveries__state="failed") & ~Q(deliveries__event__type=TEST)),
    )
    rows = [{"endpoint": one, "told": [label_of(key) for key in one.types]} for one in counted.order_by("created_at", "pk")]
    full = len(rows) >= managing.MOST_ENDPOINTS
    return settings_page(request, "webhooks/list.html", current=TAB, rows=rows, full=full, may_edit=may_edit(request))


@needs("webhooks.edit")
@asks_for_mfa
@require_GET
def new_endpoint(request: Any) -> HttpResponse:
    """Ask where to and what shall be told."""
    return _form_page(request, EndpointForm(initial={"types": webhook_types.keys()}))


@needs("webhooks.edit")
@asks_for_mfa
@require_POST
def make_endpoint(request: Any) -> HttpResponse:
    """Make the endpoint and show its secret, this once."""
    form = EndpointForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    try:
        with transaction.atomic():
            endpoint, secret = managing.make_endpoint(form.wish(), now=now())
            auditing.note(request, "webhook.made", target=f"webhook:{endpoint.pk}", details={"types": endpoint.types})
    except managing.TooManyEndpoints:
        form.add_error(None, _("A store has at most %(count)d endpoints. Remove one first.") % {"count": managing.MOST_ENDPOINTS})
        return _form_page(request, form, status=422)
    return show_secret(request, endpoint, secret)


@needs("webhooks.edit")
@asks_for_mfa
@require_http_methods(["GET", "POST"])
def change_endpoint(request: Any, public_id: Any) -> HttpResponse:
    """Change where to, what for and what is told."""
    endpoint = get_object_or_404(Endpoint, public_id=public_id)
    if request.method == "GET":
        initial = {"url": endpoint.url, "description": endpoint.description, "types": endpoint.types}
        return _form_page(request, EndpointForm(initial=initial), endpoint=endpoint)
    form = EndpointForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, endpoint=endpoint, status=422)
    with transaction.atomic():
        changed = managing.change_endpoint(endpoint, form.wish())
        if changed:
            auditing.note(request, "webhook.changed", target=f"webhook:{endpoint.pk}", details={"fields": changed})
    messages.success(request, _("The webhook is saved."))
    return redirect("webhooks:detail", request.store.slug, endpoint.public_id)


def show_secret(request: Any, endpoint: Endpoint, secret: str, *, rotated: bool = False) -> HttpResponse:
    """Show a secret, this once; nothing on the way may keep the page."""
    answer = settings_page(request, "webhooks/secret.html", current=TAB, endpoint=endpoint, secret=secret, rotated=rotated)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def may_edit(request: Any) -> bool:
    """Say whether this person may change webhooks."""
    return allows(request.role, capability="webhooks.edit")


def _form_page(request: Any, form: EndpointForm, *, endpoint: Endpoint | None = None, status: int = 200) -> HttpResponse:
    return settings_page(request, "webhooks/form.html", current=TAB, status=status, form=form, endpoint=endpoint)
