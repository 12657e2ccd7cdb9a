"""Answers the API gave, kept so that a repeated request gets the same one. Nothing else of the API is stored."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned


class KeptAnswer(StoreOwned):
    """The answer to one unsafe request, found again by the caller's Idempotency-Key.

    caller: the row of the API key that asked, so that no key is given the answer of another one, with other scopes.
    """

    caller = models.BigIntegerField(default=0, db_default=0)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)  # of caller, method, address and body: another request under the same key is refused
    status = models.PositiveSmallIntegerField()
    body = models.JSONField(null=True)
    created_at = models.DateTimeField()

    db_grants: ClassVar[dict[str, str]] = {"app": "SELECT, INSERT, DELETE", "platform": "SELECT, DELETE"}

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        constraints = [
            models.UniqueConstraint(fields=["store", "caller", "key"], name="kept_answer_once"),
            StoreIsolation(name="kept_answer_isolation"),
        ]
        indexes = [models.Index(fields=["created_at"], name="kept_answer_age")]

    def __str__(self) -> str:
        return f"{self.status} for {self.key}"
