"""Hosts of a merchant's own that links in messages lead through, such as links.lumen.example, and what the last look at each found."""

import uuid
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class LinkHostQuerySet(StoreQuerySet["LinkHost"]):
    """Link hosts of one store."""

    def watched(self) -> "LinkHostQuerySet":
        """Return those that the shop wants its new messages to use."""
        return self.filter(retired_at=None)

    def good(self) -> "LinkHostQuerySet":
        """Return those that new messages may use, the one proven last first."""
        return self.watched().filter(is_good=True).order_by("-proven_at", "-id")


class LinkHost(StoreOwned):
    """One host of the shop's own.

    host: lower case, as the DNS writes it. findings: as `connecting/judging.py` writes them. is_good: the last look found everything right;
    only then new messages use it. proven_at: when it last was; a host that ever was answers the links of its store for good.
    retired_at: the shop uses it for new messages no more.
    """

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=253)
    findings = models.JSONField(default=list, blank=True)
    is_good = models.BooleanField(default=False, db_default=False)
    checked_at = models.DateTimeField(null=True)
    proven_at = models.DateTimeField(null=True)
    broken_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(LinkHostQuerySet)

    class Meta:
        verbose_name = _("host for links")
        verbose_name_plural = _("hosts for links")
        constraints = [
            models.UniqueConstraint(fields=["store", "host"], name="link_host_once"),
            models.UniqueConstraint(fields=["store", "public_id"], name="link_host_public_id_once"),
            models.CheckConstraint(condition=~Q(host=""), name="link_host_named"),
            models.CheckConstraint(condition=Q(is_good=False) | Q(proven_at__isnull=False), name="link_host_good_is_proven"),
            StoreIsolation(name="link_host_isolation"),
        ]
        indexes = [models.Index(fields=["host"], name="link_host_of_request")]

    def __str__(self) -> str:
        return self.host

    @property
    def site(self) -> str:
        """What addresses over this host begin with: "https://links.lumen.example", with the scheme and port of our own."""
        parts = urlsplit(settings.SITE_URL)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{self.host}{port}"

    @classmethod
    def site_in_use(cls) -> str:
        """Return what the addresses of new messages begin with: the store's own host where it has a good one, else ours."""
        found: LinkHost | None = cls.objects.good().first()
        return found.site if found is not None else settings.SITE_URL
