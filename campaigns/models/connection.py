"""A store's own provider for one channel: its settings in clear, its credentials sealed."""

import json
import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.kit import secrets
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned

_PURPOSE = "connection"


class Connection(StoreOwned):
    """One provider account. A store without one sends to the built-in test inbox; two accounts of one provider have two names.

    weight: its share beside the others of its channel, 1 to 100. warm_since: the first day of a warm-up, on which `warm_first` messages may
    leave, `warm_growth` percent more each day, until a day may hold `warm_goal`.
    """

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    channel = models.CharField(max_length=10)
    provider = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=120)
    settings = models.JSONField(default=dict, blank=True)
    sealed = models.TextField(blank=True, editable=False)
    from_name = models.CharField(_("sender's name"), max_length=120, blank=True)
    from_address = models.EmailField(_("sender's address"), max_length=254, blank=True)
    active = models.BooleanField(_("in use"), default=True)
    resting_until = models.DateTimeField(null=True, editable=False)
    weight = models.PositiveSmallIntegerField(default=100, db_default=100)
    warm_since = models.DateField(null=True)
    warm_first = models.PositiveIntegerField(default=50, db_default=50)
    warm_growth = models.PositiveSmallIntegerField(default=30, db_default=30)
    warm_goal = models.PositiveIntegerField(default=20_000, db_default=20_000)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="connection_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="connection_public_id_once"),
            models.UniqueConstraint(fields=["store", "channel", "name"], condition=models.Q(active=True), name="connection_name_once"),
            models.CheckConstraint(condition=models.Q(weight__gte=1, weight__lte=100), name="connection_weight_possible"),
            models.CheckConstraint(
                condition=models.Q(warm_first__gte=1, warm_growth__gte=5, warm_growth__lte=200, warm_goal__gte=models.F("warm_first")),
                name="connection_warm_up_possible",
            ),
            StoreIsolation(name="connection_isolation"),
        ]

    def __str__(self) -> str:
        return self.name

    def keep_credentials(self, credentials: dict[str, Any]) -> None:
        """Seal the provider's secrets into this row; save it afterwards."""
        self.sealed = secrets.seal(json.dumps(credentials), store_id=self.store_id, purpose=_PURPOSE)

    def credentials(self) -> dict[str, Any]:
        """Open the provider's secrets; raises CannotUnseal."""
        return json.loads(secrets.unseal(self.sealed, store_id=self.store_id, purpose=_PURPOSE)) if self.sealed else {}


class ConnectionDay(StoreOwned):
    """How much of one day's allowance a connection that warms up has taken. granted: what was let through last."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    day = models.DateField()
    taken = models.PositiveIntegerField(default=0)
    granted = models.PositiveIntegerField(default=0)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("day of a connection")
        verbose_name_plural = _("days of connections")
        constraints = [
            models.UniqueConstraint(fields=["store", "connection", "day"], name="connection_day_once"),
            StoreForeignKey(field="connection", name="connection_day_connection_of_store"),
            StoreIsolation(name="connection_day_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.day} of {self.connection_id}"
