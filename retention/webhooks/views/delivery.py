"""One delivery: what was sent, every try with what came back, and sending it again."""

import json
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from retention.dashboard.access import needs
from retention.kit.clock import now
from retention.stores import auditing
from retention.stores.views.settings_tabs import settings_page
from retention.webhooks import managing, signing
from retention.webhooks.models import Endpoint, WebhookDelivery
from retention.webhooks.retrying import MOST_TRIES
from retention.webhooks.views.detail import delivery_row
from retention.webhooks.views.endpoints import TAB, may_edit

_MOST_TRIES_SHOWN = 50


@needs("webhooks.view")
@require_GET
def delivery(request: Any, public_id: Any, delivery_id: Any) -> HttpResponse:
    """Show one delivery."""
    found = _delivery(public_id, delivery_id)
    event, endpoint = found.event, found.endpoint
    body = signing.body_of(event.type, occurred_at=event.occurred_at, data=event.data)
    return settings_page(
        request,
        "webhooks/delivery.html",
        current=TAB,
        endpoint=endpoint,
        row=delivery_row(found, paused=endpoint.state == Endpoint.State.PAUSED),
        body=json.dumps(json.loads(body), ensure_ascii=False, indent=2),
        tries=found.tries.order_by("-number")[:_MOST_TRIES_SHOWN],
        left=max(MOST_TRIES - found.attempts, 0),
        may_replay=may_edit(request) and found.state in {"delivered", "failed"},
    )


@needs("webhooks.edit")
@require_POST
def replay(request: Any, public_id: Any, delivery_id: Any) -> HttpResponse:
    """Send it again, with the same webhook-id."""
    found = _delivery(public_id, delivery_id)
    try:
        with transaction.atomic():
            managing.replay(found.endpoint, public_id=found.public_id, now=now())
            auditing.note(request, "webhook.replayed", target=f"webhook:{found.endpoint_id}", details={"count": 1})
    except WebhookDelivery.DoesNotExist:
        messages.warning(request, _("It is on its way already."))
    else:
        messages.success(request, _("It is sent again within seconds."))
    return redirect("webhooks:delivery", request.store.slug, public_id, delivery_id)


def _delivery(public_id: Any, delivery_id: Any) -> WebhookDelivery:
    rows = WebhookDelivery.objects.select_related("event", "endpoint")
    found: WebhookDelivery = get_object_or_404(rows, endpoint__public_id=public_id, public_id=delivery_id)
    return found
