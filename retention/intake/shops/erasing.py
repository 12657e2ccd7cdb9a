"""Erasing people because their shop says so: the same erasure as by hand, and the bodies of deliveries that speak of them."""

from collections.abc import Sequence
from datetime import datetime

from retention.customers.models import Customer, Identity
from retention.customers.personal_data import personal_tables
from retention.intake.shops.subjects import empty_bodies_naming


def erase_people(customer_ids: Sequence[int], *, now: datetime) -> None:
    """Erase these customers of the active store, in the caller's transaction."""
    names = set(Identity.objects.filter(customer_id__in=customer_ids).values_list("value", flat=True))
    for pair in Customer.objects.filter(pk__in=customer_ids).values_list("email", "phone"):
        names |= {name for name in pair if name}
    empty_bodies_naming(sorted(names))
    for table in personal_tables:
        rows = table.model._default_manager.filter(**{f"{table.column}__in": customer_ids})
        if table.erase:
            rows.delete()
        else:
            rows.update(**{table.column: None})
    Customer.objects.filter(pk__in=customer_ids).delete()
