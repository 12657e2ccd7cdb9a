"""A journey: a triggered series of steps. What it does is immutable data, one row per version."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class JourneyQuerySet(StoreQuerySet["Journey"]):
    """Journeys of one store."""

    def live(self) -> "JourneyQuerySet":
        """Return those that take people in."""
        return self.filter(state=Journey.State.LIVE)

    def plain(self) -> "JourneyQuerySet":
        """Return what people know as journeys: no cells of the recovery plan, and no shadows."""
        return self.filter(for_quiet=False, shadow_of=None)

    def no_shadows(self) -> "JourneyQuerySet":
        """Return those that write to people: all but shadows."""
        return self.filter(shadow_of=None)

    def by_name(self) -> "JourneyQuerySet":
        """Return them by name."""
        return self.order_by("name", "id")


class Journey(StoreOwned):
    """One journey. `live_number` is the version that people enter; running enrollments finish on their own.

    waves_until: up to which moment the calendar was looked at, of a journey that people enter by it.
    for_quiet: its messages wait until a person has done nothing in the shop for half an hour; it runs a cell of the recovery plan.
    shadow_of: the journey whose draft it tries out: people enter it and go through it as ever, and nothing of it is done
    (`journeys/shadowing.py`).
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        PAUSED = "paused", _("Paused")
        ENDED = "ended", _("Ended")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    playbook = models.CharField(max_length=40, blank=True, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    live_number = models.PositiveIntegerField(null=True, editable=False)
    launched_at = models.DateTimeField(null=True, editable=False)
    paused_at = models.DateTimeField(null=True, editable=False)
    pause_reason = models.CharField(max_length=10, blank=True, default="", db_default="", editable=False)
    waves_until = models.DateTimeField(null=True, editable=False)
    for_quiet = models.BooleanField(default=False, db_default=False, editable=False)
    shadow_of = models.ForeignKey(
        "self", on_delete=models.CASCADE, related_name="shadows", null=True, editable=False, db_constraint=False, db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(JourneyQuerySet)

    class Meta:
        verbose_name = _("journey")
        verbose_name_plural = _("journeys")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="journey_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="journey_public_id_once"),
            models.UniqueConstraint(fields=["store", "playbook"], condition=~models.Q(playbook=""), name="journey_playbook_once"),
            models.CheckConstraint(condition=models.Q(state__in=["draft", "live", "paused", "ended"]), name="journey_state_known"),
            models.CheckConstraint(
                condition=~models.Q(state="live") | models.Q(live_number__isnull=False, launched_at__isnull=False),
                name="journey_live_has_version",
            ),
            models.UniqueConstraint(
                fields=["store", "shadow_of"], condition=models.Q(shadow_of__isnull=False, state="live"), name="journey_one_shadow"
            ),
            StoreForeignKey(field="shadow_of", name="journey_shadow_of_store"),
            StoreIsolation(name="journey_isolation"),
        ]

    def __str__(self) -> str:
        return self.name

    def launch(self, *, number: int, now: datetime) -> None:
        """Let people enter by version `number` from now on; what happened before does not count."""
        self.state, self.live_number, self.launched_at, self.paused_at = self.State.LIVE, number, now, None
        self.waves_until = now
        self.save(update_fields=["state", "live_number", "launched_at", "paused_at", "waves_until"])

    def pause(self, *, now: datetime) -> bool:
        """Stop everything before the next message leaves; say whether it was live."""
        changed = type(self).objects.filter(pk=self.pk, state=self.State.LIVE).update(state=self.State.PAUSED, paused_at=now)
        return bool(changed)

    def resume(self) -> bool:
        """Go on where it stopped; say whether it was paused."""
        changed = (
            type(self).objects.filter(pk=self.pk, state=self.State.PAUSED).update(state=self.State.LIVE, paused_at=None, pause_reason="")
        )
        return bool(changed)


class JourneyVersion(StoreOwned):
    """What a journey does, as validated JSON. Written once, never changed: the database grants no UPDATE."""

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="versions", db_constraint=False)
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    db_grants: ClassVar[dict[str, str]] = {"app": "SELECT, INSERT"}

    class Meta:
        verbose_name = _("journey version")
        verbose_name_plural = _("journey versions")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="journey_version_of_store"),
            models.UniqueConstraint(fields=["store", "journey", "number"], name="journey_version_once"),
            StoreForeignKey(field="journey", name="journey_version_journey_of_store"),
            StoreIsolation(name="journey_version_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.journey_id} v{self.number}"


def names_of_journeys() -> dict[str, str]:
    """Return the active store's journeys as events name them: by public id, with their names."""
    return {str(public_id): name for public_id, name in Journey.objects.no_shadows().by_name().values_list("public_id", "name")}
