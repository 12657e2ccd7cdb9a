"""What one person filled in, and how often we wrote to their address about it."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.customers.models import Customer
from retention.signup.models.form import SignupForm
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class SignupQuerySet(StoreQuerySet["Signup"]):
    """Sign-ups of one store."""

    def waiting(self, now: datetime) -> "SignupQuerySet":
        """Return those that may still be confirmed."""
        return self.filter(state=Signup.State.PENDING, expires_at__gt=now)


class Signup(StoreOwned):
    """One person's answers to one form. While it is pending, the same address and form mean the same row.

    address_digest: of the e-mail address, else of the phone number. answers: by the step's key, already read and checked.
    ip, user_agent, text_version, consent_text: what the person saw and from where, kept as proof.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for the second yes")
        CONFIRMED = "confirmed", _("Signed up")
        EXPIRED = "expired", _("Never confirmed")
        REFUSED = "refused", _("Said it was not them")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    form = models.ForeignKey(SignupForm, on_delete=models.CASCADE, related_name="signups", db_constraint=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="signups", null=True, db_constraint=False)
    address_digest = models.CharField(max_length=64)
    email = models.EmailField(max_length=254, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    answers = models.JSONField(default=dict)
    country = models.CharField(max_length=2, blank=True)
    anonymous_id = models.CharField(max_length=200, blank=True)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    text_version = models.CharField(max_length=40)
    consent_text = models.TextField(max_length=1000)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(SignupQuerySet)

    db_grants: ClassVar[dict[str, str]] = {"platform": "SELECT, UPDATE, DELETE"}

    class Meta:
        verbose_name = _("sign-up")
        verbose_name_plural = _("sign-ups")
        constraints = [
            models.UniqueConstraint(fields=["store", "public_id"], name="signup_public_id_once"),
            models.UniqueConstraint(fields=["store", "form", "address_digest"], name="signup_pending_once", condition=Q(state="pending")),
            models.CheckConstraint(condition=Q(state__in=["pending", "confirmed", "expired", "refused"]), name="signup_state_known"),
            models.CheckConstraint(condition=~Q(email="") | ~Q(phone=""), name="signup_has_an_address"),
            models.CheckConstraint(
                condition=Q(state="confirmed", confirmed_at__isnull=False) | (~Q(state="confirmed") & Q(confirmed_at=None)),
                name="signup_confirmed_at_a_moment",
            ),
            StoreForeignKey(field="form", name="signup_form_of_signup_of_store"),
            StoreForeignKey(field="customer", name="signup_customer_of_store"),
            StoreIsolation(name="signup_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "form", "-created_at", "-id"], name="signup_of_form"),
            models.Index(fields=["store", "address_digest"], name="signup_of_address"),
            models.Index(fields=["store", "customer"], name="signup_of_customer"),
            models.Index(fields=["expires_at"], name="signup_running_out", condition=Q(state="pending")),
        ]

    def __str__(self) -> str:
        return f"{self.state} at {self.created_at:%Y-%m-%d %H:%M}"


class Confirmation(StoreOwned):
    """When we last wrote to an address to ask for its second yes: at most once in 24 hours, whichever form asks.

    silent_until: the person said it was not them; nothing is asked again before that moment.
    """

    address_digest = models.CharField(max_length=64)
    mails_count = models.PositiveIntegerField(default=0)
    last_mail_at = models.DateTimeField(null=True)
    silent_until = models.DateTimeField(null=True)

    db_grants: ClassVar[dict[str, str]] = {"platform": "SELECT, DELETE"}

    class Meta:
        verbose_name = _("asking for the second yes")
        verbose_name_plural = _("asking for the second yes")
        constraints = [
            models.UniqueConstraint(fields=["store", "address_digest"], name="confirmation_once"),
            StoreIsolation(name="confirmation_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.mails_count} mails"
