"""Clicks on the links of messages; where each leads stands in the message itself."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.message import Message
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class Click(StoreOwned):
    """One request for a link. `suspected` names why it looks like a machine; raw and filtered counts are both kept.

    noted_at: when it became a receipt. Writing this row is all that a request for a link does.
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="clicks", db_constraint=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    position = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    method = models.CharField(max_length=7)
    agent = models.CharField(max_length=300, blank=True)
    suspected = models.CharField(max_length=40, blank=True)
    noted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("click")
        verbose_name_plural = _("clicks")
        constraints = [
            StoreForeignKey(field="message", name="click_message_of_store"),
            StoreForeignKey(field="customer", name="click_customer_of_store"),
            StoreIsolation(name="click_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "customer", "-at", "-id"], name="click_of_customer", condition=models.Q(suspected="")),
            models.Index(fields=["store", "message", "at"], name="click_of_message"),
            models.Index(fields=["store", "at"], name="click_by_age"),
            models.Index(fields=["store", "id"], name="click_to_note", condition=models.Q(noted_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.position} at {self.at:%H:%M:%S}"
