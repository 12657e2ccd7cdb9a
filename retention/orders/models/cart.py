"""A basket: filled, left alone, restored, bought. One that came back (attribution says so, campaigns/measurement) stays so."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class CartQuerySet(StoreQuerySet["Cart"]):
    """Baskets of one store."""

    def open(self) -> "CartQuerySet":
        """Return baskets that can still be bought."""
        return self.filter(state=Cart.State.OPEN)


class Cart(StoreOwned):
    """One customer's basket. At most one is open per customer."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        BOUGHT = "bought", _("Bought")
        RECOVERED = "recovered", _("Came back")
        EXPIRED = "expired", _("Given up")
        MERGED = "merged", _("Joined another basket")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="carts", db_constraint=False, db_index=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField(default=0)
    lines_count = models.PositiveIntegerField(default=0)
    stage = models.CharField(max_length=40, default="basket")  # basket, checkout, checkout_2 ..., payment: how far the shopper came
    shop_id = models.CharField(
        max_length=120, blank=True, default="", db_default=""
    )  # the shop's own id of the basket or checkout, where it has one
    restore_url = models.CharField(max_length=2000, blank=True, default="", db_default="")
    started_at = models.DateTimeField()
    last_activity_at = models.DateTimeField()
    idle_at = models.DateTimeField(null=True)
    abandoned_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(CartQuerySet)

    class Meta:
        verbose_name = _("basket")
        verbose_name_plural = _("baskets")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="cart_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="cart_public_id_once"),
            models.UniqueConstraint(fields=["store", "customer"], condition=models.Q(state="open"), name="cart_open_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "bought", "recovered", "expired", "merged"]), name="cart_state_known"
            ),
            models.CheckConstraint(condition=models.Q(total_minor__gte=0), name="cart_total_not_negative"),
            models.CheckConstraint(
                condition=models.Q(abandoned_at=None) | models.Q(idle_at__isnull=False), name="cart_idle_before_abandoned"
            ),
            StoreForeignKey(field="customer", name="cart_customer_of_store"),
            StoreIsolation(name="cart_isolation"),
        ]
        indexes = [
            models.Index(
                fields=["store", "last_activity_at", "id"], name="cart_going_idle", condition=models.Q(state="open", idle_at=None)
            ),
            models.Index(fields=["store", "customer", "started_at"], name="cart_of_customer"),
            models.Index(fields=["store", "state", "-last_activity_at", "-id"], name="cart_touched_last"),
        ]

    def __str__(self) -> str:
        return f"basket {self.public_id}"


class CartLine(StoreOwned):
    """One product in a basket."""

    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines", db_constraint=False, db_index=False)
    product_id = models.CharField(max_length=120)
    variant_id = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=300, blank=True)
    quantity = models.PositiveIntegerField()
    price_minor = models.BigIntegerField(default=0)
    url = models.CharField(max_length=2000, blank=True)
    image_url = models.CharField(max_length=2000, blank=True)

    class Meta:
        verbose_name = _("basket line")
        verbose_name_plural = _("basket lines")
        constraints = [
            models.UniqueConstraint(fields=["store", "cart", "product_id", "variant_id"], name="cart_line_once"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="cart_line_quantity_positive"),
            models.CheckConstraint(condition=models.Q(price_minor__gte=0), name="cart_line_price_not_negative"),
            StoreForeignKey(field="cart", name="cart_line_cart_of_store"),
            StoreIsolation(name="cart_line_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.name}"
