"""Tidying what time has emptied (ended sessions, invitations nobody answered), and reading the audit logs."""

from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from retention.stores.models import Invitation, SignIn, Store
from retention.stores.verifying import verify_all
from retention.tenancy.context import store_context

_SESSION_DAYS = 8
_INVITATION_DAYS = 30


@shared_task(name="retention.stores.tasks.tidy")
def tidy() -> int:
    """Delete sessions that ended and old invitations with the addresses in them; real time, as sessions are."""
    now = timezone.now()
    count = Session.objects.filter(expire_date__lt=now).delete()[0]
    count += SignIn.objects.filter(seen_at__lt=now - timedelta(days=_SESSION_DAYS)).delete()[0]
    for store_id in Store.objects.order_by("pk").values_list("pk", flat=True):
        with store_context(store_id):
            count += Invitation.objects.filter(expires_at__lt=now - timedelta(days=_INVITATION_DAYS)).delete()[0]
    return count


@shared_task(name="retention.stores.tasks.verify_audits")
def verify_audits() -> int:
    """Read every store's audit log from its first entry."""
    return verify_all()
