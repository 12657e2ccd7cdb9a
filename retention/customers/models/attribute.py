"""What a store knows about its customers beyond the usual fields: typed attributes, a row per value (decision 14)."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.customers.models.customer import Customer
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class Attribute(StoreOwned):
    """One attribute of the store's customers: its key as storefronts send it, and the type of its values."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        FLAG = "flag", _("Yes or no")
        DATE = "date", _("Date")
        LIST = "list", _("List of texts")

    key = models.CharField(max_length=80)
    label = models.CharField(_("label"), max_length=120, blank=True)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="attribute_of_store"),
            models.UniqueConstraint(fields=["store", "key"], name="attribute_key_once"),
            models.CheckConstraint(condition=models.Q(kind__in=["text", "number", "flag", "date", "list"]), name="attribute_kind_known"),
            StoreIsolation(name="attribute_isolation"),
        ]

    def __str__(self) -> str:
        return self.label or self.key


class AttributeValue(StoreOwned):
    """One value of one customer; a list has several, told apart by their place. The JSON copy on the customer is for display."""

    attribute = models.ForeignKey(Attribute, on_delete=models.CASCADE, related_name="values", db_constraint=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="attribute_values", db_constraint=False)
    place = models.PositiveSmallIntegerField(default=0)
    text_value = models.CharField(max_length=500, blank=True)
    folded_value = models.CharField(max_length=500, blank=True, db_collation="C")
    number_value = models.FloatField(null=True)  # a flag is 0 or 1
    date_value = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "customer", "attribute", "place"], name="attribute_value_once"),
            StoreForeignKey(field="attribute", name="attribute_value_attribute_of_store"),
            StoreForeignKey(field="customer", name="attribute_value_customer_of_store"),
            StoreIsolation(name="attribute_value_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "attribute", "folded_value", "customer"], name="attribute_by_text"),
            models.Index(
                fields=["store", "attribute", "number_value", "customer"],
                name="attribute_by_number",
                condition=~models.Q(number_value=None),
            ),
            models.Index(
                fields=["store", "attribute", "date_value", "customer"], name="attribute_by_date", condition=~models.Q(date_value=None)
            ),
        ]

    def __str__(self) -> str:
        return self.text_value
