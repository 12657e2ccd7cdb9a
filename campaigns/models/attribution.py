"""Which message an order is credited to, with the window it was decided by stored beside it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.message import Message
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class Attribution(StoreOwned):
    """One order's credit by one way of counting; recomputed when the way changes."""

    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE, related_name="attributions", db_constraint=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attributions", db_constraint=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    method = models.CharField(max_length=20, default="last_click")
    window_days = models.PositiveSmallIntegerField()
    clicked_at = models.DateTimeField()
    credited_at = models.DateTimeField()
    total_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        verbose_name = _("attribution")
        verbose_name_plural = _("attributions")
        constraints = [
            models.UniqueConstraint(fields=["store", "order", "method"], name="attribution_once"),
            StoreForeignKey(field="order", name="attribution_order_of_store"),
            StoreForeignKey(field="message", name="attribution_message_of_store"),
            StoreForeignKey(field="customer", name="attribution_customer_of_store"),
            StoreIsolation(name="attribution_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "message"], name="attribution_of_message"),
            models.Index(fields=["store", "-credited_at", "-id"], name="attribution_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} by {self.message_id}"
