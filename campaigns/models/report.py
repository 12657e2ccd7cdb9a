"""What providers told us once already, so that a second telling changes nothing."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.connection import Connection
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class ProviderReport(StoreOwned):
    """One call of a provider that was carried out. key: the provider's id of what it told; holds nothing of a person."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="reports", db_constraint=False)
    key = models.CharField(max_length=120)
    received_at = models.DateTimeField()

    db_grants: ClassVar[dict[str, str]] = {"segments": "", "app": "SELECT, INSERT, DELETE"}

    class Meta:
        verbose_name = _("provider's report")
        verbose_name_plural = _("providers' reports")
        constraints = [
            models.UniqueConstraint(fields=["store", "connection", "key"], name="provider_report_once"),
            StoreForeignKey(field="connection", name="provider_report_connection_of_store"),
            StoreIsolation(name="provider_report_isolation"),
        ]
        indexes = [models.Index(fields=["store", "received_at"], name="provider_report_by_age")]

    def __str__(self) -> str:
        return self.key
