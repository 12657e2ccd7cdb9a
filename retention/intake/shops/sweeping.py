"""What shops sent leaves after 30 days (S54), old secrets after their hour."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from retention.intake.models import Delivery, DeliverySubject
from retention.tenancy.unscoped import unscoped

KEPT_FOR = timedelta(days=30)
PIECE = 1000


def sweep_deliveries(*, now: datetime) -> int:
    """Delete deliveries that are too old, of every store, piece by piece and without reading their bodies; return how many."""
    count = 0
    with unscoped(reason="sweep what shops sent"):
        while numbers := list(_old(now=now).values_list("pk", flat=True)[:PIECE]):
            DeliverySubject.objects.filter(delivery_id__in=numbers).delete()
            count += Delivery.objects.filter(pk__in=numbers).only("pk").delete()[0]
    return count


def _old(*, now: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(received_at__lt=now - KEPT_FOR).order_by("received_at")
