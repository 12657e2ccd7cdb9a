"""Endpoints of merchants, what is told to them, and how each telling went. Copy `endpoint.py` for a new table."""

from retention.webhooks.models.delivery import WebhookAttempt, WebhookDelivery
from retention.webhooks.models.endpoint import Endpoint
from retention.webhooks.models.event import OutgoingEvent

__all__ = ["Endpoint", "OutgoingEvent", "WebhookAttempt", "WebhookDelivery"]
