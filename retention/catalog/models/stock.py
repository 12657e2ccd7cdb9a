"""How much is there, and what it cost when."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.catalog.models.product import Variant
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class StockLevel(StoreOwned):
    """How many pieces of a variant a place has. place: the shop's own id of it, empty where the shop has only one.

    Negative is what some shops really report when they sold more than they had.
    """

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="stock", db_constraint=False)
    place = models.CharField(max_length=120, blank=True)
    available = models.IntegerField()
    reported_at = models.DateTimeField()

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        constraints = [
            models.UniqueConstraint(fields=["store", "variant", "place"], name="stock_level_once"),
            StoreForeignKey(field="variant", name="stock_level_variant_of_store"),
            StoreIsolation(name="stock_level_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.available} at {self.place or 'the shop'}"


class PriceChange(StoreOwned):
    """What a variant cost from a moment on; rows are only added."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="price_changes", db_constraint=False)
    currency = models.CharField(max_length=3)
    price_minor = models.BigIntegerField()
    compare_at_minor = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("price change")
        verbose_name_plural = _("price history")
        constraints = [
            models.UniqueConstraint(fields=["store", "variant", "changed_at"], name="price_change_once"),
            models.CheckConstraint(condition=models.Q(price_minor__gte=0), name="price_change_not_negative"),
            StoreForeignKey(field="variant", name="price_change_variant_of_store"),
            StoreIsolation(name="price_change_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.price_minor} {self.currency} from {self.changed_at:%Y-%m-%d}"
