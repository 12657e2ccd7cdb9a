"""Where the links lead that stand in a template as they are, kept once for all messages made from it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned


class LinkSet(StoreOwned):
    """The first targets of many messages, by position, campaign parameters and all. digest: of them. Never changed.

    A message's own targets, those that values made, stand in its row behind these.
    """

    digest = models.CharField(max_length=64)
    targets = models.JSONField()

    db_grants: ClassVar[dict[str, str]] = {"app": "SELECT, INSERT"}

    class Meta:
        verbose_name = _("set of links")
        verbose_name_plural = _("sets of links")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="link_set_of_store"),
            models.UniqueConstraint(fields=["store", "digest"], name="link_set_once"),
            StoreIsolation(name="link_set_isolation"),
        ]

    def __str__(self) -> str:
        return f"{len(self.targets)} links"
