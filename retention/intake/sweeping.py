"""Keys of message ids leave after ninety days: nobody sends an event again so late, and the table stays of one size."""

from datetime import datetime, timedelta

from django.db import transaction

from retention.customers.models import EventKey
from retention.tenancy.unscoped import unscoped

KEPT_FOR = timedelta(days=90)
BATCH = 5_000


def sweep_event_keys(*, now: datetime, batch: int = BATCH, batches: int = 100) -> int:
    """Delete keys seen before then, in every store, a batch to a transaction; return how many. What is left waits for the next turn."""
    gone = 0
    with unscoped(reason="sweep keys of message ids"):
        for _number in range(batches):
            with transaction.atomic():
                old = EventKey.objects.filter(seen_on__lt=(now - KEPT_FOR).date())[:batch]
                count = int(EventKey.objects.filter(pk__in=list(old.values_list("store_id", "key"))).delete()[0]) if old else 0
            gone += count
            if count < batch:
                break
    return gone
