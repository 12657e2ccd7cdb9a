"""Sign-ups nobody confirmed run out, and leave after a month: an address whose owner never said yes is not ours to keep (S49)."""

from datetime import datetime

from retention.signup.models import Confirmation, Signup
from retention.signup.rules import KEPT_FOR
from retention.tenancy.unscoped import unscoped


def expire(*, now: datetime) -> int:
    """Mark what can no longer be confirmed, in every store; return how many."""
    with unscoped(reason="end sign-ups that were never confirmed"):
        return int(Signup.objects.filter(state=Signup.State.PENDING, expires_at__lte=now).update(state=Signup.State.EXPIRED))


def forget(*, now: datetime) -> int:
    """Delete what ran out or was taken back a month ago, and when we last wrote about it; return how many."""
    before = now - KEPT_FOR
    with unscoped(reason="forget addresses that never said yes"):
        gone, _tables = Signup.objects.filter(state__in=[Signup.State.EXPIRED, Signup.State.REFUSED], expires_at__lt=before).delete()
        Confirmation.objects.filter(last_mail_at__lt=before).exclude(silent_until__gt=now).delete()
    return int(gone)
