"""What was told leaves after 30 days, delivered or not: it holds customers' data."""

from datetime import datetime, timedelta

from retention.tenancy.unscoped import unscoped
from retention.webhooks.models import OutgoingEvent

KEPT_FOR = timedelta(days=30)
AT_ONCE = 5000


def sweep_old(*, now: datetime) -> int:
    """Delete old events of every store with their deliveries and tries, a few thousand at a time; return how many events."""
    swept = 0
    with unscoped(reason="sweep old outgoing events"):
        while True:
            ids = list(
                OutgoingEvent.objects.filter(created_at__lt=now - KEPT_FOR).order_by("created_at").values_list("pk", flat=True)[:AT_ONCE]
            )
            if not ids:
                return swept
            OutgoingEvent.objects.filter(pk__in=ids).delete()
            swept += len(ids)
