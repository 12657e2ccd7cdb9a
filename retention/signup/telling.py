"""What other pages say about sign-ups and preferences: words on the timeline, a panel on the page of one customer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from retention.customers.models import Customer, CustomerEvent
from retention.customers.panels import Words
from retention.signup.models import Preference


def tell_signed_up(event: CustomerEvent) -> Words:
    """Say that somebody signed up, and by which form."""
    proven = event.properties.get("method") == "double_opt_in"
    how = _("Pressed the button in the mail.") if proven else _("One yes was enough.")
    return Words("forms", _("Signed up with “%(form)s”") % {"form": event.properties.get("form", "")}, how, "good")


def tell_changed(event: CustomerEvent) -> Words:
    """Say that somebody changed their preferences."""
    kinds = {str(change).partition(":")[0] for change in event.properties.get("changed", [])}
    said = {
        "topic": _("what they hear about"),
        "channel": _("where we may write"),
        "pause": _("a pause"),
        "less_often": _("how often"),
        "detail": _("what we know of them"),
        "address": _("their address"),
    }
    return Words("adjustments", _("Changed their preferences"), ", ".join(text for kind, text in said.items() if kind in kinds))


def preferences_panel(request: HttpRequest, customer: Customer, now: datetime) -> Mapping[str, Any] | None:
    """Return a customer's pause, pace and topics, or nothing when they never said."""
    rows = (
        Preference.objects.filter(customer=customer, topic__archived_at=None)
        .select_related("topic")
        .order_by("topic__name", "channel", "pk")
    )
    paused = customer.paused_until if customer.paused_until is not None and customer.paused_until > now else None
    topics = [{"name": row.topic.name, "channel": row.get_channel_display(), "wanted": row.wanted} for row in rows]
    if not (topics or paused or customer.less_often):
        return None
    return {"topics": topics, "paused_until": paused, "less_often": customer.less_often}
