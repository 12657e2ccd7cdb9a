"""An order the shop's server reported, as it stands now. The shop's own number makes it unique."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned, implied_store
from retention.tenancy.querysets import StoreManager, StoreQuerySet
from retention.tenancy.statement_keys import StatementForeignKey


class OrderQuerySet(StoreQuerySet["Order"]):
    """Orders of one store."""

    def newest_first(self) -> "OrderQuerySet":
        """Return them by the moment they were placed, newest first."""
        return self.order_by("-placed_at", "-id")


class Order(StoreOwned):
    """One order. number: the shop's own id; label: what people call it. total_minor: what was paid, before refunds.

    reported_at: the shop's version of it; an older report never overwrites a newer one.
    """

    class Payment(models.TextChoices):
        PAID = "paid", _("Paid")
        PENDING = "pending", _("Waiting for payment")
        PART_REFUNDED = "part_refunded", _("Partly refunded")
        REFUNDED = "refunded", _("Refunded")
        VOIDED = "voided", _("Never paid")

    class Fulfilment(models.TextChoices):
        OPEN = "open", _("Not sent")
        PARTIAL = "partial", _("Partly sent")
        DONE = "done", _("Sent")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, related_name="orders", null=True, db_constraint=False, db_index=False
    )
    cart = models.ForeignKey(
        "orders.Cart", on_delete=models.SET_NULL, related_name="orders", null=True, db_constraint=False, db_index=False
    )
    number = models.CharField(_("number"), max_length=120)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    label = models.CharField(_("name"), max_length=120, blank=True, default="", db_default="")
    payment_state = models.CharField(max_length=14, choices=Payment.choices, default=Payment.PAID, db_default="paid")
    fulfilment_state = models.CharField(max_length=8, choices=Fulfilment.choices, default=Fulfilment.OPEN, db_default="open")
    subtotal_minor = models.BigIntegerField(null=True)
    discount_minor = models.BigIntegerField(default=0, db_default=0)
    shipping_minor = models.BigIntegerField(default=0, db_default=0)
    tax_minor = models.BigIntegerField(default=0, db_default=0)
    refunded_minor = models.BigIntegerField(default=0, db_default=0)
    coupons = models.JSONField(default=list, db_default=Value([], models.JSONField()), blank=True)
    source = models.CharField(max_length=20, default="api", db_default="api")
    placed_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
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
            models.CheckConstraint(
                condition=models.Q(discount_minor__gte=0, shipping_minor__gte=0, tax_minor__gte=0, refunded_minor__gte=0),
                name="order_parts_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(payment_state__in=["paid", "pending", "part_refunded", "refunded", "voided"]),
                name="order_payment_known",
            ),
            models.CheckConstraint(condition=models.Q(fulfilment_state__in=["open", "partial", "done"]), name="order_fulfilment_known"),
            StoreForeignKey(field="customer", name="order_customer_of_store"),
            StoreForeignKey(field="cart", name="order_cart_of_store"),
            StoreIsolation(name="order_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "-placed_at", "-id"], name="order_newest"),
            models.Index(fields=["store", "customer", "-placed_at"], name="order_of_customer"),
            models.Index(fields=["store", "cart"], name="order_of_cart", condition=models.Q(cart__isnull=False)),
            models.Index(fields=["store", "label"], name="order_by_label", condition=~models.Q(label="")),
        ]

    def __str__(self) -> str:
        return self.label or self.number


class OrderLine(StoreOwned):
    """One product of an order. Its place in the order is its key: a number of its own would cost a file's line a tenth more."""

    pk = models.CompositePrimaryKey("store_id", "order_id", "position")
    store = implied_store()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_constraint=False, db_index=False)
    position = models.PositiveIntegerField()
    product_id = models.CharField(max_length=120)
    variant_id = models.CharField(max_length=120, blank=True, default="", db_default="")
    sku = models.CharField(max_length=120, blank=True, default="", db_default="")
    name = models.CharField(max_length=300, blank=True)
    category = models.CharField(max_length=300, blank=True, default="", db_default="")
    brand = models.CharField(max_length=120, blank=True, default="", db_default="")
    vendor = models.CharField(max_length=120, blank=True, default="", db_default="")  # who supplies it, as the order said
    quantity = models.IntegerField()  # negative: a piece taken back within the same order
    price_minor = models.BigIntegerField(default=0)
    amount_minor = models.BigIntegerField(
        default=0, db_default=0
    )  # what the line came to; quantity x price unless the price has more decimals

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            models.CheckConstraint(condition=~models.Q(quantity=0), name="order_line_has_pieces"),
            StatementForeignKey(field="order", name="order_line_order_of_store"),
            StoreIsolation(name="order_line_isolation"),
        ]
        indexes = [models.Index(fields=["store", "product_id"], name="order_line_of_product")]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.name}"
