"""What holds for the whole installation: one row, without a store.

Today only whether anything may be sent; a restored copy starts in safe mode (P17).
"""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

ONLY = 1


class PlatformState(models.Model):
    """The installation's one row; while there is none, everything is as usual."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    sending_stopped_at = models.DateTimeField(_("sending stopped"), null=True, editable=False)
    reason = models.CharField(_("why"), max_length=200, blank=True, editable=False)

    db_grants: ClassVar[dict[str, str]] = {"app": "SELECT", "platform": "SELECT, INSERT, UPDATE"}

    class Meta:
        verbose_name = _("state of the installation")
        verbose_name_plural = _("state of the installation")
        constraints = [models.CheckConstraint(condition=models.Q(pk=ONLY), name="platform_state_single")]

    def __str__(self) -> str:
        return f"Nothing is sent: {self.reason}" if self.sending_stopped_at else "As usual"

    @classmethod
    def current(cls) -> "PlatformState":
        """Return the state; an unsaved one that says "as usual" when nothing was ever written."""
        return cls.objects.filter(pk=ONLY).first() or cls()

    @classmethod
    def sending_allowed(cls) -> bool:
        """Say whether messages may be claimed and sent."""
        return not cls.objects.filter(pk=ONLY, sending_stopped_at__isnull=False).exists()

    @classmethod
    def stop_sending(cls, *, reason: str, now: datetime, using: str = "default") -> None:
        """Send nothing from now on, until an operator confirms."""
        cls.objects.using(using).update_or_create(pk=ONLY, defaults={"sending_stopped_at": now, "reason": reason})

    @classmethod
    def resume_sending(cls) -> None:
        """Send again."""
        cls.objects.filter(pk=ONLY).update(sending_stopped_at=None, reason="")
