"""What the webhooks room shows on the home page: endpoints that are paused by themselves."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from retention.dashboard.access import allows
from retention.dashboard.home_parts import NeedsYou
from retention.webhooks.models import Endpoint


def paused_endpoints(request: Any, now: datetime) -> list[NeedsYou]:
    """Return the endpoints we paused because nothing got through."""
    if not allows(request.role, capability="webhooks.view"):
        return []
    paused = Endpoint.objects.filter(state=Endpoint.State.PAUSED).exclude(paused_for="person").order_by("paused_at", "pk")
    return [
        NeedsYou(
            icon="player-pause",
            title=_("The webhook “%(name)s” is paused") % {"name": str(endpoint)[:80]},
            consequence=_("Nothing got through. What happens meanwhile waits for up to 30 days."),
            button=_("Look at it"),
            url=reverse("webhooks:detail", args=[request.store.slug, endpoint.public_id]),
            since=endpoint.paused_at or now,
            tone="bad",
        )
        for endpoint in paused
    ]
