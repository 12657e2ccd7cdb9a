"""A view of the customers list somebody kept: which filters, which columns, in which order."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class SavedViewQuerySet(StoreQuerySet["SavedView"]):
    """Views of one store."""

    def seen_by(self, user_id: int) -> "SavedViewQuerySet":
        """Return a person's own views and the ones shared with the team, by name."""
        return self.filter(models.Q(owner_id=user_id) | models.Q(shared=True)).order_by("name", "id")

    def kept_by(self, user_id: int) -> "SavedViewQuerySet":
        """Return the views a person may rename and delete: their own."""
        return self.filter(owner_id=user_id)


class SavedView(StoreOwned):
    """One kept view. filters: the words of the address as the list reads them; columns and sort: keys, empty for the usual ones.

    base: the built-in view it started from. A shared view is seen by the whole team and changed by its owner only.
    """

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("stores.User", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=60)
    base = models.CharField(max_length=20)
    filters = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    sort = models.CharField(max_length=20, blank=True)
    shared = models.BooleanField(_("the whole team sees it"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(SavedViewQuerySet)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(fields=["store", "public_id"], name="saved_view_public_id_once"),
            models.UniqueConstraint(fields=["store", "owner", "name"], name="saved_view_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="saved_view_has_a_name"),
            StoreIsolation(name="saved_view_isolation"),
        ]

    def __str__(self) -> str:
        return self.name
