"""For how long after a click an order is credited to it, channel by channel, as the store chose."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned


class CreditRule(StoreOwned):
    """One store's windows. windows: days by channel; one that is missing has the usual.

    changed_at: since when. recounting_to: orders up to this id are to be looked at again; recounted_to: up to this one they were.
    """

    windows = models.JSONField(default=dict)
    changed_at = models.DateTimeField()
    recounting_to = models.BigIntegerField(default=0)
    recounted_to = models.BigIntegerField(default=0)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("windows for crediting orders")
        verbose_name_plural = _("windows for crediting orders")
        constraints = [
            models.UniqueConstraint(fields=["store"], name="credit_rule_once"),
            StoreIsolation(name="credit_rule_isolation"),
        ]

    def __str__(self) -> str:
        return ", ".join(f"{channel} {days}" for channel, days in sorted(self.windows.items()))

    @property
    def is_recounting(self) -> bool:
        """Say whether orders from before the last change are still being looked at."""
        return self.recounted_to < self.recounting_to
