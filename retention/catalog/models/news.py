"""What changed about a product so that somebody may care: it costs less, it is back, few are left. Rows wait to be read and then leave."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.catalog.models.product import Product
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class ProductNews(StoreOwned):
    """One piece of news. before and after: prices in minor units of `currency`, or pieces. after_id: up to which customer it was told."""

    class Kind(models.TextChoices):
        PRICE_DROP = "price_drop", _("Costs less")
        BACK_IN_STOCK = "back_in_stock", _("Is back in stock")
        LOW_STOCK = "low_stock", _("Few are left")

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=13, choices=Kind.choices)
    currency = models.CharField(max_length=3, blank=True)
    before = models.BigIntegerField()
    after = models.BigIntegerField()
    at = models.DateTimeField()
    after_id = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("news of a product")
        verbose_name_plural = _("news of products")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["price_drop", "back_in_stock", "low_stock"]), name="product_news_kind_known"
            ),
            StoreForeignKey(field="product", name="product_news_product_of_store"),
            StoreIsolation(name="product_news_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.product_id}"
