"""Webhooks for staff: endpoints, what waits and what failed. Secrets and what events carry are never shown."""

from retention.tenancy.staff import look_at
from retention.webhooks.models import Endpoint, OutgoingEvent, WebhookAttempt, WebhookDelivery

_SECRETS = ("secret_sealed", "previous_sealed")
look_at(
    Endpoint,
    columns=("created_at", "store", "url", "state", "paused_for", "failing_since", "rest_until"),
    hidden=_SECRETS,
    search=("=store__slug",),
    filters=("state",),
)
look_at(
    OutgoingEvent,
    columns=("created_at", "store", "type", "fanned_at"),
    hidden=("data", "about"),
    search=("=store__slug",),
    filters=("type",),
)
look_at(
    WebhookDelivery,
    columns=("created_at", "store", "endpoint", "state", "attempts", "due_at", "last_status", "last_error"),
    hidden=("answer",),
    search=("=store__slug",),
    filters=("state",),
)
look_at(WebhookAttempt, columns=("at", "store", "number", "milliseconds", "status", "error"), hidden=("answer",), search=("=store__slug",))
