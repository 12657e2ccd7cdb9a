"""Products as the shop knows them, and their variants, which are what is really bought."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.kit.words import fold
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet

_LAST = "\U0010ffff"


class Category(StoreOwned):
    """A shelf of the shop, by its full path ("Home / Kitchen")."""

    path = models.CharField(_("category"), max_length=300)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="category_of_store"),
            models.UniqueConstraint(fields=["store", "path"], name="category_once"),
            StoreIsolation(name="category_isolation"),
        ]

    def __str__(self) -> str:
        return self.path


class ProductQuerySet(StoreQuerySet["Product"]):
    """Products of one store."""

    def found_by(self, search: str) -> "ProductQuerySet":
        """Return those whose name begins with the text, or that the shop calls exactly so (its id, or a variant's SKU)."""
        text = search.strip().replace("\x00", "")
        beginning = fold(text)
        skus = Variant.objects.filter(sku=text).values("product_id")
        return self.filter(
            models.Q(name_key__gte=beginning, name_key__lt=beginning + _LAST) | models.Q(shop_id=text) | models.Q(pk__in=skus)
        )


class Product(StoreOwned):
    """One product. shop_id: the shop's own id. reported_at: the shop's version; an older report never overwrites a newer one.

    A product known only from what shoppers looked at is `seen`: its words are a visitor's, its price nobody vouches for.
    """

    class State(models.TextChoices):
        SEEN = "seen", _("Seen by visitors")
        ACTIVE = "active", _("For sale")
        DRAFT = "draft", _("Not for sale yet")
        ARCHIVED = "archived", _("No longer sold")
        DELETED = "deleted", _("Removed by the shop")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    shop_id = models.CharField(_("shop's id"), max_length=120)
    name = models.CharField(_("name"), max_length=300, blank=True)
    name_key = models.CharField(max_length=300, blank=True, editable=False, db_collation="C")
    category = models.ForeignKey(Category, on_delete=models.SET_NULL, related_name="products", null=True, db_constraint=False)
    brand = models.CharField(_("brand"), max_length=120, blank=True)
    vendor = models.CharField(_("vendor"), max_length=120, blank=True)
    tags = models.JSONField(default=list, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    image_url = models.CharField(max_length=2000, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SEEN)
    source = models.CharField(max_length=20, default="api")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    reported_at = models.DateTimeField(null=True)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(ProductQuerySet)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="product_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="product_public_id_once"),
            models.UniqueConstraint(fields=["store", "shop_id"], name="product_shop_id_once"),
            models.CheckConstraint(condition=~models.Q(shop_id=""), name="product_shop_id_there"),
            models.CheckConstraint(
                condition=models.Q(state__in=["seen", "active", "draft", "archived", "deleted"]), name="product_state_known"
            ),
            StoreForeignKey(field="category", name="product_category_of_store"),
            StoreIsolation(name="product_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "name_key", "id"], name="product_by_name"),
            models.Index(fields=["store", "category"], name="product_by_category", condition=~models.Q(category=None)),
            models.Index(fields=["store", "brand"], name="product_by_brand", condition=~models.Q(brand="")),
        ]

    def __str__(self) -> str:
        return self.name or self.shop_id


class Variant(StoreOwned):
    """What is really bought: a size, a colour, or the product itself where it has no kinds (shop_id is then the product's).

    cost_reported_at: the shop's version of the cost, which shops tell apart from the rest.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants", db_constraint=False)
    shop_id = models.CharField(_("shop's id"), max_length=120)
    sku = models.CharField(_("SKU"), max_length=120, blank=True)
    gtin = models.CharField(_("GTIN"), max_length=14, blank=True)
    stock_id = models.CharField(max_length=120, blank=True)  # how the shop names it where it counts stock
    name = models.CharField(_("name"), max_length=300, blank=True)
    position = models.PositiveIntegerField(default=1)
    currency = models.CharField(max_length=3)
    price_minor = models.BigIntegerField(null=True)
    compare_at_minor = models.BigIntegerField(null=True)
    cost_minor = models.BigIntegerField(_("wholesale cost"), null=True)
    cost_reported_at = models.DateTimeField(null=True)
    image_url = models.CharField(max_length=2000, blank=True)
    removed_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="variant_of_store"),
            models.UniqueConstraint(fields=["store", "product", "shop_id"], name="variant_shop_id_once"),
            models.CheckConstraint(condition=models.Q(price_minor=None) | models.Q(price_minor__gte=0), name="variant_price_not_negative"),
            models.CheckConstraint(
                condition=models.Q(compare_at_minor=None) | models.Q(compare_at_minor__gte=0), name="variant_compare_not_negative"
            ),
            models.CheckConstraint(condition=models.Q(cost_minor=None) | models.Q(cost_minor__gte=0), name="variant_cost_not_negative"),
            StoreForeignKey(field="product", name="variant_product_of_store"),
            StoreIsolation(name="variant_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "sku"], name="variant_by_sku", condition=~models.Q(sku="")),
            models.Index(fields=["store", "shop_id"], name="variant_by_shop_id"),
            models.Index(fields=["store", "stock_id"], name="variant_by_stock_id", condition=~models.Q(stock_id="")),
        ]

    def __str__(self) -> str:
        return self.name or self.sku or self.shop_id
