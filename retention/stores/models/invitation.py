"""An invitation to work in a store: single use, one hour, stored only as a digest."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.stores.models.membership import Role
from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet

VALID_FOR = timedelta(hours=1)


def digest_of(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class InvitationQuerySet(StoreQuerySet["Invitation"]):
    """Invitations of one store."""

    def open(self, now: datetime) -> "InvitationQuerySet":
        """Return those that can still be accepted."""
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=now)


class Invitation(StoreOwned):
    """One address asked to join with one role. The token stands only in the mail."""

    email = models.EmailField(_("e-mail"), max_length=254)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    digest = models.CharField(max_length=64, editable=False)
    invited_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(InvitationQuerySet)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(fields=["store", "digest"], name="invitation_digest_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_known"),
            StoreIsolation(name="invitation_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"

    @classmethod
    def prepare(cls, *, email: str, role: str, invited_by: Any, now: datetime) -> "tuple[Invitation, str]":
        """Return an unsaved invitation and the token to put in its mail."""
        token = secrets.token_urlsafe(32)
        return cls(
            email=email.strip().lower(),
            role=role,
            invited_by=invited_by,
            digest=digest_of(token),
            created_at=now,
            expires_at=now + VALID_FOR,
        ), token
