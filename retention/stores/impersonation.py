"""Our staff looking at a store as its people see it (S16): with a reason, for at most 30 minutes, in plain sight of the store.

It is the staff member's own session with a note in it, never somebody else's sign-in. No exports, keys, team, settings or sending.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from retention.kit.clock import now as clock_now
from retention.notices.owing import owe_page
from retention.stores.client_address import UNKNOWN, client_ip
from retention.stores.models import AuditEntry, Membership, Store
from retention.stores.models.membership import Role
from retention.tenancy.context import store_context

LONGEST = timedelta(minutes=30)
ROLE = str(Role.MARKETER)
_SHORTEST_REASON = 10
_KEY = "impersonation"


class ReasonMissing(Exception):
    """A visit needs a reason of at least ten characters, which the store will read."""


@dataclass(frozen=True)
class Visit:
    """One running visit: where and until when."""

    store_id: int
    until: datetime


def begin(request: HttpRequest, store: Store, *, reason: str) -> Visit:
    """Let this staff member look into a store from now on; the store's owners get a mail. Raises ReasonMissing.

    Call it for staff only (`@staff_only`). Real time: the demo's clock must not cut a visit short.
    """
    reason = " ".join(reason.split())[:200]
    if len(reason) < _SHORTEST_REASON:
        raise ReasonMissing
    visit = Visit(store.pk, timezone.now() + LONGEST)
    staff: Any = request.user
    with store_context(store.pk), transaction.atomic():
        entry = _write("staff.visit_began", store.pk, request, reason=reason)
        for owner in Membership.objects.owners().select_related("user").order_by("pk"):
            words = {"store": store.name, "staff": str(staff), "reason": reason, "minutes": int(LONGEST.total_seconds() // 60)}
            subject = _("Our staff looks into %(store)s") % words
            owe_page(
                "staff_visit",
                to=owner.user.email,
                subject=subject,
                template="staff_visit",
                words=words,
                key=f"visit:{store.pk}:{entry.number}:{owner.pk}",
            )
    request.session[_KEY] = {"store_id": store.pk, "until": visit.until.timestamp()}
    request.session.cycle_key()
    return visit


def end(request: HttpRequest) -> int | None:
    """End the running visit and return the store's id; None when there was none."""
    kept = request.session.pop(_KEY, None)
    if not kept:
        return None
    with store_context(kept["store_id"]), transaction.atomic():
        _write("staff.visit_ended", kept["store_id"], request)
    return int(kept["store_id"])


def running(request: HttpRequest) -> Visit | None:
    """Return the running visit of this staff member; one whose time is over, or whose person left the staff, is none."""
    kept = request.session.get(_KEY)
    user: Any = request.user
    if not kept or not user.is_staff:
        return None
    until = datetime.fromtimestamp(kept["until"], tz=timezone.get_default_timezone())
    return Visit(int(kept["store_id"]), until) if timezone.now() < until else None


def _write(action: str, store_id: int, request: HttpRequest, **details: str) -> AuditEntry:
    ip = client_ip(request)
    return AuditEntry.write(
        action,
        store_id=store_id,
        now=clock_now(),
        actor_id=request.user.pk,
        actor_kind="staff",
        details=details,
        ip=None if ip == UNKNOWN else ip,
    )
