"""What a person can subscribe to: news, offers, restocks. A store names its own."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class TopicQuerySet(StoreQuerySet["Topic"]):
    """Topics of one store."""

    def offered(self) -> "TopicQuerySet":
        """Return the topics people may still choose, by name."""
        return self.filter(archived_at=None).order_by("name", "id")


class Topic(StoreOwned):
    """One subject a shop writes about. Archived ones keep what people said and are not offered any more."""

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("in one sentence"), max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(TopicQuerySet)

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="topic_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="topic_public_id_once"),
            models.UniqueConstraint(fields=["store", "name"], name="topic_name_once"),
            StoreIsolation(name="topic_isolation"),
        ]

    def __str__(self) -> str:
        return self.name
