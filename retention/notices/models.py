"""One row per mail the product owes someone. The key makes sure that a thing is said once.

Writing one is `owing.py`, sending is `delivering.py`; times of work are on the database's clock.
"""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """A mail about the product itself, written in the transaction of what caused it, sent by its own loop.

    may_repeat: a second copy does no harm (an address check, a reset), so a send whose end is not known is tried again.
    token: rises with every claim; a worker that lost its claim can write nothing over a later one.
    """

    class State(models.TextChoices):
        READY = "ready", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown")

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=60)
    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    may_repeat = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.READY)
    token = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    db_grants: ClassVar[dict[str, str]] = {"app": "SELECT, INSERT, UPDATE, DELETE", "platform": "SELECT, UPDATE"}

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["ready", "sending", "sent", "failed", "unknown"]), name="notice_state_known"
            )
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="notice_due", condition=models.Q(state="ready")),
            models.Index(fields=["leased_until"], name="notice_leased", condition=models.Q(state="sending")),
            models.Index(fields=["sent_at"], name="notice_sent_with_body", condition=models.Q(state="sent") & ~models.Q(text="", html="")),
            models.Index(
                fields=["leased_until"],
                name="notice_failed_with_body",
                condition=models.Q(state__in=["failed", "unknown"]) & ~models.Q(text="", html=""),
            ),
            models.Index(fields=["created_at"], name="notice_finished", condition=models.Q(state__in=["sent", "failed", "unknown"])),
            models.Index(Upper("to"), name="notice_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to}"
