"""What providers reported about messages: each report once, so that a repeat has no second effect."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.connection import Connection
from campaigns.models.message import Message
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class ProviderReport(StoreOwned):
    """One report of one connection. event_id: a digest of what the provider calls it. at: when it happened by the provider's clock."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="reports", db_constraint=False)
    event_id = models.CharField(max_length=32)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reports", db_constraint=False)
    kind = models.CharField(max_length=20)
    permanent = models.BooleanField(default=False)
    detail = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField()

    db_grants: ClassVar[dict[str, str]] = {"app": "SELECT, INSERT, DELETE"}

    class Meta:
        verbose_name = _("provider's report")
        verbose_name_plural = _("providers' reports")
        constraints = [
            models.UniqueConstraint(fields=["store", "connection", "event_id"], name="provider_report_once"),
            StoreForeignKey(field="connection", name="provider_report_connection_of_store"),
            StoreForeignKey(field="message", name="provider_report_message_of_store"),
            StoreIsolation(name="provider_report_isolation"),
        ]
        indexes = [models.Index(fields=["store", "message", "at"], name="provider_report_of_message")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.message_id}"
