"""The outbox: what happened, written in the transaction of its cause, waiting to be handed to every endpoint that chose its type."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned


class OutgoingEvent(StoreOwned):
    """One thing to tell. Its `public_id` is the webhook-id, the same at every try and every replay.

    about: the public id of the customer it speaks of, so that erasing the person finds it. fanned_at: when deliveries were made of it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    type = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    data = models.JSONField(default=dict)
    about = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    fanned_at = models.DateTimeField(null=True)

    db_grants: ClassVar[dict[str, str]] = {"platform": "SELECT, DELETE"}

    class Meta:
        verbose_name = _("outgoing event")
        verbose_name_plural = _("outgoing events")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="outgoing_event_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="outgoing_event_public_id_once"),
            StoreIsolation(name="outgoing_event_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "id"], name="outgoing_event_fresh", condition=models.Q(fanned_at=None)),
            models.Index(fields=["store", "about"], name="outgoing_event_about", condition=models.Q(about__isnull=False)),
            models.Index(fields=["created_at"], name="outgoing_event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.webhook_id}"

    @property
    def webhook_id(self) -> str:
        """Return the id receivers recognise a repeat by."""
        return f"msg_{self.public_id.hex}"
