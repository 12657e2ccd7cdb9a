"""What a person wants to hear about, and where."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.customers.models import Customer
from retention.customers.models.consent import ChannelName
from retention.signup.models.topic import Topic
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class Preference(StoreOwned):
    """One topic on one channel: wanted or not. No row: the person never said, and whoever allows the channel hears of it.

    Pausing and "less often" are the person's own and stand on the customer, where the consent gate reads them.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="preferences", db_constraint=False)
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="preferences", db_constraint=False)
    channel = models.CharField(max_length=10, choices=ChannelName.choices)
    wanted = models.BooleanField()
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")
        constraints = [
            models.UniqueConstraint(fields=["store", "customer", "topic", "channel"], name="preference_once"),
            models.CheckConstraint(condition=Q(channel__in=["email", "sms", "push", "onsite"]), name="preference_channel_known"),
            StoreForeignKey(field="customer", name="preference_customer_of_store"),
            StoreForeignKey(field="topic", name="preference_topic_of_store"),
            StoreIsolation(name="preference_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.wanted}"
