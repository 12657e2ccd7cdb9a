"""What the pages of customers say about segments: a panel on one customer's page, and words for coming and going."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from retention.customers.models import Customer, CustomerEvent, Pending
from retention.customers.panels import Words
from segments.evaluating import READER
from segments.membership import memberships_of
from segments.models import Segment

LATE = timedelta(seconds=90)  # a sweep comes every 15 seconds


def tell_entered(event: CustomerEvent) -> Words:
    """Say which segment somebody came into."""
    return Words("filter", _("Came into “%(segment)s”") % {"segment": event.properties.get("name", "")})


def tell_left(event: CustomerEvent) -> Words:
    """Say which segment somebody left."""
    return Words("filter", _("Left “%(segment)s”") % {"segment": event.properties.get("name", "")})


def segments_panel(request: HttpRequest, customer: Customer, now: datetime) -> Mapping[str, Any] | None:
    """Return the live segments a customer is in, or nothing."""
    rows = memberships_of(customer.pk)
    return {"rows": rows} if rows else None


@dataclass(frozen=True)
class Freshness:
    """How right a segment's members are. key: exact, arriving, late or fault; at: the moment they are right for."""

    key: str
    at: datetime | None
    words: str = ""


def freshness_of(segment: Segment, *, now: datetime) -> Freshness:
    """Say up to which moment the members of a live segment are right, and what is on its way."""
    if segment.fault:
        return Freshness("fault", segment.counted_at, fault_words(segment.fault))
    if segment.kind == Segment.Kind.LIST:
        return Freshness("exact", now)
    if segment.swept_until is None or segment.swept_until < now - LATE:
        return Freshness("late", segment.swept_until or segment.counted_at)
    waits = Pending.objects.filter(reader=READER).exists()
    return Freshness("arriving" if waits else "exact", segment.swept_until if waits else now)


def fault_words(fault: str) -> str:
    """Return why a segment cannot be worked out, for people."""
    known = {
        "TooSlow": _("Working it out takes longer than ten minutes. With fewer or simpler rules it would be quicker."),
        "TooMany": _("A pattern in it matches too many different texts."),
        "TooLarge": _("A number in it is too large to be compared."),
    }
    return known.get(fault, _("Something it names is gone or changed: %(fault)s") % {"fault": fault})
