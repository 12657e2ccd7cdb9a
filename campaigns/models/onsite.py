"""What waits for a customer's next visit to the shop."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.message import Message
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class OnsiteMessage(StoreOwned):
    """One message for the shop's own pages, as the snippet shows it.

    content: what the snippet reads. every_days: after being shown it comes again no sooner. closed_at: the person put it away; who clicked
    has seen it too, and that stands in the message.
    """

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="onsite", db_constraint=False, db_index=False)
    content = models.JSONField()
    every_days = models.PositiveSmallIntegerField()
    kept_at = models.DateTimeField()
    until = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("on-site message")
        verbose_name_plural = _("on-site messages")
        constraints = [
            models.UniqueConstraint(fields=["store", "message"], name="onsite_message_once"),
            StoreForeignKey(field="customer", name="onsite_customer_of_store"),
            StoreForeignKey(field="message", name="onsite_message_of_store"),
            StoreIsolation(name="onsite_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "customer", "kept_at"], name="onsite_waiting", condition=models.Q(closed_at__isnull=True)),
            models.Index(fields=["store", "until"], name="onsite_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id}"
