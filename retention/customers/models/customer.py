"""A person known to a store, and the names storefronts know them by."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from retention.kit.words import fold
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class CustomerQuerySet(StoreQuerySet["Customer"]):
    """Customers of one store."""

    def newest_first(self) -> "CustomerQuerySet":
        """Return them by the time we first heard of them, newest first."""
        return self.order_by("-created_at", "-id")

    def known(self) -> "CustomerQuerySet":
        """Return those whose e-mail address we know."""
        return self.filter(email_key__isnull=False)

    def visitors(self) -> "CustomerQuerySet":
        """Return those without an e-mail address."""
        return self.filter(email_key__isnull=True)

    def found_by(self, search: str) -> "CustomerQuerySet":
        """Return those whose address begins with the text; two bounds, so that the index on addresses answers."""
        beginning = fold(search.strip().replace("\x00", ""))
        return self.filter(email_key__gte=beginning, email_key__lt=beginning + "\U0010ffff")

    def who_allow(self, channel: str) -> "CustomerQuerySet":
        """Return those who allow a channel."""
        return self.filter(consents__channel=channel, consents__status="granted")


class Customer(StoreOwned):
    """One person. `email_key` is the folded address that makes them unique within the store."""

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    email_key = models.CharField(max_length=254, null=True, editable=False, db_collation="C")  # noqa: DJ001 - absent, not empty: unique where known
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    gender = models.CharField(_("gender as stated"), max_length=20, blank=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    interests = models.JSONField(_("interests"), default=list, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    zone = models.CharField(_("time zone"), max_length=64, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    learnt_at = models.JSONField(
        default=dict, editable=False
    )  # field -> when the person lived the event that said so; a late one never overwrites
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_seen_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(CustomerQuerySet)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="customer_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="customer_public_id_once"),
            models.UniqueConstraint(fields=["store", "email_key"], name="customer_email_once"),
            StoreIsolation(name="customer_isolation"),
        ]
        indexes = [models.Index(fields=["store", "-created_at", "-id"], name="customer_newest")]

    def __str__(self) -> str:
        return self.name or self.email or str(self.public_id)

    @property
    def title(self) -> str:
        """Return what pages call them: the name, else the address, else a visitor."""
        return self.name or self.email or gettext("A visitor")

    @property
    def name(self) -> str:
        """Return first and last name as far as known."""
        return f"{self.first_name} {self.last_name}".strip()


class Identity(StoreOwned):
    """A name a storefront knows the person by: the shop's own customer id, a folded e-mail address, a browser's id."""

    class Kind(models.TextChoices):
        EXTERNAL = "external", _("Shop's own id")
        EMAIL = "email", _("E-mail address")
        ANONYMOUS = "anonymous", _("Browser")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities", db_constraint=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            models.UniqueConstraint(fields=["store", "kind", "value"], name="identity_once"),
            models.CheckConstraint(condition=models.Q(kind__in=["external", "email", "anonymous"]), name="identity_kind_known"),
            StoreForeignKey(field="customer", name="identity_customer_of_store"),
            StoreIsolation(name="identity_isolation"),
        ]
        indexes = [models.Index(fields=["store", "customer"], name="identity_of_customer")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"
