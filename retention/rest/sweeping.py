"""Kept answers leave after two days."""

from datetime import datetime

from retention.rest.idempotency import KEPT_FOR
from retention.rest.models import KeptAnswer
from retention.tenancy.unscoped import unscoped


def sweep_kept_answers(*, now: datetime) -> int:
    """Delete answers nobody will ask for again, in every store; return how many."""
    with unscoped(reason="sweep kept answers of the API"):
        return int(KeptAnswer.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0])
