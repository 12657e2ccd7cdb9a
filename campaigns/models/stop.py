"""What keeps a store from harming its own name as a sender: stops after too many complaints or bounces, and the pace of an account."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.connection import Connection
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class SendingStop(StoreOwned):
    """A campaign or journey that was stopped by itself. tried, bad: messages counted, and how many of them were complaints or bounces.

    whole_channel: not it alone but everything of its channel was too much. ended_at: when a person let it go on; counting begins anew then.
    """

    class Why(models.TextChoices):
        COMPLAINTS = "complaints", _("Too many people called it unwanted")
        BOUNCES = "bounces", _("Too many addresses do not exist")

    source_kind = models.CharField(max_length=20)
    source_id = models.BigIntegerField()
    channel = models.CharField(max_length=10)
    why = models.CharField(max_length=10, choices=Why.choices)
    whole_channel = models.BooleanField(default=False)
    tried = models.PositiveIntegerField()
    bad = models.PositiveIntegerField()
    stopped_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("stop of sending")
        verbose_name_plural = _("stops of sending")
        constraints = [
            models.UniqueConstraint(
                fields=["store", "source_kind", "source_id"], condition=Q(ended_at=None), name="sending_stop_open_once"
            ),
            models.CheckConstraint(condition=Q(why__in=["complaints", "bounces"]), name="sending_stop_why_known"),
            models.CheckConstraint(condition=Q(source_kind__in=["campaign", "journey"]), name="sending_stop_source_known"),
            StoreIsolation(name="sending_stop_isolation"),
        ]
        indexes = [models.Index(fields=["store", "source_kind", "source_id", "-stopped_at"], name="sending_stop_of_source")]

    def __str__(self) -> str:
        return f"{self.source_kind} {self.source_id}: {self.why}"

    @property
    def share(self) -> float:
        """Return the bad part of what was counted, 0 to 1."""
        return self.bad / self.tried if self.tried else 0.0


class AccountPace(StoreOwned):
    """How far an account's pace is used up, on the database's clock.

    spent_to: everything before this moment is spent. granted: what was let through last.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    spent_to = models.DateTimeField()
    granted = models.PositiveIntegerField(default=0)

    db_grants: ClassVar[dict[str, str]] = {"segments": ""}

    class Meta:
        verbose_name = _("pace of an account")
        verbose_name_plural = _("paces of accounts")
        constraints = [
            models.UniqueConstraint(fields=["store", "connection"], name="account_pace_once"),
            StoreForeignKey(field="connection", name="account_pace_connection_of_store"),
            StoreIsolation(name="account_pace_isolation"),
        ]

    def __str__(self) -> str:
        return f"pace of {self.connection_id}"
