"""What a store decided about its baskets."""

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned

USUAL_IDLE_MINUTES = 60
USUAL_ABANDONED_MINUTES = 24 * 60


class CartSettings(StoreOwned):
    """One row per store that changed something; no row means the usual values."""

    idle_minutes = models.PositiveIntegerField(
        _("minutes until a basket counts as left alone"),
        default=USUAL_IDLE_MINUTES,
        validators=[MinValueValidator(5), MaxValueValidator(1440)],
    )
    abandoned_minutes = models.PositiveIntegerField(
        _("minutes until a basket counts as abandoned"),
        default=USUAL_ABANDONED_MINUTES,
        validators=[MinValueValidator(10), MaxValueValidator(10080)],
    )

    class Meta:
        verbose_name = _("basket settings")
        verbose_name_plural = _("basket settings")
        constraints = [
            models.UniqueConstraint(fields=["store"], name="cart_settings_once"),
            models.CheckConstraint(condition=models.Q(idle_minutes__gte=5, idle_minutes__lte=1440), name="cart_settings_idle_range"),
            models.CheckConstraint(
                condition=models.Q(abandoned_minutes__gt=models.F("idle_minutes"), abandoned_minutes__lte=10080),
                name="cart_settings_abandoned_after_idle",
            ),
            StoreIsolation(name="cart_settings_isolation"),
        ]

    def __str__(self) -> str:
        return f"left alone after {self.idle_minutes} minutes"

    @classmethod
    def delays(cls) -> tuple[timedelta, timedelta]:
        """Return how long a basket of the active store must lie untouched to count as left alone, and as abandoned."""
        found = cls.objects.values_list("idle_minutes", "abandoned_minutes").first()
        idle, abandoned = found or (USUAL_IDLE_MINUTES, USUAL_ABANDONED_MINUTES)
        return timedelta(minutes=idle), timedelta(minutes=abandoned)
