"""What one sender has under way: written when it reserves messages and gone when it has given them back, one row for hundreds of them."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned


class Flight(StoreOwned):
    """The messages of one slice. holder: what stands in their rows while they are this sender's; begun_at: on the database's clock.

    What a killed sender left is found here, and not by an index of messages: that would have to be written for each message twice.
    """

    holder = models.UUIDField(default=uuid.uuid4)
    message_ids = ArrayField(models.BigIntegerField())
    begun_at = models.DateTimeField(db_default=Now())

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("slice under way")
        verbose_name_plural = _("slices under way")
        constraints = [
            models.UniqueConstraint(fields=["store", "holder"], name="flight_once"),
            StoreIsolation(name="flight_isolation"),
        ]

    def __str__(self) -> str:
        return f"{len(self.message_ids)} messages of {self.holder}"
