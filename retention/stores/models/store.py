"""The store: the tenant. Everything a shop owns hangs on its id."""

import uuid
import zoneinfo
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.kit.zones import ZONES


def check_zone(value: str) -> None:
    """Refuse a name that is not an IANA time zone."""
    if value not in ZONES:
        raise ValidationError(_("“%(value)s” is not a time zone; choose one such as Europe/Berlin."), params={"value": value})


class Store(models.Model):
    """One shop with its own customers, money, people and keys."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("shop name"), max_length=120)
    slug = models.SlugField(_("short name in addresses"), max_length=60, unique=True)
    country = models.CharField(_("country"), max_length=2, validators=[RegexValidator(r"^[A-Z]{2}$")])
    currency = models.CharField(_("currency"), max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$")])
    zone = models.CharField(_("time zone"), max_length=64, validators=[check_zone])
    locale = models.CharField(_("language"), max_length=10, default="en")
    web_address = models.URLField(_("web address"), max_length=300, blank=True)
    postal_address = models.TextField(
        _("postal address"), max_length=500, blank=True, help_text=_("Stands in the footer of every e-mail; the law asks for it.")
    )
    brand_color = models.CharField(_("brand colour"), max_length=7, default="#0b6674", validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$")])
    logo_url = models.URLField(_("logo address"), max_length=300, blank=True)
    # For how many months events are kept after they reached us; None: for good.
    event_months = models.PositiveSmallIntegerField(_("events are kept for months"), null=True, blank=True)
    # For how many months single messages are kept; never fewer than links in them lead somewhere (400 days). None: for good.
    message_months = models.PositiveSmallIntegerField(_("messages are kept for months"), null=True, blank=True, default=14, db_default=14)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    checklist_hidden_at = models.DateTimeField(null=True, blank=True, editable=False)

    db_grants: ClassVar[dict[str, str]] = {"app": "SELECT, INSERT, UPDATE", "ingest": "SELECT", "platform": "SELECT, UPDATE"}

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        constraints = [
            models.CheckConstraint(condition=models.Q(event_months__range=(1, 120)), name="store_keeps_events_for_months"),
            models.CheckConstraint(condition=models.Q(message_months__range=(14, 120)), name="store_keeps_messages_for_months"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        """Return one or two capitals for the square badge."""
        return "".join(word[0] for word in self.name.split()[:2]).upper()

    @property
    def timezone(self) -> zoneinfo.ZoneInfo:
        """Return the store's time zone."""
        return zoneinfo.ZoneInfo(self.zone)
