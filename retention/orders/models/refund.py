"""Money given back, and goods on their way back."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from retention.orders.models.order import Order
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned, implied_store


class Refund(StoreOwned):
    """Money given back. number: the shop's own id of the refund or credit note. order: none where the shop does not say which.

    total_minor: None while everything was given back of an order that is not known yet.
    """

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, related_name="refunds", null=True, db_constraint=False, db_index=False
    )
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, related_name="refunds", null=True, db_constraint=False)
    number = models.CharField(_("number"), max_length=120)
    order_number = models.CharField(max_length=120, blank=True)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=20, default="api")
    refunded_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="refund_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="refund_public_id_once"),
            models.UniqueConstraint(fields=["store", "number"], name="refund_number_once"),
            models.CheckConstraint(condition=models.Q(total_minor=None) | models.Q(total_minor__gte=0), name="refund_total_not_negative"),
            StoreForeignKey(field="customer", name="refund_customer_of_store"),
            StoreForeignKey(field="order", name="refund_order_of_store"),
            StoreIsolation(name="refund_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "customer", "-refunded_at"], name="refund_of_customer"),
            models.Index(fields=["store", "order_number"], name="refund_waiting", condition=models.Q(order=None)),
        ]

    def __str__(self) -> str:
        return self.number


class RefundLine(StoreOwned):
    """One product of a refund. quantity: pieces taken back, 0 for money alone."""

    store = implied_store()
    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="lines", db_constraint=False, db_index=False)
    position = models.PositiveIntegerField()
    product_id = models.CharField(max_length=120)
    variant_id = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=300, blank=True)
    quantity = models.PositiveIntegerField()
    amount_minor = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("refund line")
        verbose_name_plural = _("refund lines")
        constraints = [
            models.UniqueConstraint(fields=["store", "refund", "position"], name="refund_line_once"),
            StoreForeignKey(field="refund", name="refund_line_refund_of_store"),
            StoreIsolation(name="refund_line_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.name}"


class Return(StoreOwned):
    """Goods on their way back, as the shop reports them; the money is a refund of its own."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("Asked for")
        APPROVED = "approved", _("Agreed")
        DECLINED = "declined", _("Declined")
        IN_TRANSIT = "in_transit", _("On the way back")
        RECEIVED = "received", _("Back")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Called off")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="returns", null=True, db_constraint=False)
    number = models.CharField(_("number"), max_length=120)
    order_number = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=State.choices)
    source = models.CharField(max_length=20, default="api")
    requested_at = models.DateTimeField()
    reported_at = models.DateTimeField()

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="return_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="return_public_id_once"),
            models.UniqueConstraint(fields=["store", "number"], name="return_number_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["requested", "approved", "declined", "in_transit", "received", "closed", "cancelled"]),
                name="return_state_known",
            ),
            StoreForeignKey(field="customer", name="return_customer_of_store"),
            StoreIsolation(name="return_isolation"),
        ]
        indexes = [models.Index(fields=["store", "customer", "-requested_at"], name="return_of_customer")]

    def __str__(self) -> str:
        return self.number


class ReturnLine(StoreOwned):
    """One product of a return."""

    of_return = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines", db_constraint=False)
    position = models.PositiveIntegerField()
    product_id = models.CharField(max_length=120)
    variant_id = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=300, blank=True)
    quantity = models.PositiveIntegerField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")
        constraints = [
            models.UniqueConstraint(fields=["store", "of_return", "position"], name="return_line_once"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="return_line_quantity_positive"),
            StoreForeignKey(field="of_return", name="return_line_return_of_store"),
            StoreIsolation(name="return_line_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.name}"
