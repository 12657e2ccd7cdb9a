"""A store's own provider for one channel: its settings in clear, its credentials sealed."""

import json
import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.kit import secrets
from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned

_PURPOSE = "connection"


class Connection(StoreOwned):
    """One provider account. A store without one sends to the built-in test inbox."""

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
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="connection_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="connection_public_id_once"),
            models.UniqueConstraint(fields=["store", "channel"], condition=models.Q(active=True), name="connection_active_once"),
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
