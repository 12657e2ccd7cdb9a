"""Where a merchant wants to be told what happened: an address, the types chosen, and the secrets that sign."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.kit.secrets import seal, unseal
from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet

BOTH_SECRETS_FOR = timedelta(hours=24)
_STATES = ["live", "failing", "paused"]
_REASONS = ["", "person", "gone", "failed"]


class EndpointQuerySet(StoreQuerySet["Endpoint"]):
    """Endpoints of one store."""

    def open(self) -> "EndpointQuerySet":
        """Return those that are told things: live ones, and ones that failed lately."""
        return self.exclude(state=Endpoint.State.PAUSED)


class Endpoint(StoreOwned):
    """One address of a merchant. While it is paused its events wait; nothing is thrown away.

    previous_sealed: the secret before the last rotation; it signs too until `previous_until`. failing_since: the first failure since
    something got through. rest_until: the endpoint asked for a pause, or did not answer at all; nothing is sent to it before.
    """

    class State(models.TextChoices):
        LIVE = "live", _("Live")
        FAILING = "failing", _("Failing")
        PAUSED = "paused", _("Paused")

    class PausedFor(models.TextChoices):
        PERSON = "person", _("Paused by a person")
        GONE = "gone", _("The address answered 410, which means: gone for good")
        FAILED = "failed", _("Nothing got through for three days")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    url = models.CharField(_("address"), max_length=2000)
    description = models.CharField(_("what for"), max_length=120, blank=True)
    types = models.JSONField(_("what is told"), default=list)
    secret_sealed = models.TextField(editable=False)
    previous_sealed = models.TextField(blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.LIVE)
    paused_for = models.CharField(max_length=8, choices=PausedFor.choices, blank=True)
    paused_at = models.DateTimeField(null=True)
    paused_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+")
    failing_since = models.DateTimeField(null=True)
    rest_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(EndpointQuerySet)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="endpoint_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="endpoint_public_id_once"),
            models.CheckConstraint(condition=models.Q(state__in=_STATES), name="endpoint_state_known"),
            models.CheckConstraint(condition=models.Q(paused_for__in=_REASONS), name="endpoint_paused_for_known"),
            models.CheckConstraint(condition=models.Q(state="paused") | models.Q(paused_for=""), name="endpoint_paused_says_why"),
            StoreIsolation(name="endpoint_isolation"),
        ]

    def __str__(self) -> str:
        return self.description or urlsplit(self.url).hostname or self.url

    def keep_secret(self, text: str) -> None:
        """Seal a new secret and forget the old ones; the caller saves."""
        self.secret_sealed = self._seal(text)
        self.previous_sealed, self.previous_until = "", None

    def rotate(self, text: str, *, now: datetime) -> None:
        """Sign with a new secret from now on, and with the present one beside it for a day."""
        self.previous_sealed, self.previous_until = self.secret_sealed, now + BOTH_SECRETS_FOR
        self.secret_sealed = self._seal(text)
        self.save(update_fields=["secret_sealed", "previous_sealed", "previous_until"])

    def secrets(self, *, now: datetime) -> list[str]:
        """Return the secrets that sign at this moment, the newest first. Raises CannotUnseal."""
        sealed = [self.secret_sealed]
        if self.previous_sealed and self.previous_until is not None and now < self.previous_until:
            sealed.append(self.previous_sealed)
        return [unseal(one, store_id=self.store_id, purpose=self._purpose) for one in sealed]

    def pause(self, *, reason: str, now: datetime, by: Any = None) -> None:
        """Tell it nothing until somebody resumes it; what happens meanwhile waits."""
        self.state, self.paused_for, self.paused_at, self.paused_by = self.State.PAUSED, reason, now, by
        self.save(update_fields=["state", "paused_for", "paused_at", "paused_by"])

    def resume(self) -> None:
        """Go on telling it, what waited first."""
        self.state, self.paused_for, self.paused_at, self.paused_by = self.State.LIVE, "", None, None
        self.failing_since = self.rest_until = None
        self.save(update_fields=["state", "paused_for", "paused_at", "paused_by", "failing_since", "rest_until"])

    @property
    def _purpose(self) -> str:
        return f"webhook:{self.public_id}"

    def _seal(self, text: str) -> str:
        return seal(text, store_id=self._store_number(), purpose=self._purpose)

    def _store_number(self) -> int:
        if self.store_id is None:
            raise LookupError("An endpoint is sealed for its store: set the store first.")
        return int(self.store_id)
