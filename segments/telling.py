"""What the pages of customers say about segments: a panel on one customer's page, and words for coming and going."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from retention.customers.models import Customer, CustomerEvent
from retention.customers.panels import Words
from segments.membership import memberships_of


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
