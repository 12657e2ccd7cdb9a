"""Why two customers became one: kept so that it can be explained, and so that old addresses still lead to the person."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.customers.models.customer import Customer
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class CustomerMerge(StoreOwned):
    """One customer that joined another. rule: which name brought them together; before: what only the joined one said of themself.

    loser_pk: what links in mails named them by, for years after both rows and mails are gone; empty for those joined before it was kept.
    """

    class Rule(models.TextChoices):
        EXTERNAL = "external", _("The shop's own id")
        EMAIL = "email", _("E-mail address")
        ANONYMOUS = "anonymous", _("The same browser")
        SHOP = "shop", _("The shop joined them")
        PERSON = "person", _("By hand")

    survivor = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merges", db_constraint=False)
    loser_public_id = models.UUIDField()
    loser_pk = models.BigIntegerField(null=True, editable=False)
    loser_name = models.CharField(max_length=254, blank=True)
    rule = models.CharField(max_length=10, choices=Rule.choices)
    before = models.JSONField(default=dict)
    merged_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        constraints = [
            models.UniqueConstraint(fields=["store", "loser_public_id"], name="merge_once"),
            models.CheckConstraint(
                condition=models.Q(rule__in=["external", "email", "anonymous", "shop", "person"]), name="merge_rule_known"
            ),
            StoreForeignKey(field="survivor", name="merge_survivor_of_store"),
            StoreIsolation(name="merge_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "survivor"], name="merge_of_survivor"),
            models.Index(fields=["store", "loser_pk"], name="merge_of_loser"),
        ]

    def __str__(self) -> str:
        return f"{self.loser_name} joined"
