"""One endpoint: its state, its deliveries, and what a person can do with it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from retention.dashboard.access import needs
from retention.dashboard.paging import read_page
from retention.kit.clock import now
from retention.stores import auditing
from retention.stores.limits import Limit, spend_or_local
from retention.stores.stepping_up import asks_for_mfa
from retention.stores.views.settings_tabs import settings_page
from retention.webhooks import managing
from retention.webhooks.forms import PeriodForm
from retention.webhooks.models import Endpoint, WebhookDelivery
from retention.webhooks.types import TEST, label_of
from retention.webhooks.views.endpoints import TAB, may_edit, show_secret

TESTS = Limit("webhook-test", 10, 60)
_SIZE = 25
_LAST_DAYS = timedelta(days=3)
_STATES = {"ready": "queued", "sending": "sending", "delivered": "delivered", "failed": "failed"}


@needs("webhooks.view")
@require_GET
def detail(request: Any, public_id: Any) -> HttpResponse:
    """Show one endpoint with a page of its deliveries, newest first."""
    endpoint = _endpoint(public_id)
    wanted = request.GET.get("state", "")
    found = WebhookDelivery.objects.filter(endpoint=endpoint).select_related("event")
    counts = {state: found.filter(state=state).exclude(event__type=TEST).count() for state in ("ready", "failed")}
    shown = found.filter(state=wanted) if wanted in WebhookDelivery.State.values else found
    page = read_page(shown, order=("-id",), cursor=request.GET.get("cursor", ""), size=_SIZE)
    today = timezone.localdate(now())
    return settings_page(
        request,
        "webhooks/detail.html",
        current=TAB,
        endpoint=endpoint,
        told=[label_of(key) for key in endpoint.types],
        page=page,
        rows=[delivery_row(one, paused=endpoint.state == Endpoint.State.PAUSED) for one in page.rows],
        counts=counts,
        state=wanted,
        states=WebhookDelivery.State.choices,
        both_secrets=bool(endpoint.previous_sealed) and endpoint.previous_until is not None and now() < endpoint.previous_until,
        period=PeriodForm(initial={"first": today - _LAST_DAYS, "last": today}),
        may_edit=may_edit(request),
    )


def delivery_row(delivery: WebhookDelivery, *, paused: bool) -> dict[str, Any]:
    """Return a delivery as the list shows it: what waits for a paused endpoint is held back."""
    held = paused and delivery.state == WebhookDelivery.State.READY
    return {"delivery": delivery, "what": label_of(delivery.event.type), "state": "held" if held else _STATES[delivery.state]}


@needs("webhooks.edit")
@asks_for_mfa
@require_POST
def rotate(request: Any, public_id: Any) -> HttpResponse:
    """Make a new secret and show it; the old one signs too for a day."""
    endpoint = _endpoint(public_id)
    with transaction.atomic():
        secret = managing.rotate_secret(endpoint, now=now())
        auditing.note(request, "webhook.secret_rotated", target=f"webhook:{endpoint.pk}")
    return show_secret(request, endpoint, secret, rotated=True)


@needs("webhooks.edit")
@require_POST
def test(request: Any, public_id: Any) -> HttpResponse:
    """Send a test event now and show what came back."""
    endpoint = _endpoint(public_id)
    allowed = spend_or_local(TESTS, who=str(request.store.pk))
    if not allowed.allowed:
        messages.warning(request, _("Ten tests a minute are enough. Try again in %(seconds)d seconds.") % {"seconds": allowed.retry_after})
        return redirect("webhooks:detail", request.store.slug, endpoint.public_id)
    delivery = managing.send_test(endpoint, now=now())
    return redirect("webhooks:delivery", request.store.slug, endpoint.public_id, delivery.public_id)


@needs("webhooks.edit")
@require_POST
def pause(request: Any, public_id: Any) -> HttpResponse:
    """Tell it nothing for now."""
    return _do(request, public_id, "webhook.paused", lambda endpoint: endpoint.pause(reason="person", now=now(), by=request.user))


@needs("webhooks.edit")
@require_POST
def resume(request: Any, public_id: Any) -> HttpResponse:
    """Go on telling it."""
    return _do(request, public_id, "webhook.resumed", lambda endpoint: managing.resume(endpoint, now=now()))


@needs("webhooks.edit")
@asks_for_mfa
@require_POST
def remove(request: Any, public_id: Any) -> HttpResponse:
    """Remove an endpoint with everything that waits for it."""
    endpoint = _endpoint(public_id)
    with transaction.atomic():
        auditing.note(request, "webhook.removed", target=f"webhook:{endpoint.pk}")
        endpoint.delete()
    messages.success(request, _("The webhook is removed. What waited for it will not be sent."))
    return redirect("webhooks:list", request.store.slug)


@needs("webhooks.edit")
@require_POST
def replay_failed(request: Any, public_id: Any) -> HttpResponse:
    """Send again what failed in a period."""
    endpoint = _endpoint(public_id)
    form = PeriodForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect("webhooks:detail", request.store.slug, endpoint.public_id)
    start, end = form.bounds()
    with transaction.atomic():
        count = managing.replay_failed(endpoint, start=start, end=end, now=now())
        if count:
            auditing.note(request, "webhook.replayed", target=f"webhook:{endpoint.pk}", details={"count": count})
    words = ngettext("%(count)d failed event is sent again.", "%(count)d failed events are sent again.", count)
    messages.success(request, words % {"count": count} if count else _("Nothing failed in these days."))
    return redirect("webhooks:detail", request.store.slug, endpoint.public_id)


def _endpoint(public_id: Any) -> Endpoint:
    endpoint: Endpoint = get_object_or_404(Endpoint.objects.select_related("paused_by"), public_id=public_id)
    return endpoint


def _do(request: Any, public_id: Any, action: str, act: Callable[[Endpoint], None]) -> HttpResponse:
    with transaction.atomic():
        endpoint = get_object_or_404(Endpoint.objects.select_for_update(), public_id=public_id)
        act(endpoint)
        auditing.note(request, action, target=f"webhook:{endpoint.pk}")
    return redirect("webhooks:detail", request.store.slug, endpoint.public_id)
