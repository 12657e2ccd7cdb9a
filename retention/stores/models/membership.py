"""Who works in a store, and as what."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.context import current_role, current_store_id, current_user_id, require_store_id
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class Role(models.TextChoices):
    """What a colleague may do; the table of capabilities is in `retention/dashboard/access.py`."""

    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    MARKETER = "marketer", _("Marketer")
    WRITER = "writer", _("Writer")
    ANALYST = "analyst", _("Analyst")
    SUPPORT = "support", _("Support")


class MembershipQuerySet(StoreQuerySet["Membership"]):
    """Memberships of the active store, or the signed-in person's own."""

    def owners(self) -> "MembershipQuerySet":
        """Return those who own the store."""
        return self.filter(role=Role.OWNER)


class MembershipManager(StoreManager["Membership"]):
    """Inside a store: its team. Outside any: only the signed-in person's own memberships."""

    _queryset_class = MembershipQuerySet

    def get_queryset(self) -> MembershipQuerySet:
        """Return the rows this request may know of; NoStore when there is neither store nor person."""
        if current_role() is None and current_store_id() is None and current_user_id() is not None:
            return MembershipQuerySet(self.model, using=self._db).filter(user_id=current_user_id())  # type: ignore[misc]
        if current_role() is None:
            require_store_id()
        return super().get_queryset()  # type: ignore[return-value]

    def owners(self) -> MembershipQuerySet:
        """Return those who own the active store."""
        return self.get_queryset().owners()

    def of_person(self, user_id: int) -> MembershipQuerySet:
        """Return one person's memberships in every store; the database shows them to that person only (`user_context`)."""
        return MembershipQuerySet(self.model, using=self._db).filter(user_id=user_id)


class Membership(models.Model):
    """One person's role in one store."""

    store = models.ForeignKey("stores.Store", on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey("stores.User", on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[MembershipManager] = MembershipManager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["store", "user"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
            StoreIsolation(name="membership_isolation", own_rows_of="user_id"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.store_id}: {self.role}"

    def change_role(self, role: str) -> None:
        """Give the colleague another role; it holds from their next request."""
        self.role = role
        self.save(update_fields=["role"])
