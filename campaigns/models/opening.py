"""Loads of the one-pixel picture in mails."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.message import Message
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class Opening(StoreOwned):
    """One load of a mail's picture. `suspected` names why nobody need have looked at the mail; raw and filtered counts are both kept.

    noted_at: when it became a receipt. Writing this row is all that a request for the picture does.
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="openings", db_constraint=False, db_index=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    at = models.DateTimeField()
    agent = models.CharField(max_length=300, blank=True)
    suspected = models.CharField(max_length=40, blank=True)
    noted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("opening")
        verbose_name_plural = _("openings")
        constraints = [
            StoreForeignKey(field="message", name="opening_message_of_store"),
            StoreForeignKey(field="customer", name="opening_customer_of_store"),
            StoreIsolation(name="opening_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "customer"], name="opening_of_customer"),
            models.Index(fields=["store", "message", "at"], name="opening_of_message"),
            models.Index(fields=["store", "at"], name="opening_by_age"),
            models.Index(fields=["store", "id"], name="opening_to_note", condition=models.Q(noted_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} at {self.at:%H:%M:%S}"
