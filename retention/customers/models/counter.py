"""How often a customer did what, first and last: kept while events are projected, read by segments and pages (performance guide 2)."""

from django.db import models

from retention.customers.models.customer import Customer
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned, implied_store


class EventName(StoreOwned):
    """A name of events the store has seen, as a number that counters and rules carry instead of the text."""

    name = models.CharField(max_length=120)
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="event_name_of_store"),
            models.UniqueConstraint(fields=["store", "name"], name="event_name_once"),
            StoreIsolation(name="event_name_isolation"),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerCounter(StoreOwned):
    """One customer and one event name: how many, the first and the last moment."""

    pk = models.CompositePrimaryKey("store_id", "customer_id", "event_name_id")
    store = implied_store()
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="counters", db_constraint=False, db_index=False)
    event_name = models.ForeignKey(EventName, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    count = models.PositiveIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(count__gt=0), name="counter_counts"),
            models.CheckConstraint(condition=models.Q(last_at__gte=models.F("first_at")), name="counter_in_order"),
            StoreForeignKey(field="customer", name="counter_customer_of_store"),
            StoreForeignKey(field="event_name", name="counter_name_of_store"),
            StoreIsolation(name="counter_isolation"),
        ]
        indexes = [models.Index(fields=["store", "event_name", "last_at"], name="counter_by_last", include=["customer"])]

    def __str__(self) -> str:
        return f"{self.count} times"
