"""A sign-up form of a store, and how often it was seen."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.signup.models.topic import Topic
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class SignupFormQuerySet(StoreQuerySet["SignupForm"]):
    """Forms of one store."""

    def newest_first(self) -> "SignupFormQuerySet":
        """Return them by when they were made, newest first."""
        return self.order_by("-created_at", "-id")

    def in_use(self) -> "SignupFormQuerySet":
        """Return those that are not put away."""
        return self.exclude(state=SignupForm.State.ARCHIVED)


class SignupForm(StoreOwned):
    """One form: its questions in steps, its words, what it asks leave for and when it opens.

    steps: as `definition.py` reads them; steps_version rises with every change of them. texts: title, intro, button, success. popup: as
    `popups.py` reads it. consent_version rises whenever the consent text changes; what a person agreed to is kept with their sign-up.
    """

    class Kind(models.TextChoices):
        EMBEDDED = "embedded", _("In the page")
        POPUP = "popup", _("Pop-up")
        HOSTED = "hosted", _("Page of its own")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        PAUSED = "paused", _("Paused")
        ARCHIVED = "archived", _("Put away")

    class OptIn(models.TextChoices):
        COUNTRY = "country", _("As the country asks for")
        ALWAYS = "always", _("Always ask for a second yes")
        NEVER = "never", _("One yes is enough where the country allows it")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="forms", null=True, blank=True, db_constraint=False)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.HOSTED)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    steps = models.JSONField(default=list)
    steps_version = models.PositiveIntegerField(default=1)
    texts = models.JSONField(default=dict)
    consent_text = models.TextField(_("consent text"), max_length=1000)
    consent_version = models.PositiveIntegerField(default=1)
    asks_email = models.BooleanField(default=True)
    asks_phone = models.BooleanField(default=False)
    opt_in = models.CharField(max_length=10, choices=OptIn.choices, default=OptIn.COUNTRY)
    popup = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    live_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(SignupFormQuerySet)

    class Meta:
        verbose_name = _("sign-up form")
        verbose_name_plural = _("sign-up forms")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="signup_form_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="signup_form_public_id_once"),
            models.CheckConstraint(condition=Q(kind__in=["embedded", "popup", "hosted"]), name="signup_form_kind_known"),
            models.CheckConstraint(condition=Q(state__in=["draft", "live", "paused", "archived"]), name="signup_form_state_known"),
            models.CheckConstraint(condition=Q(opt_in__in=["country", "always", "never"]), name="signup_form_opt_in_known"),
            models.CheckConstraint(condition=Q(asks_email=True) | Q(asks_phone=True), name="signup_form_asks_for_an_address"),
            StoreForeignKey(field="topic", name="signup_form_topic_of_store"),
            StoreIsolation(name="signup_form_isolation"),
        ]
        indexes = [models.Index(fields=["public_id"], name="signup_form_by_public_id")]  # its store is not known before

    def __str__(self) -> str:
        return self.name

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the channels this form asks leave for."""
        return ("email",) * self.asks_email + ("sms",) * self.asks_phone

    @property
    def text_version(self) -> str:
        """Return the name of the consent text as it stands now, for the proof."""
        return f"{self.public_id.hex[:12]}-{self.consent_version}"

    def go_live(self, *, now: datetime) -> bool:
        """Open the form to visitors; False when it is open, or was put away."""
        if self.state in {self.State.LIVE, self.State.ARCHIVED}:
            return False
        self.state, self.live_at = self.State.LIVE, self.live_at or now
        self.save(update_fields=["state", "live_at"])
        return True

    def pause(self) -> bool:
        """Take nobody's answers for now; False unless it was live."""
        return self._become(self.State.PAUSED, unless_not=self.State.LIVE)

    def archive(self) -> bool:
        """Put the form away; what came in by it stays. False when it was put away before."""
        if self.state == self.State.ARCHIVED:
            return False
        return self._become(self.State.ARCHIVED, unless_not=self.state)

    def _become(self, state: str, *, unless_not: str) -> bool:
        if self.state != unless_not:
            return False
        self.state = state
        self.save(update_fields=["state"])
        return True


class FormDay(StoreOwned):
    """How often a form was opened before somebody's eyes on one day of the store."""

    form = models.ForeignKey(SignupForm, on_delete=models.CASCADE, related_name="days", db_constraint=False)
    day = models.DateField()
    shown_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "form", "day"], name="form_day_once"),
            StoreForeignKey(field="form", name="form_day_form_of_store"),
            StoreIsolation(name="form_day_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.form_id} on {self.day}: {self.shown_count}"
