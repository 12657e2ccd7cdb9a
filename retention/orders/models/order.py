"""An order the shop's server reported as paid. The shop's own number makes it unique."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class OrderQuerySet(StoreQuerySet["Order"]):
    """Orders of one store."""

    def newest_first(self) -> "OrderQuerySet":
        """Return them by the moment they were placed, newest first."""
        return self.order_by("-placed_at", "-id")


class Order(StoreOwned):
    """One order."""

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="orders", null=True, db_constraint=False)
    cart = models.ForeignKey("orders.Cart", on_delete=models.SET_NULL, related_name="orders", null=True, db_constraint=False)
    number = models.CharField(_("number"), max_length=120)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    placed_at = models.DateTimeField()
    received_at = models.DateTimeField()

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(OrderQuerySet)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="order_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="order_public_id_once"),
            models.UniqueConstraint(fields=["store", "number"], name="order_number_once"),
            models.CheckConstraint(condition=models.Q(total_minor__gte=0), name="order_total_not_negative"),
            StoreForeignKey(field="customer", name="order_customer_of_store"),
            StoreForeignKey(field="cart", name="order_cart_of_store"),
            StoreIsolation(name="order_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "-placed_at", "-id"], name="order_newest"),
            models.Index(fields=["store", "customer", "-placed_at"], name="order_of_customer"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(StoreOwned):
    """One product of an order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_constraint=False)
    position = models.PositiveIntegerField()
    product_id = models.CharField(max_length=120)
    name = models.CharField(max_length=300, blank=True)
    quantity = models.PositiveIntegerField()
    price_minor = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            models.UniqueConstraint(fields=["store", "order", "position"], name="order_line_once"),
            StoreForeignKey(field="order", name="order_line_order_of_store"),
            StoreIsolation(name="order_line_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.name}"
