"""Events leave when a store keeps them no longer: by the day they reached us, a few at a time, so that nothing waits for it."""

from calendar import monthrange
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from retention.customers.changes import VIEWS, of_event
from retention.customers.events import tell_readers
from retention.customers.models import CustomerEvent
from retention.stores.models import Store
from retention.tenancy.context import store_context

BITE = 2_000
BITES_OF_A_STORE, BITES_OF_A_RUN = 20, 200


def delete_old_events(*, now: datetime, bites: int = BITES_OF_A_RUN) -> int:
    """Delete events older than their store keeps them, and return how many went; what is left waits for the next run.

    Stores come in a new order every time, so that no large one keeps the others waiting. Counters, orders and consents stay.
    """
    gone = 0
    for store in Store.objects.exclude(event_months=None).order_by("?"):
        before = months_before(now, store.event_months or 0)
        with store_context(store.pk):
            for _number in range(min(BITES_OF_A_STORE, bites)):
                count = _delete_bite(before=before, now=now)
                gone, bites = gone + count, bites - 1
                if count < BITE:
                    break
    return gone


def months_before(moment: datetime, months: int) -> datetime:
    """Return the same day so many months earlier, or the last of that month where it has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def _delete_bite(*, before: datetime, now: datetime) -> int:
    """Delete the oldest events of the active store, found and deleted by the index of arrival."""
    with transaction.atomic():
        oldest = CustomerEvent.objects.filter(received_at__lt=before).order_by("received_at", "id").values_list("pk", "received_at")
        found = list(oldest[:BITE])
        if not found:
            return 0
        rows = CustomerEvent.objects.filter(received_at__range=(found[0][1], found[-1][1]), pk__in=[pk for pk, _at in found])
        _tell(rows, now=now)
        return int(rows.delete()[0])


def _tell(rows: QuerySet[CustomerEvent], *, now: datetime) -> None:
    """Tell readers whose events go: a segment may have counted them. Nothing happened to these people, so nothing else is begun."""
    gone: dict[int, set[str]] = {}
    for customer_id, kind, name in rows.exclude(customer=None).values_list("customer_id", "kind", "name"):
        gone.setdefault(customer_id, set()).add(of_event(VIEWS.get(kind, name)))
    tell_readers(gone, now=now, living=())
